//! Every stage in the language's table has its method, an example there that runs, a test, and a place in a document of the IR that
//! is kept and run, or a refusal.

use super::Finding;
use super::tokens::{self, Token};
use super::tree::{File, Rust, Tree};

const TABLE: &str = "flow-dsl/src/stages.rs";
/// Pipelines whose documents are kept, and run again from there.
const DEFINITIONS: &str = "flow/tests/ir/definitions.rs";

/// A row of the table, as far as this rule reads it.
#[derive(Debug, Default)]
struct Row {
    name: String,
    line: usize,
    refused: bool,
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(table) = tree.file(TABLE) else { return vec![Finding::new(TABLE, 1, "is missing")] };
    let rows = rows(table);
    if rows.is_empty() {
        return vec![Finding::new(TABLE, 1, "no stage was found in this table")];
    }
    rows.iter().flat_map(|row| stage(tree, row)).collect()
}

/// The rows: struct literals with a `name` that is not empty.
fn rows(table: &File) -> Vec<Row> {
    let mut visitor = Rows(Vec::new());
    if let Some(rust) = &table.rust {
        syn::visit::Visit::visit_file(&mut visitor, &rust.syntax);
    }
    visitor.0
}

struct Rows(Vec<Row>);

impl<'a> syn::visit::Visit<'a> for Rows {
    fn visit_expr_struct(&mut self, literal: &'a syn::ExprStruct) {
        let mut row = Row::default();
        for field in &literal.fields {
            let syn::Member::Named(member) = &field.member else { continue };
            match (member.to_string().as_str(), &field.expr) {
                ("name", syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. })) => {
                    row.name = name.value();
                    row.line = name.span().start().line;
                }
                ("opaque", syn::Expr::Call(_)) => row.refused = true,
                _ => {}
            }
        }
        if !row.name.is_empty() {
            self.0.push(row);
        }
    }
}

/// What one stage lacks.
fn stage(tree: &Tree, row: &Row) -> Vec<Finding> {
    let name = &row.name;
    let finding = |what: &str| Finding::new(TABLE, row.line, format!("`{name}` {what}"));
    // The stage's own file, or the file of the handle that defines its method.
    let defines = |(file, rust): &(&File, &Rust)| file.path.starts_with("flow/src/") && has_method(rust, name);
    let files: Vec<(&File, &Rust)> = tree.rust().filter(defines).collect();
    if files.is_empty() {
        return vec![finding("has no public method of its name in `flow/src`")];
    }
    let mut findings = Vec::new();
    if !files.iter().any(|(file, _)| shown(&file.text, name)) {
        findings.push(finding("is shown by no example that runs, in the file of its method"));
    }
    let mut tests = tree.rust().filter(|(file, _)| file.path.starts_with("flow/tests/") && !file.path.contains("/ui/"));
    if !tests.any(|(_, rust)| in_chain(&rust.all, name)) {
        findings.push(finding("stands in no chain of a test in `flow/tests`"));
    }
    let refuses = |rust: &Rust| tokens::find(&rust.code, &words(&["Description", ":", ":", "opaque"])).next().is_some();
    let written = tree.file(DEFINITIONS).and_then(|file| file.rust.as_ref());
    match row.refused {
        true if !files.iter().any(|(_, rust)| refuses(rust)) => {
            findings.push(finding("has no refusal where its method is: `Description::opaque`"));
        }
        false if !written.is_some_and(|rust| in_chain(&rust.all, name)) => {
            findings.push(finding(&format!("is refused by no row, and stands in no chain of `{DEFINITIONS}`")));
        }
        _ => {}
    }
    findings
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Whether a file defines a public method of this name.
fn has_method(rust: &Rust, name: &str) -> bool {
    struct Methods<'n>(&'n str, bool);
    impl<'a> syn::visit::Visit<'a> for Methods<'_> {
        fn visit_impl_item_fn(&mut self, method: &'a syn::ImplItemFn) {
            let public = matches!(method.vis, syn::Visibility::Public(_));
            self.1 |= public && method.sig.ident == self.0 && method.sig.receiver().is_some();
        }
    }
    let mut methods = Methods(name, false);
    syn::visit::Visit::visit_file(&mut methods, &rust.syntax);
    methods.1
}

