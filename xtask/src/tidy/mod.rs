//! The project's own rules, held by looking at its files. To add one: copy a neighbour's file, add it to [`RULES`], and give it
//! a test that plants a violation and sees it found.

mod acceptance;
mod architecture;
mod forbidden;
mod laws;
mod layers;
mod licences;
mod machine_paths;
mod marks;
mod modules;
mod sizes;
mod stages;
mod tokens;
mod tree;

use std::path::Path;
use std::process::ExitCode;

use crate::counts::Counts;
use tree::Tree;

/// A place that breaks a rule, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

/// A rule: its name, which documents cite as `tidy: name`, and what finds where it is broken.
struct Rule {
    name: &'static str,
    check: fn(&Tree) -> Vec<Finding>,
}

const RULES: &[Rule] = &[
    Rule { name: "layers", check: layers::check },
    Rule { name: "forbidden", check: forbidden::check },
    Rule { name: "sizes", check: sizes::check },
    Rule { name: "modules", check: modules::check },
    Rule { name: "laws", check: laws::check },
    Rule { name: "marks", check: marks::check },
    Rule { name: "machine paths", check: machine_paths::check },
    Rule { name: "stages", check: stages::check },
    Rule { name: "acceptance", check: acceptance::check },
    Rule { name: "architecture", check: architecture::check },
    Rule { name: "licences", check: licences::check },
];

/// All rules, as one step of the ladder.
pub(crate) fn step(root: &Path) -> (Counts, String) {
    let mut counts = Counts::default();
    let mut output = String::new();
    let tree = match Tree::read(root) {
        Ok(tree) => tree,
        Err(error) => return (Counts::one(false), format!("{error}\n")),
    };
    for rule in RULES {
        let findings = (rule.check)(&tree);
        counts += Counts::one(findings.is_empty());
        for Finding { path, line, message } in findings {
            output.push_str(&format!("{path}:{line}: [{}] {message}\n", rule.name));
        }
    }
    (counts, output)
}

/// `cargo xtask tidy`.
pub(crate) fn run(root: &Path) -> ExitCode {
    let (counts, output) = step(root);
    print!("{output}");
    println!("{counts}");
    if counts.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
