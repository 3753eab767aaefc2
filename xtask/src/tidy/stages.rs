//! Every stage in the language's table has its file, its documentation, an example that runs, a test, and a portable form or
//! a refusal.

use super::Finding;
use super::tokens::{self, Token};
use super::tree::{File, Tree};

const TABLE: &str = "flow-dsl/src/stages.rs";

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
    let finding = |what: String| Finding::new(TABLE, row.line, format!("`{name}` {what}"));
    // The stage's own file, wherever in the library it stands, or the file of the catalogue or handle that defines its method.
    let defines = |file: &&File| {
        file.path.starts_with("flow/src/") && file.rust.as_ref().is_some_and(|rust| is_method(&rust.code, name))
    };
    let files: Vec<&File> = tree.files.iter().filter(defines).collect();
    if files.is_empty() {
        return vec![finding("has no method of its name in `flow/src`".to_owned())];
    }
    let mut findings = Vec::new();
    if !tree.files.iter().any(|file| file.path.starts_with("flow/src/") && shown(file, name)) {
        findings.push(finding("is shown by no example that runs".to_owned()));
    }
    let used = |file: &File| file.rust.as_ref().is_some_and(|rust| is_used(&rust.all, name) && tests(file, &rust.all));
    if !tree.files.iter().any(used) {
        findings.push(finding("is used by no test".to_owned()));
    }
    let portable = files.iter().any(|file| file.text.contains("Description::") || file.text.contains("_expr"));
    if !row.refused && !portable {
        findings.push(finding("has neither an entry in the IR nor a refusal".to_owned()));
    }
    findings
}

fn is_method(tokens: &[Token], name: &str) -> bool {
    [["fn", name, "("], ["fn", name, "<"]]
        .iter()
        .any(|pattern| tokens::find(tokens, &pattern.map(str::to_owned)).next().is_some())
}

/// Whether an example that the tests run, in this file's documentation, uses the stage.
fn shown(file: &File, name: &str) -> bool {
    let call = format!("{name}(");
    let uses = |line: &str| {
        let before = line.find(&call).and_then(|at| line[..at].chars().next_back());
        before.is_some_and(|c| [' ', '.', '>', '='].contains(&c)) || line.trim_start().starts_with(&call)
    };
    let (mut inside, mut runs) = (false, false);
    for line in file.text.lines().map(str::trim_start) {
        let Some(text) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else { continue };
        if text.trim_start().starts_with("```") {
            inside = !inside;
            runs = inside && ["```", "```rust"].contains(&text.trim());
        } else if runs && uses(text) {
            return true;
        }
    }
    false
}

/// Whether the stage is called, as a method or in a `pipeline!`.
fn is_used(tokens: &[Token], name: &str) -> bool {
    [[".", name], [">", name]].iter().any(|pattern| tokens::find(tokens, &pattern.map(str::to_owned)).next().is_some())
        || tokens::find(tokens, &["=".to_owned(), name.to_owned(), "(".to_owned()]).next().is_some()
}

fn tests(file: &File, tokens: &[Token]) -> bool {
    file.path.contains("/tests/") || tokens::find(tokens, &["test".to_owned(), "]".to_owned()]).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::{TABLE, Tree, check};

    const ROWS: &str =
        r#"const STAGE: Row = Row { name: "" }; const STAGES: &[Row] = &[Row { name: "filter", ..STAGE }];"#;
    const WHOLE: &str = "impl S {\n/// Keeps.\n///\n/// ```\n/// s.filter(f);\n/// ```\n#[track_caller]\npub fn filter(self) { \
                         Description::Filter }\n}\n#[test] fn t() { s.filter(); }";

    fn found(table: &str, method: &str) -> Vec<String> {
        let files = [(TABLE, table), ("flow/src/transforms/filter.rs", method)];
        check(&Tree::planted(&files)).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_whole_stage_is_right() {
        assert_eq!(found(ROWS, WHOLE), Vec::<String>::new());
    }

    #[test]
    fn what_a_stage_lacks_is_found() {
        let check =
            |method: &str, lack: &str| assert_eq!(found(ROWS, method), [format!("`filter` {lack}")], "{method}");
        check("", "has no method of its name in `flow/src`");
        check(&WHOLE.replace("```", ""), "is shown by no example that runs");
        check(&WHOLE.replace("```\n/// s", "```no_run\n/// s"), "is shown by no example that runs");
        check(&WHOLE.replace("{ s.filter()", "{ s.other()"), "is used by no test");
        check(&WHOLE.replace("Description::", ""), "has neither an entry in the IR nor a refusal");
        let refused = ROWS.replace("..STAGE }]", "opaque: Some((\"a\", \"b\")), ..STAGE }]");
        assert_eq!(found(&refused, &WHOLE.replace("Description::", "")), Vec::<String>::new());
    }
}
