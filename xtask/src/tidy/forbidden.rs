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
        patterns: &[
            "unbounded_channel",
            "unbounded(",
            "UnboundedSender",
            "UnboundedReceiver",
            "mpsc::channel()",
            "std::sync::mpsc::channel",
        ],
        within: Within::Everything,
        reason: "no unbounded channel exists anywhere: a full channel is the backpressure",
    },
    Row {
        patterns: &["spawn(", "spawn_blocking(", "spawn_local(", "spawn_on(", "JoinSet"],
        within: Within::FlowBut("flow/src/runtime/"),
        reason: "only `runtime/` spawns: a job must own every task that it starts",
    },
    Row {
        patterns: &[
            "SystemTime::now",
            "std::time::Instant",
            "std::time::*",
            "Utc::now",
            "Timestamp::now",
            "Zoned::now",
        ],
        within: Within::FlowBut("flow/src/time/clock.rs"),
        reason: "only `time/clock.rs` reads a clock of its own: ask the `Clock`, or take `tokio::time::Instant`",
    },
    Row { patterns: &["unsafe"], within: Within::Everything, reason: "no `unsafe` here" },
    Row {
        patterns: &["#[ignore]", "#[ignore =", ", ignore)", ", ignore ="],
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

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, rust) in tree.rust() {
        for row in ROWS {
            let Some(tokens) = looked_at(row.within, file, rust) else { continue };
            // A path may stand in pieces: with a turbofish in it, or grouped in an import.
            let (plain, imported) = (without_turbofish(tokens), imports(tokens));
            for pattern in row.patterns {
                let words = words(pattern);
                let mut lines: Vec<usize> = [tokens, &plain, &imported]
                    .into_iter()
                    .flat_map(|tokens| tokens::find(tokens, &words).map(|token| token.line))
                    .collect();
                lines.sort_unstable();
                lines.dedup();
                let finding = |line| Finding::new(&file.path, line, format!("`{pattern}`: {}", row.reason));
                findings.extend(lines.into_iter().map(finding));
            }
        }
    }
    findings
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

/// The tokens without each `::<…>`.
fn without_turbofish(tokens: &[Token]) -> Vec<Token> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if text(at) == ":" && text(at + 1) == ":" && text(at + 2) == "<" {
            at += 2;
            let mut depth = 0;
            while at < tokens.len() {
                match text(at) {
                    "<" => depth += 1,
                    // An arrow closes nothing.
                    ">" if text(at - 1) != "-" => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    break;
                }
            }
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Each name that a `use` brings, by its whole path.
fn imports(tokens: &[Token]) -> Vec<Token> {
    let mut found = Vec::new();
    for start in (0..tokens.len()).filter(|at| tokens[*at].text == "use") {
        let (mut path, mut groups): (Vec<Token>, Vec<usize>) = (Vec::new(), Vec::new());
        for token in &tokens[start + 1..] {
            match token.text.as_str() {
                "{" => groups.push(path.len()),
                "," | "}" | ";" => {
                    found.extend(path.iter().cloned());
                    // What was found so far must not run into what comes.
                    found.push(Token { text: ";".to_owned(), line: token.line });
                    path.truncate(groups.last().copied().unwrap_or(0));
                    if token.text == "}" {
                        groups.pop();
                        path.truncate(groups.last().copied().unwrap_or(0));
                    }
                }
                _ => path.push(token.clone()),
            }
            if token.text == ";" {
                break;
            }
        }
    }
    found
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
                    ", ignore)" => "#[cfg_attr(windows, ignore)] fn f() {}".to_owned(),
                    ", ignore =" => "#[cfg_attr(windows, ignore = \"slow\")] fn f() {}".to_owned(),
                    "std::time::*" => "use std::time::*;".to_owned(),
                    attribute if attribute.starts_with('#') => format!("{attribute} fn f() {{}}"),
                    call if call.ends_with('(') => format!("fn f() {{ x::{call}); }}"),
                    method if method.starts_with('.') => format!("fn f() {{ x{method}; }}"),
                    macro_call if macro_call.ends_with('!') => format!("fn f() {{ {macro_call}(); }}"),
                    path => format!("fn f() {{ {path}; }}"),
                };
                assert!(found("flow/src/transforms/planted.rs", &whole) >= 1, "{pattern}: {whole}");
            }
        }
    }

    #[test]
    fn a_path_in_pieces_is_found() {
        let check = |text, times| assert_eq!(found("flow/src/a.rs", text), times, "{text}");
        check("use std::time::{Duration, Instant};", 1);
        check("use std::{fmt, time::{self, Instant as Now}};", 1);
        check("fn f() { use std::{time::{Duration, SystemTime::now}}; }", 1);
        check("use std::sync::mpsc::{self, Receiver, channel};", 1);
        check("use tokio::sync::{mpsc::{unbounded_channel, Sender}, oneshot};", 1);
        check("fn f() { let (a, b) = mpsc::channel::<Vec<(u8, Box<dyn Fn() -> u8>)>>(); }", 1);
        check("fn f() { runtime.spawn::<F>(g); }", 1);
        check("use std::time::Duration; use tokio::{time::Instant, sync::mpsc::{channel, Sender}};", 0);
        check("fn f() { mpsc::channel::<u8>(8); }", 0);
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