/// Whether an example that the tests run, in this file's documentation, calls the stage.
fn shown(text: &str, name: &str) -> bool {
    let calls = [format!(".{name}("), format!("-> {name}(")];
    let (mut inside, mut runs) = (false, false);
    for line in text.lines().map(str::trim_start) {
        let Some(line) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")).map(str::trim) else { continue };
        if line.starts_with("```") {
            inside = !inside;
            runs = inside && ["```", "```rust"].contains(&line);
        } else if runs && calls.iter().any(|call| line.contains(call)) {
            return true;
        }
    }
    false
}

/// Whether the head or the stage stands in a chain of a `pipeline!`: elsewhere the word may be an iterator's.
fn in_chain(tokens: &[Token], name: &str) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut depth = 0;
    (0..tokens.len()).any(|at| {
        match text(at) {
            "{" if depth > 0 || (text(at.wrapping_sub(2)) == "pipeline" && text(at - 1) == "!") => depth += 1,
            "}" if depth > 0 => depth -= 1,
            _ => {}
        }
        let before = ["=", ">", ";", "{"].contains(&text(at.wrapping_sub(1)));
        depth > 0 && before && text(at) == name && ["(", ":"].contains(&text(at + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::{DEFINITIONS, TABLE, Tree, check};

    const ROWS: &str =
        r#"const STAGE: Row = Row { name: "" }; const STAGES: &[Row] = &[Row { name: "filter", ..STAGE }];"#;
    const METHOD: &str = "impl S {\n/// Keeps.\n///\n/// ```\n/// s.filter(f);\n/// ```\n#[track_caller]\n\
                          pub fn filter(self) { attach(Description::opaque(why)) }\n}";
    const TEST: &str = "#[test] fn t() { pipeline! { a -> filter(|x| x) }; }";

    fn found(table: &str, method: &str, test: &str, definitions: &str) -> Vec<String> {
        let files = [
            (TABLE, table),
            ("flow/src/transforms/filter.rs", method),
            (
                "flow/src/other.rs",
                "impl O {\n/// ```\n/// s.filter(f);\n/// ```\npub fn other(&self) { Description::opaque() } }",
            ),
            ("flow/tests/a.rs", test),
            (DEFINITIONS, definitions),
        ];
        check(&Tree::planted(&files)).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_whole_stage_is_right() {
        assert_eq!(found(ROWS, METHOD, TEST, TEST), Vec::<String>::new());
        let refused = ROWS.replace("..STAGE }]", "opaque: Some((\"a\", \"b\")), ..STAGE }]");
        assert_eq!(found(&refused, METHOD, TEST, ""), Vec::<String>::new());
        let lack = "`filter` has no refusal where its method is: `Description::opaque`";
        assert_eq!(found(&refused, &METHOD.replace("Description::opaque", "f"), TEST, ""), [lack]);
    }

    #[test]
    fn what_a_method_lacks_is_found() {
        let check = |method: &str, lack: &str| {
            assert_eq!(found(ROWS, method, TEST, TEST), [format!("`filter` {lack}")], "{method}");
        };
        let no_method = "has no public method of its name in `flow/src`";
        check("", no_method);
        check("impl S { fn filter(self) {} } pub fn filter() {}", no_method);
        check(&METHOD.replace("(self)", "()"), no_method);
        let not_shown = "is shown by no example that runs, in the file of its method";
        check(&METHOD.replace("```", ""), not_shown);
        check(&METHOD.replace("```\n/// s", "```no_run\n/// s"), not_shown);
        check(&METHOD.replace("s.filter", "s.other"), not_shown);
    }

    #[test]
    fn what_a_test_lacks_is_found() {
        let elsewhere = "#[test] fn t() { numbers.iter().filter(|x| x); pipeline! { a -> map(|x| x.filter(y)) }; let f = filter(1); }";
        let (used, written) = (
            "`filter` stands in no chain of a test in `flow/tests`".to_owned(),
            format!("`filter` is refused by no row, and stands in no chain of `{DEFINITIONS}`"),
        );
        assert_eq!(found(ROWS, METHOD, TEST, elsewhere), [written.as_str()]);
        assert_eq!(found(ROWS, METHOD, elsewhere, elsewhere), [used, written]);
    }
}
