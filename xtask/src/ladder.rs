//! `cargo xtask test`: every check, in the order in which a mistake is found soonest.

use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use flow_services::{Addresses, Service};

use crate::command::{self, cargo};
use crate::counts::Counts;
use crate::services::Lent;
use crate::{bench, interrupt, outside, tidy};

/// A step of the ladder. What it prints is shown only when it fails.
struct Step {
    name: &'static str,
    needs: &'static [Service],
    run: fn(&Path, &Addresses) -> (Counts, String),
}

impl Step {
    /// A step that talks to no service.
    const fn alone(name: &'static str, run: fn(&Path, &Addresses) -> (Counts, String)) -> Self {
        Self { name, needs: &[], run }
    }
}

const STEPS: &[Step] = &[
    Step::alone("tidy", |root, _| tidy::step(root)),
    Step::alone("format", |root, _| once(cargo(root, &["fmt", "--all", "--check"]))),
    Step::alone("clippy", |root, _| once(cargo(root, CLIPPY))),
    Step::alone("docs", |root, _| docs(root)),
    Step { name: "tests", needs: &Service::ALL, run: tests },
    Step::alone("outside", |root, _| outside::step(root)),
    Step::alone("package", |root, _| once(cargo(root, PACKAGE))),
    // Last, because it builds in release, the benchmarks' own tests too; what it measures takes seconds.
    Step { name: "bench", needs: bench::NEEDS, run: bench::step },
];

const CLIPPY: &[&str] =
    &["clippy", "--locked", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
const DOC: &[&str] = &["doc", "--locked", "--workspace", "--all-features", "--no-deps"];
// The examples are built by `cargo test` too, and their own tests run what was built. The benchmarks are built in release, by their own step.
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
        all += climb(root, step);
        if let Some(ended) = interrupt::ended() {
            return ended;
        }
    }
    println!("{all}");
    if all.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One step, between what it needs.
fn climb(root: &Path, step: &Step) -> Counts {
    let start = Instant::now();
    let mut lent = Lent::new(root);
    let addresses = lent.up(step.needs);
    print!("{} ", step.name);
    // A terminal shows the name while the step runs; where there is none to flush to, nothing is lost.
    std::io::stdout().flush().unwrap_or_default();
    let (mut counts, output) = match addresses {
        Ok(addresses) => (step.run)(root, &addresses),
        Err(error) => (Counts::one(false), error.to_string()),
    };
    println!("… {counts} ({:.1} s)", start.elapsed().as_secs_f64());
    if counts.failed > 0 && interrupt::ended().is_none() {
        println!("{output}");
    }
    if let Err(error) = lent.down() {
        println!("{error}");
        counts += Counts::one(false);
    }
    counts
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

/// All tests but the benchmarks', told where the services are.
fn tests(root: &Path, addresses: &Addresses) -> (Counts, String) {
    println!();
    let mut command = cargo(root, TEST);
    command.envs(addresses);
    let tested = tested(command);
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
