//! The expansion of each definition in `expand/`, and what is said about each pipeline and each record in `refuse/`.
//!
//! After a wanted change: `INSTA_UPDATE=always cargo test -p flow-pipeline-dsl --test goldens`, and read the difference.

use std::fs;
use std::path::Path;

use flow_dsl::errors::{Errors, Mistake};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Item;

fn tokens(path: &Path) -> TokenStream {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn pretty(expansion: &TokenStream) -> String {
    let file = syn::parse2(quote::quote!(fn main() { let pipeline = #expansion; }));
    file.map_or_else(|error| format!("{error}: {expansion}"), |file| prettyplease::unparse(&file))
}

#[test]
fn expansions() {
    insta::glob!("expand/*.rs", |path| insta::assert_snapshot!(pretty(&flow_dsl::pipeline(tokens(path)))));
}

fn said(errors: Errors) -> String {
    let say = |mistake: &Mistake| {
        let at = mistake.span.start();
        format!("{}:{}: {}", at.line, at.column + 1, mistake.message())
    };
    errors.finish().iter().map(say).collect::<Vec<_>>().join("\n")
}

/// What is too large to stand in a file.
#[test]
fn refusals_of_large_definitions() {
    let deep = format!("source(x) -> filter({}o{}) -> sink(y);", "(".repeat(200), ")".repeat(200));
    let long = format!("portable; source(x) -> filter(|o| {} o.a) -> sink(y);", "1 + ".repeat(3_000));
    // The compiler's threads have stacks of this size, those of tests a quarter of it.
    let compile = move || {
        let errors = Errors::new();
        for text in [deep, long] {
            let _ = flow_dsl::compile(text.parse().expect("tokens"), &errors);
        }
        said(errors)
    };
    let said = std::thread::Builder::new().stack_size(8 << 20).spawn(compile).expect("a thread").join();
    insta::assert_snapshot!(said.expect("nothing panics"));
}

#[test]
fn refusals() {
    insta::glob!("refuse/*.rs", |path| {
        let errors = Errors::new();
        let file = syn::parse2::<syn::File>(tokens(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for item in file.items {
            let _ = match item {
                Item::Macro(pipeline) => flow_dsl::compile(pipeline.mac.tokens, &errors),
                record => flow_dsl::record::compile(record.into_token_stream(), &errors),
            };
        }
        insta::assert_snapshot!(said(errors));
    });
}
