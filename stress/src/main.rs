//! `cargo xtask stress`: many messages from Kafka through a counter in Redis to Kafka.
//!
//! `scheme` says what is in which message; `fill` writes them; the pipeline, `stress-pipeline`, is a program of its own, which `measured` runs; `verify`
//! looks at each line that kcat prints of both topics, and `outside` asks Kafka's own tools and `redis-cli`. Nothing here knows the
//! library or its connectors.

#![allow(clippy::disallowed_methods, reason = "measures real programs in real time")]

mod check;
mod fill;
mod measured;
mod options;
mod outside;
mod report;
mod run;
mod scheme;
mod verify;

use std::process::ExitCode;

use clap::Parser;
use flow_services::{Error, Result};

use options::Options;

fn main() -> ExitCode {
    match stress(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs, writes the report and shows it. Whether all holds.
fn stress(options: &Options) -> Result<bool> {
    let (program, folder) = options.places().map_err(|error| Error::new(error.to_string()))?;
    let outcome = run::run(options.scheme(), options.consumers(), &program, options.time_limit())?;
    println!("\n{}", report::write(&outcome, &folder)?);
    println!("{} and report.json", folder.join("report.md").display());
    if let Some(trouble) = &outcome.pipeline.trouble {
        let (came, all) = (outcome.output.counts().iter().sum::<u64>(), options.scheme().messages);
        eprintln!("the pipeline did not end well: {trouble}; {came} of {all} messages are in its output");
    }
    Ok(outcome.holds())
}
