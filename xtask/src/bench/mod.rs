//! `cargo xtask bench`: runs the harness, writes BENCHMARKS.md and its plots, and fails below the floors.

mod figures;
mod floors;
mod machine;
mod plan;
mod report;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

use flow_services::{Addresses, Service};

use crate::command::{self, cargo};
use crate::counts::Counts;
use crate::ladder;
use crate::services::Lent;
use figures::Figures;

const BUILD: &[&str] = &["build", "--quiet", "--locked", "--release", "--package=flow-benches", "--all-features"];
// Builds the harness too, so that nothing of it is built twice.
const TEST: &[&str] = &["test", "--locked", "--release", "--package=flow-benches", "--all-features", "--no-fail-fast"];

/// What the harness and its tests are told of. They have a Redis of their own.
pub(crate) const NEEDS: &[Service] = &[Service::Kafka];

/// Everything; or, `quick`, the short form, which writes nothing.
pub(crate) fn run(root: &Path, quick: bool) -> ExitCode {
    let done = if quick { finished(cargo(root, BUILD)).and_then(|_| short(root)) } else { all(root) };
    match done {
        Ok(checks) => {
            print!("{}", floors::lines(&checks));
            if checks.iter().all(|check| check.holds) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The benchmarks' tests, and the short form, as a step of `cargo xtask test`: each floor is a check.
pub(crate) fn step(root: &Path, addresses: &Addresses) -> (Counts, String) {
    println!();
    let mut tests = cargo(root, TEST);
    tests.envs(addresses);
    let (mut counts, mut output) = ladder::tested(tests);
    match short(root) {
        Ok(checks) => {
            checks.iter().for_each(|check| counts += Counts::one(check.holds));
            output.push_str(&floors::lines(&checks));
        }
        Err(error) => {
            counts += Counts::one(false);
            output.push_str(&error);
        }
    }
    print!("bench ");
    (counts, output)
}

/// Measures with the harness that was built.
fn short(root: &Path) -> Result<Vec<floors::Check>, String> {
    let folder = folder(root, "bench-quick")?;
    for job in plan::SHORT {
        finished(harness(root, job.arguments, &folder, job.name))?;
    }
    Ok(floors::check_short(&Figures::read(&folder, plan::SHORT)?))
}

fn all(root: &Path) -> Result<Vec<floors::Check>, String> {
    let folder = folder(root, "bench")?;
    let start = Instant::now();
    finished(cargo(root, BUILD))?;
    println!("built ({:.0} s)", start.elapsed().as_secs_f64());
    let mut lent = Lent::new(root);
    let addresses = lent.up(NEEDS).map_err(|error| error.to_string())?;
    for job in plan::ALL {
        let began = Instant::now();
        let mut command = harness(root, job.arguments, &folder, job.name);
        command.envs(&addresses);
        let said = finished(command)?;
        println!("\n{} ({:.0} s)\n{said}", job.arguments, began.elapsed().as_secs_f64());
    }
    lent.down().map_err(|error| error.to_string())?;
    let figures = Figures::read(&folder, plan::ALL)?;
    let checks = floors::check(&figures);
    let mut plots = program(root);
    plots.args(["plot", "--from"]).arg(&folder).arg("--to").arg(root.join("docs/benchmarks"));
    finished(plots)?;
    let page = report::write(&machine::describe(root), plan::ALL, &figures, &checks);
    std::fs::write(root.join("BENCHMARKS.md"), page).map_err(|error| format!("BENCHMARKS.md: {error}"))?;
    println!("all in {:.1} min", start.elapsed().as_secs_f64() / 60.0);
    Ok(checks)
}

/// A call of the harness, whose figures go to a file of this name.
fn harness(root: &Path, arguments: &str, folder: &Path, name: &str) -> Command {
    let mut command = program(root);
    command.args(arguments.split_whitespace()).arg("--json").arg(folder.join(name).with_extension("json"));
    command
}

/// The harness, as cargo has built it.
fn program(root: &Path) -> Command {
    let name = format!("flow-benches{}", std::env::consts::EXE_SUFFIX);
    let mut command = Command::new(command::target(root).join("release").join(name));
    command.current_dir(root);
    command
}

/// What a command says, if it ends well.
fn finished(command: Command) -> Result<String, String> {
    let what = format!("{command:?}");
    let said = command::run(command, |_| {});
    if said.success { Ok(said.output) } else { Err(format!("{what}\n{}", said.output)) }
}

/// An empty folder for figures, beside what cargo builds: those of an earlier run must not be taken for new ones.
fn folder(root: &Path, name: &str) -> Result<PathBuf, String> {
    let folder = command::target(root).join(name);
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => std::fs::create_dir_all(&folder),
    }
    .map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}
