//! The main job: orders from a file of JSON lines, filtered by amount; revenue per region and minute, with some disorder allowed.
//!
//! `cargo run --release --example high_value_orders -- --help`

mod options;
mod show;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use flow::ErrorKind;
use flow::prelude::*;

use options::Options;

/// An order, as it stands in the file.
#[derive(Record)]
struct Order {
    id: i64,
    region: String,
    /// In cents.
    amount: i64,
    placed_at: Timestamp,
}

/// What comes out.
#[derive(Clone, Record)]
struct Revenue {
    region: String,
    window_start: Timestamp,
    total: i64,
    orders: i64,
}

/// The job.
fn revenue(options: &Options, revenue_out: impl Sink<Item = Revenue>) -> Pipeline {
    let orders_in = sources::files(options.input()).json_lines::<Order>();
    let min_amount = options.min_amount;
    pipeline! {
        /// Revenue of large orders, per region and minute.
        name = "high-value-orders";
        portable;
        parallelism = options.parallelism.get();

        orders = source(orders_in)
            -> watermark(|o| o.placed_at, delay = options.delay)
            -> filter(|o| o.amount > min_amount);

        orders
            -> key_by(|o| o.region)
            -> window(tumbling(1min))
            -> aggregate(|o| Revenue {
                region: key,
                window_start: window.start,
                total: sum(o.amount),
                orders: count(),
            })
            -> sink(revenue_out);
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let done = if options.ir || options.explain {
        describe(&options)
    } else if let Some(output) = &options.output {
        to_file(&options, output)
    } else {
        to_terminal(&options)
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("high_value_orders: {}", error.to_string().replace('\n', "; "));
            // What the caller can put right by calling otherwise is told apart from a job that failed.
            let callers = matches!(error.kind(), ErrorKind::Config | ErrorKind::Io | ErrorKind::Definition);
            ExitCode::from(if callers { 2 } else { 1 })
        }
    }
}

/// Shows a table and the report.
fn to_terminal(options: &Options) -> flow::Result<()> {
    let (rows, revenue_out) = sinks::collect();
    let (dead, dead_out) = sinks::collect();
    let pipeline = revenue(options, revenue_out);
    pipeline.on_error(OnError::dead_letter(dead_out));
    let report = show::run(pipeline, &options.input())?;
    show::table(rows.take())?;
    show::malformed(&dead.take())?;
    show::report(&report)
}

/// Writes the revenue to a file, and what cannot be read beside it.
fn to_file(options: &Options, output: &Path) -> flow::Result<()> {
    let mut dead = output.as_os_str().to_owned();
    dead.push(".dead");
    refuse_to_overwrite(&options.input(), &[output, Path::new(&dead)])?;
    let pipeline = revenue(options, sinks::files(output).json_lines());
    pipeline.on_error(OnError::dead_letter(sinks::files(PathBuf::from(dead)).json_lines()));
    let report = show::run(pipeline, &options.input())?;
    show::report(&report)
}

/// Prints the IR, or how the job will run.
fn describe(options: &Options) -> flow::Result<()> {
    let output = options.output.clone().unwrap_or_else(|| PathBuf::from("revenue.jsonl"));
    let pipeline = revenue(options, sinks::files(output).json_lines());
    if options.explain {
        return show::print(&pipeline.explain().to_string());
    }
    show::print(&pipeline.to_ir()?.to_json())
}

/// The input must outlive the job.
fn refuse_to_overwrite(input: &Path, outputs: &[&Path]) -> flow::Result<()> {
    let same = |output: &&&Path| {
        fs::canonicalize(input).is_ok_and(|input| fs::canonicalize(output).is_ok_and(|out| input == out))
    };
    match outputs.iter().find(same) {
        Some(output) => {
            let both = format!("{} is both input and output", output.display());
            Err(flow::Error::new(ErrorKind::Config, both).help("write to another file"))
        }
        None => Ok(()),
    }
}
