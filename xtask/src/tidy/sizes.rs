//! Files and functions that fit on a screen or a few.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::Visit;

use super::Finding;
use super::tree::Tree;

/// A file has at most this many lines.
const FILE: usize = 400;
/// A function has at most this many lines, its documentation apart.
const FUNCTION: usize = 70;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, rust) in tree.rust() {
        let lines = file.text.lines().count();
        if lines > FILE {
            findings.push(Finding::new(&file.path, 1, format!("{lines} lines; at most {FILE}: split by concern")));
        }
        let mut functions = Functions(Vec::new());
        functions.visit_file(&rust.syntax);
        for (name, line, lines) in functions.0 {
            if lines > FUNCTION {
                findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("`{name}` has {lines} lines; at most {FUNCTION}"),
                ));
            }
        }
    }
    findings
}

/// Name, first line and number of lines of each function.
struct Functions(Vec<(String, usize, usize)>);

impl Functions {
    fn add(&mut self, signature: &syn::Signature, end: Span) {
        let (first, last) = (signature.span().start().line, end.end().line);
        self.0.push((signature.ident.to_string(), first, last - first + 1));
    }
}

impl<'a> Visit<'a> for Functions {
    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.add(&function.sig, function.block.span());
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        self.add(&function.sig, function.block.span());
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'a syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(&function.sig, block.span());
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::{FILE, FUNCTION, Tree, check};

    #[test]
    fn what_is_too_long_is_found() {
        let function = |lines: usize| format!("impl A {{ fn f() {{{}}} }}", "\n".repeat(lines - 1));
        let check = |text: String, times| assert_eq!(check(&Tree::planted(&[("a.rs", &text)])).len(), times);
        check(function(FUNCTION), 0);
        check(function(FUNCTION + 1), 1);
        check("//\n".repeat(FILE), 0);
        check("//\n".repeat(FILE + 1), 1);
    }
}
