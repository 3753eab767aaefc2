//! The expansion of each definition in `expand/`, and what is said about each one in `refuse/`.
//!
//! After a wanted change: `INSTA_UPDATE=always cargo test -p flow-pipeline-dsl --test goldens`, and read the difference.

use std::fs;
use std::path::Path;

use flow_dsl::errors::{Errors, Mistake};
use proc_macro2::TokenStream;

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

fn say(mistake: &Mistake) -> String {
    let at = mistake.span.start();
    format!("{}:{}: {}", at.line, at.column + 1, mistake.message())
}

#[test]
fn refusals() {
    insta::glob!("refuse/*.rs", |path| {
        let errors = Errors::new();
        let _ = flow_dsl::compile(tokens(path), &errors);
        let said: Vec<_> = errors.finish().iter().map(say).collect();
        insta::assert_snapshot!(said.join("\n"));
    });
}
