//! What must not stand in the code, with its reason: a table.

use super::tokens::{self, Token};
use super::tree::{Rust, Tree};
use super::{Finding, tree::File};

/// Which files a row is about.
#[derive(Clone, Copy)]
enum Within {
    /// Every Rust file.
    Everything,
    /// The libraries' sources; what is compiled for tests only is not looked at.
    Libraries,
    /// The same, of `flow` alone, but for the file or folder named.
    FlowBut(&'static str),
}

struct Row {
    /// Pieces of Rust; each is looked for as a row of tokens.
    patterns: &'static [&'static str],
    within: Within,
    reason: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        patterns: &["unbounded_channel", "unbounded(", "UnboundedSender", "UnboundedReceiver", "mpsc::channel()"],
        within: Within::Everything,
        reason: "no unbounded channel exists anywhere: a full channel is the backpressure",
    },
    Row {
        patterns: &["spawn(", "spawn_blocking(", "spawn_local(", "spawn_on(", "JoinSet"],
        within: Within::FlowBut("flow/src/runtime/"),
        reason: "only `runtime/` spawns: a job must own every task that it starts",
    },
    Row {
        patterns: &["SystemTime::now", "std::time::Instant", "Utc::now", "Timestamp::now", "Zoned::now"],
        within: Within::FlowBut("flow/src/time/clock.rs"),
        reason: "only `time/clock.rs` reads a clock of its own: ask the `Clock`, or take `tokio::time::Instant`",
    },
    Row { patterns: &["unsafe"], within: Within::Everything, reason: "no `unsafe` here" },
    Row {
        patterns: &["#[ignore]", "#[ignore ="],
        within: Within::Everything,
        reason: "a test that does not run proves nothing: mend it or remove it",
    },
    Row { patterns: &["todo!", "unimplemented!", "dbg!"], within: Within::Everything, reason: "unfinished" },
    Row {
        patterns: &[".unwrap()"],
        within: Within::Libraries,
        reason: "give an error that names the cause, or `expect` with the reason why it cannot happen",
    },
    Row {
        patterns: &["println!", "eprintln!", "print!", "eprint!"],
        within: Within::Libraries,
        reason: "a library speaks through `tracing`; what prints by purpose writes to a handle",
    },
];

/// Marks of unfinished work in comments.
const MARKS: [&str; 3] = ["FIXME", "XXX", "HACK"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, rust) in tree.rust() {
        for row in ROWS {
            let Some(tokens) = looked_at(row.within, file, rust) else { continue };
            for pattern in row.patterns {
                let words = words(pattern);
                findings.extend(
                    tokens::find(tokens, &words)
                        .map(|token| Finding::new(&file.path, token.line, format!("`{pattern}`: {}", row.reason))),
                );
            }
        }
        // This file names the marks.
        if file.path != "xtask/src/tidy/forbidden.rs" {
            findings.extend(marks(file));
        }
    }
    findings
}

fn marks(file: &File) -> impl Iterator<Item = Finding> {
    let word = |text: &str, mark| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == mark);
    (1..).zip(file.text.lines()).flat_map(move |(number, line)| {
        let found = MARKS.iter().filter(move |mark| word(line, **mark));
        found.map(move |mark| Finding::new(&file.path, number, format!("`{mark}`: unfinished")))
    })
}

fn looked_at<'a>(within: Within, file: &File, rust: &'a Rust) -> Option<&'a [Token]> {
    let path = &file.path;
    let library = ["flow/src/", "flow-dsl/src/", "flow-macros/src/"].iter().any(|start| path.starts_with(start));
    match within {
        Within::Everything => Some(&rust.all),
        Within::Libraries => library.then_some(&rust.code),
        Within::FlowBut(but) => (path.starts_with("flow/src/") && !path.starts_with(but)).then_some(&rust.code),
    }
}

/// The pattern's tokens. Its brackets need not be closed, so it is not parsed as Rust.
fn words(pattern: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut in_word = false;
    for c in pattern.chars().filter(|c| *c != ' ') {
        let letter = c.is_alphanumeric() || c == '_';
        match words.last_mut() {
            Some(last) if letter && in_word => last.push(c),
            _ => words.push(c.to_string()),
        }
        in_word = letter;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{ROWS, Tree, check};

    fn found(path: &str, text: &str) -> usize {
        check(&Tree::planted(&[(path, text)])).len()
    }

    #[test]
    fn every_row_finds_what_it_forbids() {
        for row in ROWS {
            for pattern in row.patterns {
                // Made whole, so that it is Rust: a statement in a function, an attribute before it.
                let whole = match *pattern {
                    "unsafe" => "fn f() { unsafe { } }".to_owned(),
                    "#[ignore =" => "#[ignore = \"slow\"] fn f() {}".to_owned(),
                    attribute if attribute.starts_with('#') => format!("{attribute} fn f() {{}}"),
                    call if call.ends_with('(') => format!("fn f() {{ x::{call}); }}"),
                    method if method.starts_with('.') => format!("fn f() {{ x{method}; }}"),
                    macro_call if macro_call.ends_with('!') => format!("fn f() {{ {macro_call}(); }}"),
                    path => format!("fn f() {{ {path}; }}"),
                };
                assert!(found("flow/src/transforms/planted.rs", &whole) >= 1, "{pattern}: {whole}");
            }
        }
        assert_eq!(found("flow/src/a.rs", &["// FIX", "ME later"].concat()), 1);
    }

    #[test]
    fn what_is_allowed_is_left_alone() {
        let check = |path, text| assert_eq!(found(path, text), 0, "{path}: {text}");
        check("flow/src/runtime/launch.rs", "fn f() { tokio::spawn(async {}); }");
        check("flow/src/time/clock.rs", "fn f() { SystemTime::now(); }");
        check("flow/src/a.rs", "#[cfg(test)] mod tests { fn f() { x.unwrap(); } }");
        check("flow/src/a.rs", "/// x.unwrap()\nfn f() { g(\"unsafe\"); } // unsafe .unwrap()");
        check("flow/tests/a.rs", "fn f() { x.unwrap(); tokio::spawn(g()); }");
        check("examples/a.rs", "fn f() { println!(); }");
    }
}
