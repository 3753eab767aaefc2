//! Laws of the compiler: whatever the tokens, it gives an expression, and a mistake or none, and never panics.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use flow_dsl::errors::Errors;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use proptest::prelude::*;

/// The definitions of the goldens, right ones and wrong ones.
static DEFINITIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folders = ["expand", "refuse"].map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name));
    let mut files: Vec<_> = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder")).collect();
    files.sort_by_key(|file| file.as_ref().map(fs::DirEntry::path).ok());
    let texts = files.into_iter().map(|file| fs::read_to_string(file.expect("a file").path()).expect("a text"));
    // Those in `refuse` stand in `pipeline! { … }`, several in a file.
    texts.flat_map(|text| pipelines(&text).unwrap_or_else(|| vec![text])).collect()
});

fn pipelines(text: &str) -> Option<Vec<String>> {
    let pipeline = |item| match item {
        syn::Item::Macro(pipeline) => Some(pipeline.mac.tokens.to_string()),
        _ => None,
    };
    Some(syn::parse_file(text).ok()?.items.into_iter().filter_map(pipeline).collect())
}

/// What is done to the n-th token of a definition, counted through its groups.
#[derive(Clone, Copy, Debug)]
enum Change {
    Remove,
    Repeat,
    Empty,
    Take(usize),
}

fn changed(tokens: TokenStream, at: &mut usize, change: Change, all: &[TokenTree]) -> TokenStream {
    let mut made = Vec::new();
    for tree in tokens {
        let here = *at == 0;
        *at = at.wrapping_sub(1);
        match (here, change, tree) {
            (true, Change::Remove, _) => {}
            (true, Change::Repeat, tree) => made.extend([tree.clone(), tree]),
            (true, Change::Take(other), _) => made.push(all[other % all.len()].clone()),
            (true, Change::Empty, TokenTree::Group(group)) => {
                made.push(TokenTree::Group(Group::new(group.delimiter(), TokenStream::new())));
            }
            (_, _, TokenTree::Group(group)) => {
                let delimiter = if here { Delimiter::Brace } else { group.delimiter() };
                made.push(TokenTree::Group(Group::new(delimiter, changed(group.stream(), at, change, all))));
            }
            (_, _, tree) => made.push(tree),
        }
    }
    made.into_iter().collect()
}

fn flat(tokens: TokenStream, all: &mut Vec<TokenTree>) {
    for tree in tokens {
        all.push(tree.clone());
        if let TokenTree::Group(group) = tree {
            flat(group.stream(), all);
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let take = any::<prop::sample::Index>().prop_map(|index| Change::Take(index.index(10_000)));
    prop_oneof![Just(Change::Remove), Just(Change::Repeat), Just(Change::Empty), take]
}

fn cases() -> ProptestConfig {
    let cases = std::env::var("FLOW_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig::with_cases(cases.unwrap_or(1000))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn damaged_definitions_give_mistakes_or_an_expression(
        which in 0..DEFINITIONS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), change()), 1..4),
    ) {
        let mut tokens: TokenStream = DEFINITIONS[which].parse().expect("the definitions are tokens");
        for (at, change) in changes {
            let mut all = Vec::new();
            flat(tokens.clone(), &mut all);
            if all.is_empty() {
                break;
            }
            tokens = changed(tokens, &mut at.index(all.len()), change, &all);
        }
        let errors = Errors::new();
        drop(flow_dsl::compile(tokens.clone(), &errors));
        let mistakes = errors.finish();
        for mistake in &mistakes {
            prop_assert!(!mistake.what.is_empty() && !mistake.remedy.is_empty(), "{mistake:?}");
        }
        let expanded = flow_dsl::pipeline(tokens.clone());
        prop_assert!(syn::parse2::<syn::Expr>(expanded.clone()).is_ok(), "{tokens}\n{expanded}");
        let shown = expanded.to_string().matches(":: core :: compile_error !").count();
        prop_assert_eq!(shown, mistakes.len());
    }

    #[test]
    fn damaged_structs_give_mistakes_or_implementations(
        at in any::<prop::sample::Index>(),
        change in change(),
    ) {
        let text = "#[record(rename_all = \"camelCase\")] struct Order { #[record(epoch_millis)] at: Timestamp, \
                    #[record(precision = 18, scale = 2, rename = \"p\")] price: Option<Decimal>, #[record(skip)] n: u64 }";
        let tokens: TokenStream = text.parse().expect("the struct is tokens");
        let mut all = Vec::new();
        flat(tokens.clone(), &mut all);
        let tokens = changed(tokens, &mut at.index(all.len()), change, &all);
        let expanded = flow_dsl::derive_record(tokens.clone());
        prop_assert!(syn::parse2::<syn::File>(expanded.clone()).is_ok(), "{tokens}\n{expanded}");
    }
}
