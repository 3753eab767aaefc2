//! ARCHITECTURE.md: every **Invariant:** names what holds it, and what it names exists.

use super::Finding;
use super::acceptance::exists;
use super::tree::Tree;

const DOCUMENT: &str = "ARCHITECTURE.md";
/// It has fewer lines than this.
const LINES: usize = 500;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(document) = tree.file(DOCUMENT) else { return vec![Finding::new(DOCUMENT, 1, "is missing")] };
    let mut findings = Vec::new();
    let lines = document.text.lines().count();
    if lines >= LINES {
        findings.push(Finding::new(DOCUMENT, 1, format!("{lines} lines; fewer than {LINES} are right")));
    }
    let mut line = 1;
    for paragraph in document.text.split("\n\n") {
        for invariant in paragraph.split("**Invariant:**").skip(1) {
            findings.extend(holds(tree, line, invariant));
        }
        line += paragraph.lines().count() + 1;
    }
    findings
}

/// What is wrong with an invariant: it names a rule as `tidy: name`, a lint as `clippy.toml`, or a test as `path.rs::name`.
fn holds(tree: &Tree, line: usize, invariant: &str) -> Vec<Finding> {
    let named: Vec<&str> = invariant
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| name.starts_with("tidy: ") || name.contains(".rs::") || name.ends_with(".toml"))
        .collect();
    if named.is_empty() {
        return vec![Finding::new(DOCUMENT, line, "an invariant here names no rule and no test that holds it")];
    }
    let right = |name: &&str| match name.strip_prefix("tidy: ") {
        Some(rule) => super::RULES.iter().any(|known| known.name == rule),
        None => exists(tree, name),
    };
    named
        .into_iter()
        .filter(|name| !right(name))
        .map(|name| Finding::new(DOCUMENT, line, format!("`{name}` does not exist")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{DOCUMENT, LINES, Tree, check};

    #[test]
    fn an_invariant_that_nothing_holds_is_found() {
        let test = ("flow/tests/a.rs", "#[test] fn holds() {}");
        let check = |text: &str, times| {
            assert_eq!(check(&Tree::planted(&[(DOCUMENT, text), test])).len(), times, "{text}");
        };
        check("**Invariant:** only `runtime` spawns (`tidy: forbidden`).", 0);
        check("**Invariant:** one is one (`flow/tests/a.rs::holds`). **Invariant:** layers (`tidy: layers`).", 0);
        check("**Invariant:** only `runtime` spawns.", 1);
        check("**Invariant:** only `runtime` spawns (`tidy: unheard of`).", 1);
        check("**Invariant:** one is one (`flow/tests/a.rs::gone`).", 1);
        check(&"\n".repeat(LINES), 1);
    }
}
