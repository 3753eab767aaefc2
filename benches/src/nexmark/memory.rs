//! How much memory an engine takes: that of a process that does nothing else, with events that are made while they are read.

use std::error::Error;
use std::process::Command;

use super::table::{self, Visit};
use super::{Engine, Name, Plan, Workload};
use crate::events::feed::Input;
use crate::queries::Query;
use crate::sink::Taken;

/// The hidden command: one run in a process of its own.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Alone {
    /// Which query.
    query: Name,
    /// Over which events.
    workload: Workload,
    /// Who answers.
    engine: Engine,
    /// By how many workers.
    workers: usize,
    /// How many events.
    events: u64,
    /// Their seed.
    seed: u64,
}

/// The word for it on the command line.
pub const COMMAND: &str = "nexmark-alone";

/// Runs an engine once in a process of its own, and says how many megabytes that had at most; nothing where the system does not say.
///
/// # Errors
/// When it fails.
pub fn measure(plan: &Plan, engine: Engine) -> Result<Option<f64>, Box<dyn Error + Send + Sync>> {
    let numbers = [plan.workers as u64, plan.events.count, plan.events.seed].map(|number| number.to_string());
    let output = Command::new(std::env::current_exe()?)
        .args([COMMAND, plan.query.as_str(), plan.workload.as_str(), engine.as_str()])
        .args(numbers)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().parse().ok())
}

impl Visit for Alone {
    type Out = Result<(), Box<dyn Error + Send + Sync>>;

    fn visit<Q: Query>(self) -> Self::Out {
        let input = Q::In::live(&self.query.events(self.seed, self.events), self.workers);
        self.engine.run::<Q>(input, &Taken::default())?;
        Ok(())
    }
}

/// What the process does: the run, and then a line with the megabytes.
///
/// # Errors
/// When the pipeline fails.
pub fn run_here(alone: Alone) -> Result<(), Box<dyn Error + Send + Sync>> {
    table::with(alone.query, alone.workload, alone)?;
    if let Some(megabytes) = peak() {
        println!("{megabytes:.3}");
    }
    Ok(())
}

/// What Linux says of this process.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}
