//! Every dependency has a licence that `deny.toml` allows. cargo-deny reads the same file; this needs no tool but cargo.

use serde_json::Value;

use super::Finding;
use super::tree::Tree;
use crate::command::{self, cargo};

const LIST: &str = "deny.toml";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(list) = tree.file(LIST) else { return vec![Finding::new(LIST, 1, "is missing")] };
    let allowed = allowed(&list.text);
    let said = command::run(cargo(&tree.root, &["metadata", "--format-version=1", "--locked", "--quiet"]), |_| {});
    let Some(metadata) = said.output.lines().find_map(|line| serde_json::from_str::<Value>(line).ok()) else {
        return vec![Finding::new(LIST, 1, format!("`cargo metadata` gave nothing to read: {}", said.output))];
    };
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    packages.iter().filter_map(|package| finding(package, &allowed)).collect()
}

fn finding(package: &Value, allowed: &[&str]) -> Option<Finding> {
    let licence = package["license"].as_str().unwrap_or("");
    (!satisfied(licence, allowed))
        .then(|| Finding::new(LIST, 1, format!("{} {} has licence `{licence}`", package["name"], package["version"])))
}

/// The names in the file's `allow = [ … ]`.
fn allowed(list: &str) -> Vec<&str> {
    let names = list.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(names, _)| names);
    names.split('"').skip(1).step_by(2).collect()
}

/// Whether one way to read the expression is allowed throughout. Brackets group as SPDX has them; `/` is an old way to write `OR`.
fn satisfied(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    either(&words, &mut at, allowed) && at == words.len()
}

fn either(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut found = both(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        found |= both(words, at, allowed);
    }
    found
}

fn both(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let mut found = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        found &= one(words, at, allowed);
    }
    found
}

fn one(words: &[&str], at: &mut usize, allowed: &[&str]) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let found = either(words, at, allowed);
        *at += 1;
        return found;
    }
    if words.get(*at) == Some(&"WITH") {
        let whole = format!("{word} WITH {}", words.get(*at + 1).unwrap_or(&""));
        *at += 2;
        return allowed.contains(&whole.as_str());
    }
    allowed.contains(word)
}

#[cfg(test)]
mod tests {
    use super::{allowed, finding, satisfied};

    const ALLOWED: &[&str] = &["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"];

    #[test]
    fn expressions_are_read() {
        let check = |text: &str, right: bool| assert_eq!(satisfied(text, ALLOWED), right, "{text}");
        check("MIT", true);
        check("MIT OR Apache-2.0", true);
        check("Apache-2.0/MIT", true);
        check("GPL-3.0 OR MIT", true);
        check("(MIT OR Apache-2.0) AND Unicode-3.0", true);
        check("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true);
        check("MIT AND GPL-3.0", false);
        check("(MIT OR Apache-2.0) AND GPL-3.0", false);
        check("GPL-3.0 WITH LLVM-exception", false);
        check("MIT MIT", false);
        check("", false);
    }

    #[test]
    fn a_licence_that_is_not_allowed_is_found() {
        let package = |licence: &str| serde_json::json!({ "name": "a", "version": "1.0.0", "license": licence });
        assert!(finding(&package("GPL-3.0"), ALLOWED).is_some());
        assert!(finding(&package("MIT"), ALLOWED).is_none());
        assert!(finding(&serde_json::json!({ "name": "a" }), ALLOWED).is_some());
        assert_eq!(allowed("[licenses]\nallow = [\n  \"MIT\",\n  \"ISC\", # as MIT\n]\n"), ["MIT", "ISC"]);
    }
}
