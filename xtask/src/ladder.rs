//! `cargo xtask test`: every check, in the order in which a mistake is found soonest.

use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::command::{self, cargo};
use crate::counts::Counts;
use crate::{bench, outside, tidy};

/// A step of the ladder. What it prints is shown only when it fails.
struct Step {
    name: &'static str,
    run: fn(&Path) -> (Counts, String),
}

const STEPS: &[Step] = &[
    Step { name: "tidy", run: tidy::step },
    Step { name: "format", run: |root| once(cargo(root, &["fmt", "--all", "--check"])) },
    Step { name: "clippy", run: |root| once(cargo(root, CLIPPY)) },
    Step { name: "docs", run: docs },
    Step { name: "tests", run: tests },
    Step { name: "outside", run: |root| outside::step(root) },
    Step { name: "package", run: |root| once(cargo(root, PACKAGE)) },
    // Last, because it builds in release, the benchmarks' own tests too; what it measures takes seconds.
    Step { name: "bench", run: bench::step },
];

const CLIPPY: &[&str] =
    &["clippy", "--locked", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
const DOC: &[&str] = &["doc", "--locked", "--workspace", "--all-features", "--no-deps"];
// The examples are built by `cargo test` too, and their own tests run what was built. The benchmarks are built once, in release.
const TEST: &[&str] =
    &["test", "--locked", "--workspace", "--exclude=flow-benches", "--all-features", "--no-fail-fast"];
const PACKAGE: &[&str] = &[
    "package",
    "--locked",
    "--no-verify",
    "--allow-dirty",
    "--package=flow-pipeline-dsl",
    "--package=flow-pipeline-macros",
    "--package=flow-pipeline",
];

/// Runs every step, or those named, says how each went, and ends with one line of counts.
pub(crate) fn run(root: &Path, named: &[&str]) -> ExitCode {
    if let Some(unknown) = named.iter().find(|name| !STEPS.iter().any(|step| step.name == **name)) {
        eprintln!("no such step: {unknown}");
        return ExitCode::from(2);
    }
    let mut all = Counts::default();
    for step in STEPS.iter().filter(|step| named.is_empty() || named.contains(&step.name)) {
        print!("{} ", step.name);
        // A terminal shows the name while the step runs; where there is none to flush to, nothing is lost.
        std::io::stdout().flush().unwrap_or_default();
        let start = Instant::now();
        let (counts, output) = (step.run)(root);
        println!("… {counts} ({:.1} s)", start.elapsed().as_secs_f64());
        if counts.failed > 0 {
            println!("{output}");
        }
        all += counts;
    }
    println!("{all}");
    if all.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A command that counts as one check.
fn once(command: Command) -> (Counts, String) {
    let said = command::run(command, |_| {});
    (Counts::one(said.success), said.output)
}

fn docs(root: &Path) -> (Counts, String) {
    let mut command = cargo(root, DOC);
    command.env("RUSTDOCFLAGS", "-D warnings");
    once(command)
}

/// All tests but the benchmarks'.
fn tests(root: &Path) -> (Counts, String) {
    println!();
    let tested = tested(cargo(root, TEST));
    print!("tests ");
    tested
}

/// The counts of a `cargo test`; each binary says its line as it ends.
pub(crate) fn tested(command: Command) -> (Counts, String) {
    let mut counts = Counts::default();
    let mut binary = String::new();
    let mut start = Instant::now();
    let said = command::run(command, |line| {
        if let Some(name) = binary_name(line) {
            binary = name;
            start = Instant::now();
        } else if let Some(result) = Counts::of_line(line) {
            println!("  {binary} … {result} ({:.1} s)", start.elapsed().as_secs_f64());
            counts += result;
        }
    });
    (counts.of_command(said.success), said.output)
}

/// The name in cargo's `Running unittests src/lib.rs (target/debug/deps/flow-0123)` and `Doc-tests flow`.
fn binary_name(line: &str) -> Option<String> {
    let line = line.trim();
    if let Some(crate_name) = line.strip_prefix("Doc-tests ") {
        return Some(format!("{crate_name} (docs)"));
    }
    let (what, file) = line.strip_prefix("Running ")?.split_once(" (")?;
    let file = file.trim_end_matches(')').rsplit('/').next()?;
    let name = file.rsplit_once('-').map_or(file, |(name, _)| name);
    Some(if what.starts_with("unittests") { format!("{name} (unit)") } else { name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::binary_name;

    #[test]
    fn binaries_are_named() {
        let check = |line: &str, name: Option<&str>| assert_eq!(binary_name(line).as_deref(), name, "{line}");
        check("     Running unittests src/lib.rs (target/debug/deps/flow-0123abc)", Some("flow (unit)"));
        check(
            "     Running tests/high_value_orders.rs (target/debug/deps/high_value_orders-01)",
            Some("high_value_orders"),
        );
        check("   Doc-tests flow", Some("flow (docs)"));
        check("test result: ok. 1 passed; 0 failed;", None);
        check("   Compiling flow v0.1.0", None);
    }
}
