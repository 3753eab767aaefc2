//! ARCHITECTURE.md: every **Invariant:** names what holds it, and what it names exists.

use super::Finding;
use super::acceptance::exists;
use super::layers::LAYERS;
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
    if let Some(wrong) = folders(&document.text) {
        findings.push(Finding::new(
            DOCUMENT,
            1,
            format!("the list of folders says {wrong:?}, the layers are {LAYERS:?}"),
        ));
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

/// The folders that are drawn, if they are not the layers. What explains a line stands behind two spaces, and has several words or is
/// no layer.
fn folders(text: &str) -> Option<Vec<&str>> {
    let drawn = text.split_once("## The folders").and_then(|(_, rest)| rest.split("```").nth(1)).unwrap_or("");
    let names = drawn.lines().flat_map(|line| line.split("  ").map(str::trim));
    let found: Vec<&str> = names.filter(|name| LAYERS.contains(name)).collect();
    (found != LAYERS).then_some(found)
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
        None if name.ends_with(".toml") => tree.file(name).is_some(),
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
    use super::{DOCUMENT, LAYERS, LINES, Tree, check};

    /// The layers, drawn.
    fn drawn() -> String {
        format!("## The folders\n\n```text\n{}    what it is\n```\n\n", LAYERS.join("  "))
    }

    #[test]
    fn an_invariant_that_nothing_holds_is_found() {
        let test = ("flow/tests/a.rs", "#[test] fn holds() {} fn helps() {}");
        let check = |text: &str, times| {
            assert_eq!(check(&Tree::planted(&[(DOCUMENT, &(drawn() + text)), test])).len(), times, "{text}");
        };
        check("**Invariant:** only `runtime` spawns (`tidy: forbidden`).", 0);
        check("**Invariant:** one is one (`flow/tests/a.rs::holds`). **Invariant:** layers (`tidy: layers`).", 0);
        check("**Invariant:** only `runtime` spawns.", 1);
        check("**Invariant:** only `runtime` spawns (`tidy: unheard of`).", 1);
        check("**Invariant:** one is one (`flow/tests/a.rs::gone`).", 1);
        check("**Invariant:** one is one (`flow/tests/a.rs::helps`).", 1);
        check(&"\n".repeat(LINES), 1);
    }

    #[test]
    fn a_list_of_folders_that_is_not_the_layers_is_found() {
        let check = |text: &str, times| {
            assert_eq!(check(&Tree::planted(&[(DOCUMENT, text)])).len(), times, "{text}");
        };
        check(&drawn(), 0);
        check(&drawn().replace("  state", ""), 1);
        check(&drawn().replace("state  windows", "windows  state"), 1);
        check("", 1);
    }
}
