//! The main job from topic to topic: orders that any client wrote, and revenue per region and minute that any client reads.
//!
//! `cargo run --release --example kafka_to_kafka -- --help`

mod jobs;
mod options;
mod show;
mod signals;

use std::process::ExitCode;

use clap::Parser;
use flow::ErrorKind;
use flow::prelude::*;

use options::Options;
use signals::Signals;

/// What went wrong, and whether the job had begun.
struct Failure {
    error: flow::Error,
    started: bool,
}

impl From<flow::Error> for Failure {
    fn from(error: flow::Error) -> Self {
        Self { error, started: false }
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    show::log();
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
    eprintln!("kafka_to_kafka: {}", error.to_string().replace('\n', "; "));
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
    let pipeline = if options.stateless { jobs::large_orders(&options) } else { jobs::revenue(&options) };
    let job = tokio::select! {
        job = pipeline.start() => job?,
        () = signals.next() => return Ok(show::print("ended before anything was read\n")?),
    };
    let ended = |error| Failure { error, started: true };
    let report = follow(job, &options, &mut signals).await.map_err(ended)?;
    Ok(show::report(&report)?)
}

/// Until the job's end, which a signal brings about.
async fn follow(job: Job, options: &Options, signals: &mut Signals) -> flow::Result<Report> {
    let progress = show::Progress::new();
    let mut asked = false;
    while !job.is_finished() {
        progress.show(&job.metrics());
        tokio::select! {
            () = tokio::time::sleep(show::EVERY) => {}
            // Whoever asks twice does not want to wait.
            () = signals.next() => {
                if asked {
                    job.cancel();
                } else {
                    end(&job, options);
                }
                asked = true;
            }
        }
    }
    progress.clear();
    job.wait().await
}

/// Ends the job so that all that is out is committed.
fn end(job: &Job, options: &Options) {
    if options.stateless {
        job.stop();
    } else if options.until_end {
        // A window that is cut would be a wrong row.
        eprintln!("stopped before the end: nothing is committed, and the next run reads it again");
        job.stop();
    } else {
        job.drain();
    }
}
