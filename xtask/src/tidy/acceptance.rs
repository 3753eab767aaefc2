//! `docs/acceptance.md`: a row for every point, and every test that a row names exists.

use super::Finding;
use super::tokens::{self, Token};
use super::tree::Tree;

const DOCUMENT: &str = "docs/acceptance.md";

/// The points, by the letter of their chapter.
const POINTS: &[(char, &[u32])] = &[
    ('A', &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]),
    ('B', &[1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ('C', &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 16, 18]),
    ('D', &[1, 2, 3, 4, 5, 8]),
    ('E', &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    ('F', &[1, 2, 3]),
    ('G', &[1, 2, 3, 4, 5]),
    ('H', &[1, 2, 3, 4, 6, 7, 8]),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(document) = tree.file(DOCUMENT) else { return vec![Finding::new(DOCUMENT, 1, "is missing")] };
    let mut findings = Vec::new();
    let rows: Vec<(usize, Vec<&str>)> = (1..)
        .zip(document.text.lines())
        .filter(|(_, line)| line.starts_with('|'))
        .map(|(number, line)| (number, line.trim().trim_matches('|').split('|').map(str::trim).collect()))
        .collect();
    for (letter, numbers) in POINTS {
        for number in *numbers {
            let id = format!("{letter}{number}");
            match rows.iter().filter(|(_, cells)| cells[0] == id).collect::<Vec<_>>().as_slice() {
                [(line, cells)] => findings.extend(row(tree, *line, &id, cells)),
                found => {
                    findings.push(Finding::new(DOCUMENT, 1, format!("{} rows for {id}; one is right", found.len())))
                }
            }
        }
    }
    findings
}

/// What is wrong with a row: its last cell names tests, or says "not yet".
fn row(tree: &Tree, line: usize, id: &str, cells: &[&str]) -> Vec<Finding> {
    let proof = cells.last().copied().unwrap_or("");
    let named: Vec<&str> = proof.split('`').skip(1).step_by(2).filter(|name| name.contains(".rs")).collect();
    let mut findings: Vec<Finding> = named
        .iter()
        .filter(|name| !exists(tree, name))
        .map(|name| Finding::new(DOCUMENT, line, format!("{id} names `{name}`, which does not exist")))
        .collect();
    if named.is_empty() && !proof.contains("not yet") {
        findings.push(Finding::new(DOCUMENT, line, format!("{id} names no test and does not say \"not yet\"")));
    }
    findings
}

/// Whether `path/to/file.rs::test` names a function in a file, or `path/to/file.rs` a file.
pub(super) fn exists(tree: &Tree, name: &str) -> bool {
    let (path, function) = name.split_once("::").map_or((name, None), |(path, function)| (path, Some(function)));
    let Some(file) = tree.file(path) else { return false };
    match (function, &file.rust) {
        (None, _) => true,
        (Some(function), Some(rust)) => is_function(&rust.all, function),
        (Some(_), None) => false,
    }
}

fn is_function(tokens: &[Token], name: &str) -> bool {
    let pattern = ["fn".to_owned(), name.to_owned()];
    tokens::find(tokens, &pattern).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::{DOCUMENT, POINTS, Tree, check};

    /// All points, with this proof for A1.
    fn found(first: &str) -> Vec<String> {
        let mut document = String::from("| id | what | proof |\n|---|---|---|\n");
        for (letter, numbers) in POINTS {
            for number in *numbers {
                let proof = if (*letter, *number) == ('A', 1) { first } else { "not yet" };
                document.push_str(&format!("| {letter}{number} | something | {proof} |\n"));
            }
        }
        let file = ("flow/tests/a.rs", "proptest! { #[test] fn holds(x: u8) {} }");
        check(&Tree::planted(&[(DOCUMENT, &document), file])).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_test_that_does_not_exist_is_found() {
        assert_eq!(found("`flow/tests/a.rs::gone`"), ["A1 names `flow/tests/a.rs::gone`, which does not exist"]);
        assert_eq!(found("`flow/tests/b.rs`"), ["A1 names `flow/tests/b.rs`, which does not exist"]);
    }

    #[test]
    fn a_row_without_proof_is_found() {
        assert_eq!(found("soon"), ["A1 names no test and does not say \"not yet\""]);
        assert_eq!(check(&Tree::planted(&[(DOCUMENT, "")])).len(), POINTS.iter().map(|(_, n)| n.len()).sum::<usize>());
    }

    #[test]
    fn a_test_that_exists_is_right() {
        assert_eq!(found("`flow/tests/a.rs::holds`; files, not yet: Kafka"), Vec::<String>::new());
    }
}
