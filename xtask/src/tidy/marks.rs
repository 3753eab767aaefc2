//! Nothing is unfinished and nothing is left out, whatever the kind of file: no marks, no examples that are not run.

use super::Finding;
use super::tree::{File, Tree};

/// Marks of unfinished work, as words in any text.
const MARKS: &[&str] = &["TODO", "FIXME", "XXX", "HACK"];
/// The same as calls, in the examples of documentation too.
const CALLS: &[&str] = &["todo!(", "unimplemented!("];
/// Texts that name what is looked for.
const TABLES: &[&str] = &["xtask/src/tidy/marks.rs", "xtask/src/tidy/forbidden.rs"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let texts = tree.files.iter().filter(|file| !TABLES.contains(&file.path.as_str()));
    texts.flat_map(|file| (1..).zip(file.text.lines()).filter_map(|(number, line)| mark(file, number, line))).collect()
}

fn mark(file: &File, number: usize, line: &str) -> Option<Finding> {
    let word = |mark: &str| line.split(|c: char| !c.is_alphanumeric()).any(|word| word == mark);
    if let Some(mark) = MARKS.iter().find(|mark| word(mark)).or_else(|| CALLS.iter().find(|call| line.contains(**call)))
    {
        return Some(Finding::new(&file.path, number, format!("`{mark}`: unfinished")));
    }
    let text = line.trim_start().trim_start_matches("///").trim_start_matches("//!").trim_start();
    let ignored =
        text.strip_prefix("```").is_some_and(|words| words.split([',', ' ']).any(|word| word.starts_with("ignore")));
    ignored.then(|| {
        Finding::new(&file.path, number, "an example that is ignored proves nothing: let it run, or say `text`")
    })
}

#[cfg(test)]
mod tests {
    use super::{CALLS, MARKS, Tree, check};

    fn found(path: &str, text: &str) -> usize {
        check(&Tree::planted(&[(path, text)])).len()
    }

    #[test]
    fn marks_are_found_in_every_kind_of_file() {
        for mark in MARKS.iter().chain(CALLS) {
            for (path, comment) in
                [("a.rs", "//"), ("flow/tests/a.rs", "///"), ("docs/a.md", ""), ("Cargo.toml", "#"), (".ci/run", "#")]
            {
                assert_eq!(found(path, &format!("{comment} {mark}: later\nfn f() {{}}")), 1, "{path}: {mark}");
            }
        }
        for (path, text) in [
            ("a.md", "```ignore\n```"),
            ("a.rs", "/// ```ignore\n/// ```\nfn f() {}"),
            ("a.rs", "//! ```rust,ignore\n//! ```"),
        ] {
            assert_eq!(found(path, text), 1, "{path}: {text}");
        }
    }

    #[test]
    fn other_words_are_left_alone() {
        let check = |text| assert_eq!(found("a.md", text), 0, "{text}");
        check("a method, a todo list, XXXL, HACKED, unimplemented");
        check("```text\nignore\n```");
    }
}
