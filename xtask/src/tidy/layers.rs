//! The layers of `flow/src`: a module imports only what stands before it.

use super::Finding;
use super::tokens::Token;
use super::tree::{File, Tree};

/// From the bottom up; ARCHITECTURE.md draws the same list.
pub(super) const LAYERS: &[&str] = &[
    "error",
    "secret",
    "time",
    "element", // what everything speaks of
    "ops",
    "ir", // data only
    "record",
    "expr", // how a Rust type is data
    "state",
    "windows",
    "aggregates", // what keyed work is made of
    "operator",
    "connector", // contracts
    "formats",   // how records stand in bytes
    "task",
    "graph",  // the definition, and what runs a piece of it
    "stream", // typed handles
    "transforms",
    "sources",
    "sinks",   // catalogues
    "runtime", // the only place that spawns
    "pipeline",
    "testing",
    "prelude", // what users hold
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let exported = tree.file("flow/src/lib.rs").map(exports).unwrap_or_default();
    let mut findings = Vec::new();
    for (file, rust) in tree.rust() {
        let Some(inside) = file.path.strip_prefix("flow/src/") else { continue };
        let path: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
        // The crate's root, and what macros' output names, see everything.
        if path[0] == "lib" || path[0].starts_with("private") {
            continue;
        }
        let Some(own) = position(path[0]) else {
            findings.push(Finding::new(&file.path, 1, format!("`{}` has no place in the layers", path[0])));
            continue;
        };
        let depth = path.len() - usize::from(path[path.len() - 1] == "mod");
        for (name, line) in imports(&rust.code, depth) {
            // `crate::expr` is the module and a macro of the same name: the module counts.
            let from = exported.iter().find(|(item, _)| *item == name && position(item).is_none());
            let module = from.map_or(&name, |(_, module)| module);
            match position(module) {
                Some(other) if other <= own => {}
                Some(_) => findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("`{}` imports `{module}`, which stands above it: imports go down only", path[0]),
                )),
                None => findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("`crate::{name}` has no place in the layers: name the module that it comes from"),
                )),
            }
        }
    }
    findings
}

fn position(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| *layer == module)
}

/// What `lib.rs` exports at the top, with the module that it comes from: `pub use error::{Error, Result};`.
fn exports(lib: &File) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let items = lib.rust.iter().flat_map(|rust| &rust.syntax.items);
    for item in items {
        if let syn::Item::Use(import) = item
            && let syn::UseTree::Path(path) = &import.tree
        {
            names(&path.tree, &mut |name| found.push((name, path.ident.to_string())));
        }
    }
    found
}

fn names(tree: &syn::UseTree, found: &mut dyn FnMut(String)) {
    match tree {
        syn::UseTree::Path(path) => names(&path.tree, found),
        syn::UseTree::Name(name) => found(name.ident.to_string()),
        syn::UseTree::Rename(rename) => found(rename.rename.to_string()),
        syn::UseTree::Group(group) => group.items.iter().for_each(|item| names(item, found)),
        _ => {}
    }
}

/// The modules at the crate's top that the tokens name: `crate::x`, `crate::{x, y::z}`, and `super::super::x` where it leads there.
fn imports(tokens: &[Token], depth: usize) -> Vec<(String, usize)> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let mut next = at;
        let mut up = 0;
        while text(next) == "super" && text(next + 1) == ":" {
            up += 1;
            next += 3;
        }
        let from_root = if up > 0 {
            up >= depth
        } else if text(at) == "crate" && text(at + 1) == ":" && text(at.wrapping_sub(1)) != "$" {
            next = at + 3;
            true
        } else {
            false
        };
        if from_root {
            collect(tokens, next, &mut found);
        }
        at = next.max(at + 1);
    }
    found
}

/// The name at `at`, or the first names within the braces that open there.
fn collect(tokens: &[Token], at: usize, found: &mut Vec<(String, usize)>) {
    let Some(first) = tokens.get(at) else { return };
    if first.text != "{" {
        found.push((first.text.clone(), first.line));
        return;
    }
    let (mut depth, mut starts) = (0, false);
    for token in &tokens[at..] {
        match token.text.as_str() {
            "{" => {
                depth += 1;
                starts = depth == 1;
            }
            "}" => depth -= 1,
            "," => starts = depth == 1,
            name if starts && depth == 1 => {
                found.push((name.to_owned(), token.line));
                starts = false;
            }
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Tree, check};

    const LIB: &str = "pub mod error; pub use error::{Error, Result}; pub use runtime::job::Job;";

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&Tree::planted(&[("flow/src/lib.rs", LIB), (path, text)])).into_iter().map(|f| f.message).collect()
    }

    #[test]
    fn an_import_from_above_is_found() {
        let check = |path, text, times| assert_eq!(found(path, text).len(), times, "{path}: {text}");
        check("flow/src/ir/expr.rs", "use crate::operator::Operator;", 1);
        check("flow/src/ir/expr.rs", "use crate::{error::Kind, graph::{Graph, Node}, runtime};", 2);
        check("flow/src/ir/expr.rs", "fn f() { crate::runtime::launch(); }", 1);
        check("flow/src/ir/expr.rs", "m! { crate::runtime::launch() }", 1);
        check("flow/src/ir/expr.rs", "use super::super::graph::Graph;", 1);
        check("flow/src/ir/mod.rs", "use super::graph::Graph;", 1);
        check("flow/src/ir/mod.rs", "use crate::Job;", 1);
        check("flow/src/unheard_of.rs", "", 1);
        check("flow/src/ir/mod.rs", "use crate::unheard_of;", 1);
    }

    #[test]
    fn an_import_from_below_is_right() {
        let check = |path, text| assert_eq!(found(path, text), Vec::<String>::new(), "{path}: {text}");
        check("flow/src/transforms/filter.rs", "use crate::{Error, operator::Operator, stream::Stream};");
        check("flow/src/ir/expr.rs", "use super::types; use crate::ir::value::Value; use crate::Result;");
        check("flow/src/ir/expr.rs", "#[cfg(test)] mod tests { use crate::testing::run; }");
        check("flow/src/ir/expr.rs", "/// [`crate::pipeline`]\nfn f() {}");
        check("flow/src/ir/expr.rs", "macro_rules! m { () => { $crate::prelude::x } }");
    }
}
