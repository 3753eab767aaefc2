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
    let known: Vec<String> = POINTS
        .iter()
        .flat_map(|(letter, numbers)| numbers.iter().map(move |number| format!("{letter}{number}")))
        .collect();
    for (line, cells) in &rows {
        let head = cells[0] == "id" || cells[0].chars().all(|c| c == '-');
        if !head && !known.iter().any(|id| id == cells[0]) {
            findings.push(Finding::new(DOCUMENT, *line, format!("{} is no point of the list", cells[0])));
        }
    }
    for id in &known {
        match rows.iter().filter(|(_, cells)| cells[0] == *id).collect::<Vec<_>>().as_slice() {
            [(line, cells)] => findings.extend(row(tree, *line, id, cells)),
            found => findings.push(Finding::new(DOCUMENT, 1, format!("{} rows for {id}; one is right", found.len()))),
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
        .map(|name| Finding::new(DOCUMENT, line, format!("{id} names `{name}`, which is no test")))
        .collect();
    if named.is_empty() && !proof.contains("not yet") {
        findings.push(Finding::new(DOCUMENT, line, format!("{id} names no test and does not say \"not yet\"")));
    }
    findings
}

/// Whether `path/to/file.rs::test` names a test in a file, or `path/to/file.rs` a file with tests, or a page whose examples are.
pub(super) fn exists(tree: &Tree, name: &str) -> bool {
    let (path, function) = name.split_once("::").map_or((name, None), |(path, function)| (path, Some(function)));
    let Some(rust) = tree.file(path).and_then(|file| file.rust.as_ref()) else { return false };
    let page = || tokens::find(&rust.all, &["doc", "=", "include_str", "!"].map(str::to_owned)).next().is_some();
    match function {
        Some(function) => tests(&rust.all).any(|test| test == function),
        None => tests(&rust.all).next().is_some() || page(),
    }
}

/// The names of the functions under `#[test]`, `#[tokio::test]` and their like, in macros such as `proptest!` too.
fn tests(tokens: &[Token]) -> impl Iterator<Item = &str> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let attribute =
        move |at: usize| (text(at) == "#" && text(at + 1) == "[").then(|| attribute_end(tokens, at + 1)).flatten();
    (0..tokens.len()).filter_map(move |at| {
        let mut end = attribute(at)?;
        // `#[test]`, `#[tokio::test]`, `#[tokio::test(…)]`: the path's last word.
        let is_test = (at + 2..end).take_while(|at| text(*at) != "(").last().is_some_and(|last| text(last) == "test");
        while let Some(next) = attribute(end + 1) {
            end = next;
        }
        let words = end + 1..(end + 6).min(tokens.len());
        let function = words.take_while(|at| ["pub", "async", "fn"].contains(&text(*at))).last()?;
        (is_test && text(function) == "fn").then(|| text(function + 1))
    })
}

/// Where the bracket that opens at `open` closes.
fn attribute_end(tokens: &[Token], open: usize) -> Option<usize> {
    let mut depth = 0;
    tokens.iter().enumerate().skip(open).find_map(|(at, token)| {
        match token.text.as_str() {
            "[" => depth += 1,
            "]" => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::{DOCUMENT, POINTS, Tree, check};

    /// All points, with this proof for A1.
    fn found(first: &str) -> Vec<String> {
        with(first, "")
    }

    /// The same, with more rows.
    fn with(first: &str, more: &str) -> Vec<String> {
        let mut document = String::from("| id | what | proof |\n|---|---|---|\n");
        for (letter, numbers) in POINTS {
            for number in *numbers {
                let proof = if (*letter, *number) == ('A', 1) { first } else { "not yet" };
                document.push_str(&format!("| {letter}{number} | something | {proof} |\n"));
            }
        }
        document.push_str(more);
        let tests = "proptest! { #[test] fn holds(x: u8) {} } #[tokio::test(flavor = \"current_thread\")] #[cfg(unix)] async fn waits() {}
                     fn helps() {} #[cfg(test)] fn is_told() {} #[derive(Debug)] struct A; #[test] const B: u8 = 0;";
        let files = [
            (DOCUMENT, document.as_str()),
            ("flow/tests/a.rs", tests),
            ("flow/src/b.rs", "fn helps() {}"),
            ("examples/page.rs", "#![doc = include_str!(\"../README.md\")]"),
        ];
        check(&Tree::planted(&files)).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_test_that_does_not_exist_is_found() {
        for name in
            ["a.rs::gone", "a.rs::helps", "a.rs::is_told", "a.rs::B", "b.rs", "../src/b.rs", "../src/b.rs::helps"]
        {
            let name = format!("flow/tests/{name}").replace("tests/../", "");
            assert_eq!(found(&format!("`{name}`")), [format!("A1 names `{name}`, which is no test")]);
        }
    }

    #[test]
    fn a_row_that_is_no_point_is_found() {
        assert_eq!(with("not yet", "| A99 | something | not yet |\n"), ["A99 is no point of the list"]);
        assert_eq!(with("not yet", "| A1 | something | not yet |\n"), ["2 rows for A1; one is right"]);
    }

    #[test]
    fn a_row_without_proof_is_found() {
        assert_eq!(found("soon"), ["A1 names no test and does not say \"not yet\""]);
        assert_eq!(check(&Tree::planted(&[(DOCUMENT, "")])).len(), POINTS.iter().map(|(_, n)| n.len()).sum::<usize>());
    }

    #[test]
    fn a_test_that_exists_is_right() {
        for name in ["flow/tests/a.rs::holds", "flow/tests/a.rs::waits", "flow/tests/a.rs", "examples/page.rs"] {
            assert_eq!(found(&format!("`{name}`; files, not yet: Kafka")), Vec::<String>::new());
        }
    }
}
