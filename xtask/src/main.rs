//! The project's own commands; `cargo xtask` lists them.

#![allow(clippy::disallowed_methods, reason = "a command line measures real time")]

mod bench;
mod command;
mod counts;
mod interrupt;
mod ladder;
mod orders;
mod outside;
mod services;
mod stress;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test          everything that must hold: tidy, format, clippy, docs, tests, outside, package, bench
cargo xtask test STEP …   only these steps
cargo xtask tidy          only the project's own rules (layers, sizes, bans, docs that name tests)
cargo xtask bench         all benchmarks: writes BENCHMARKS.md and its plots, and fails below the floors
cargo xtask bench --quick w1, q1 and Redis only, against half the floors; writes nothing
cargo xtask stress        Kafka to a counter in Redis to Kafka, each message looked for by other clients; --help says what it takes
cargo xtask gen-orders    writes examples/data/orders.jsonl anew

cargo xtask up [NAME …]   starts kafka, redis, flink, or all; gets what is missing; what runs is kept
cargo xtask down [NAME …] ends them and removes their data
cargo xtask status        how they are; fails when one has crashed
cargo xtask restart NAME  kafka, redis, flink, or one of jobmanager, taskmanager, gateway; data stays
cargo xtask logs NAME     what it has said; with -f, goes on
cargo xtask env           where they are, as shell exports";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root();
    if let ["test" | "stress" | "bench", ..] = words.as_slice()
        && let Err(error) = interrupt::listen()
    {
        eprintln!("cannot listen for signals: {error}");
        return ExitCode::FAILURE;
    }
    match words.as_slice() {
        ["test", steps @ ..] => ladder::run(&root, steps),
        ["tidy"] => tidy::run(&root),
        ["bench"] => bench::run(&root, false),
        ["bench", "--quick"] => bench::run(&root, true),
        ["stress", options @ ..] => stress::run(&root, options),
        ["gen-orders"] => orders::run(&root),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        words => services::run(&root, words).unwrap_or_else(|| {
            eprintln!("no such command: {}\n\n{USAGE}", words.join(" "));
            ExitCode::from(2)
        }),
    }
}

/// The top of the checkout that this program was built from.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
