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
    let mut findings = of_packages(&metadata, &allowed);
    findings.extend(apart(tree, &metadata, &list.text));
    findings
}

/// Every package of the workspace and below it. Where there is none, nothing was looked at.
fn of_packages(metadata: &Value, allowed: &[&str]) -> Vec<Finding> {
    let packages = packages(metadata);
    if packages.is_empty() || allowed.is_empty() {
        return vec![Finding::new(LIST, 1, format!("{} packages, {} licences", packages.len(), allowed.len()))];
    }
    packages.iter().filter_map(|package| finding(package, allowed)).collect()
}

/// What packages outside the workspace depend on stands in no lock file. So each dependency is one of the workspace's too, or an
/// exception that somebody has looked at.
fn apart(tree: &Tree, metadata: &Value, list: &str) -> Vec<Finding> {
    let text = |file: &str| tree.file(file).map_or("", |file| file.text.as_str());
    let known = |name: &str| packages(metadata).iter().any(|package| package["name"] == name);
    let excepted = |name: &str| list.contains(&format!("crate = \"{name}\""));
    let mut findings = Vec::new();
    for manifest in excluded(text("Cargo.toml")).map(|folder| format!("{folder}/Cargo.toml")) {
        let names = dependencies(text(&manifest));
        if names.is_empty() {
            findings.push(Finding::new(&manifest, 1, "names no dependency"));
        }
        let unknown = names.into_iter().filter(|name| !known(name) && !excepted(name));
        findings.extend(unknown.map(|name| {
            Finding::new(
                &manifest,
                1,
                format!("`{name}` is no dependency of the workspace, and no exception in {LIST}"),
            )
        }));
    }
    findings
}

fn packages(metadata: &Value) -> &[Value] {
    metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The folders in the workspace's `exclude = [ … ]`.
fn excluded(manifest: &str) -> impl Iterator<Item = &str> {
    let line = manifest.lines().find_map(|line| line.strip_prefix("exclude = ")).unwrap_or("");
    line.split('"').skip(1).step_by(2)
}

/// The names in a manifest's tables of dependencies.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            inside = table.trim_end_matches(']').ends_with("dependencies");
        } else if inside
            && !line.starts_with('#')
            && let Some((name, _)) = line.split_once([' ', '=', '.'])
        {
            names.push(name.trim_matches('"'));
        }
    }
    names
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
    use super::{Tree, allowed, apart, dependencies, finding, of_packages, satisfied};

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
        let all = |packages: serde_json::Value, allowed| {
            of_packages(&serde_json::json!({ "packages": packages }), allowed).len()
        };
        assert_eq!(all(serde_json::json!([package("MIT"), package("GPL-3.0")]), ALLOWED), 1);
        assert_eq!(all(serde_json::json!([package("MIT")]), ALLOWED), 0);
        assert_eq!(all(serde_json::json!([package("MIT")]), &[]), 1, "no licence is allowed");
        assert_eq!(all(serde_json::json!([]), ALLOWED), 1, "no package was looked at");
        assert_eq!(all(serde_json::Value::Null, ALLOWED), 1, "no package was looked at");
        assert_eq!(allowed("[licenses]\nallow = [\n  \"MIT\",\n  \"ISC\", # as MIT\n]\n"), ["MIT", "ISC"]);
    }

    #[test]
    fn what_the_workspace_does_not_have_is_an_exception_or_found() {
        let check = |manifest: &str, list: &str, times: usize| {
            let files = [("Cargo.toml", "[workspace]\nexclude = [\"fuzz\"]\n"), ("fuzz/Cargo.toml", manifest)];
            let metadata = serde_json::json!({ "packages": [{ "name": "serde" }] });
            assert_eq!(apart(&Tree::planted(&files), &metadata, list).len(), times, "{manifest}");
        };
        let manifest = "[dependencies]\nserde = \"1\"\nfuzzer = { version = \"1\" }\n[features]\nother = []\n";
        check(manifest, "", 1);
        check(manifest, "exceptions = [{ crate = \"fuzzer\", allow = [\"NCSA\"] }]", 0);
        check(&manifest.replace("fuzzer", "serde"), "", 0);
        check("[package]\nname = \"fuzz\"\n", "", 1);
        assert_eq!(
            dependencies("[dev-dependencies]\na.workspace = true\n[target.x.build-dependencies]\nb=\"1\"\n"),
            ["a", "b"]
        );
    }
}
