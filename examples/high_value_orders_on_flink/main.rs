//! The main job over Kafka topics, from one definition: in this process, or on Apache Flink, with the same rows.
//!
//! `cargo run --release --example high_value_orders_on_flink -- --help`

mod both;
mod engines;
mod job;
mod options;
mod show;
#[path = "../kafka_to_kafka/signals.rs"]
mod signals;

use std::process::ExitCode;

use clap::Parser;
use flow::ErrorKind;

use options::Options;
use signals::Signals;

/// What went wrong, and whether the job had begun.
struct Failure {
    error: flow::Error,
    started: bool,
}

impl Failure {
    /// Of a job that had begun.
    fn ended(error: flow::Error) -> Self {
        Self { error, started: true }
    }
}

impl From<flow::Error> for Failure {
    fn from(error: flow::Error) -> Self {
        Self { error, started: false }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Failure::from(flow::Error::from(error))),
    };
    let done = runtime.block_on(run(options));
    // Who has been asked to end does not wait for a server that says nothing.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&failure),
    }
}

fn failed(Failure { error, started }: &Failure) -> ExitCode {
    eprintln!("high_value_orders_on_flink: {}", error.to_string().replace('\n', "; "));
    // What the caller can put right by calling otherwise is told apart from a job that failed.
    let callers = match error.kind() {
        ErrorKind::Config | ErrorKind::Definition => true,
        ErrorKind::Io | ErrorKind::Timeout => !started,
        _ => false,
    };
    ExitCode::from(if callers { 2 } else { 1 })
}

async fn run(options: Options) -> Result<(), Failure> {
    let options = options.checked()?;
    let mut signals = Signals::listen().map_err(flow::Error::from)?;
    match options.run()? {
        Some(run) if options.ir => {
            let ir = job::revenue(&options, &run).to_ir().map_err(flow::Error::from)?;
            Ok(show::line(ir.to_json())?)
        }
        Some(run) => engines::run(&options, &run, &mut signals).await,
        None => both::run(&options, &mut signals).await,
    }
}
