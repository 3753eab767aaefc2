//! No file names a place on the machine it was written on.

use super::Finding;
use super::tree::Tree;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut needles: Vec<String> = ["home", "root", "Users"].iter().map(|folder| format!("/{folder}/")).collect();
    let own = std::path::absolute(&tree.root).unwrap_or_default();
    // A checkout at the top of a disk has too short a name to look for.
    if own.components().count() > 2 {
        needles.push(own.to_string_lossy().into_owned());
    }
    let mut findings = Vec::new();
    for file in &tree.files {
        for (number, line) in (1..).zip(file.text.lines()) {
            if let Some(needle) = needles.iter().find(|needle| line.contains(needle.as_str())) {
                findings.push(Finding::new(&file.path, number, format!("`{needle}` is a place on one machine")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{Tree, check};

    #[test]
    fn a_place_on_one_machine_is_found() {
        let planted = format!("see /{}/someone/notes.md", "home");
        assert_eq!(check(&Tree::planted(&[("README.md", &planted), ("a.md", "see `flow/src`")])).len(), 1);
    }
}
