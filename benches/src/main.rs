//! `cargo run --release -p flow-benches -- --help`

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use flow_benches::file::Engine;
use flow_benches::scale::By;
use flow_benches::{chain, file, latency, nexmark, output, plot, redis, scale};

/// The same for all that is measured, and not what users get by default.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What flow costs, beside loops written by hand and beside other crates.
#[derive(Debug, Parser)]
#[command(name = "flow-benches")]
enum Command {
    /// The Nexmark suite's queries, beside loops written by hand.
    Nexmark(nexmark::Options),
    /// How long records take through a pipeline that is offered so many a second.
    Latency {
        /// Records a second; several rates are measured one after the other.
        #[arg(long, value_name = "N", value_delimiter = ',', required = true, value_parser = clap::value_parser!(u64).range(1..))]
        rate: Vec<u64>,
        /// For how long, after a second that does not count.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
        seconds: u64,
        /// Where the figures go, as JSON.
        #[arg(long, value_name = "F")]
        json: Option<PathBuf>,
    },
    /// The README's main job on a file of orders, beside a loop over serde_json.
    File {
        /// Orders in the file.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        lines: u64,
        /// Runs of each; the median counts.
        #[arg(long, value_name = "R", default_value_t = 5)]
        repeat: usize,
        /// Where the figures go, as JSON.
        #[arg(long, value_name = "F")]
        json: Option<PathBuf>,
    },
    /// What a stage costs: chains of no to eight `map` stages.
    Chain {
        /// Records.
        #[arg(long, value_name = "N", default_value_t = 5_000_000, value_parser = clap::value_parser!(u64).range(1..))]
        events: u64,
        /// Runs of each; the median counts.
        #[arg(long, value_name = "R", default_value_t = 5)]
        repeat: usize,
        /// Where the figures go, as JSON.
        #[arg(long, value_name = "F")]
        json: Option<PathBuf>,
    },
    /// How `w1` goes with the number of keys, the length of batches, or the number of workers.
    Scale {
        /// What is varied.
        #[arg(long)]
        by: By,
        /// Records.
        #[arg(long, value_name = "N", default_value_t = 5_000_000, value_parser = clap::value_parser!(u64).range(1..))]
        events: u64,
        /// Runs of each; the median counts.
        #[arg(long, value_name = "R", default_value_t = 5)]
        repeat: usize,
        /// Where the figures go, as JSON.
        #[arg(long, value_name = "F")]
        json: Option<PathBuf>,
    },
    /// Counting up in Redis, beside `redis-benchmark`. The server is started from packages.
    Redis {
        /// Commands in a run.
        #[arg(long, value_name = "N", default_value_t = 2_000_000, value_parser = clap::value_parser!(u64).range(1..))]
        commands: u64,
        /// Connections; several numbers are measured one after the other.
        #[arg(long, value_name = "C", value_delimiter = ',', default_value = "1")]
        connections: Vec<usize>,
        /// Commands that are unanswered at a time on each connection.
        #[arg(long, value_name = "D", value_delimiter = ',', default_value = "1000")]
        depth: Vec<usize>,
        /// Runs of each; the median counts.
        #[arg(long, value_name = "R", default_value_t = 5)]
        repeat: usize,
        /// Where the figures go, as JSON.
        #[arg(long, value_name = "F")]
        json: Option<PathBuf>,
    },
    /// Draws what was measured.
    Plot {
        /// The folder with the figures.
        #[arg(long, value_name = "FOLDER")]
        from: PathBuf,
        /// The folder for the plots.
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
    },
    /// One run of `nexmark`, in a process of its own.
    #[command(hide = true)]
    NexmarkAlone(nexmark::memory::Alone),
    /// One run of `file`, in a process of its own.
    #[command(hide = true)]
    FileRun {
        /// Who works.
        engine: Engine,
        /// The orders.
        input: PathBuf,
        /// The revenue.
        output: PathBuf,
    },
}

fn main() -> ExitCode {
    let command = match Command::try_parse() {
        Ok(command) => command,
        Err(error) if error.use_stderr() => {
            // One line says what is wrong; the usage is in `--help`.
            eprintln!(
                "flow-benches: {}",
                error.to_string().lines().map(str::trim).take(2).collect::<Vec<_>>().join(" ")
            );
            return ExitCode::from(2);
        }
        Err(help) => help.exit(),
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("flow-benches: {}", error.to_string().replace('\n', "; "));
            ExitCode::from(if error.is::<nexmark::Usage>() { 2 } else { 1 })
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error + Send + Sync>> {
    match command {
        Command::Nexmark(options) => nexmark::run(&options)?,
        Command::NexmarkAlone(alone) => nexmark::memory::run_here(alone)?,
        Command::Latency { rate, seconds, json } => {
            let readings =
                rate.into_iter().map(|rate| latency::measure(rate, seconds)).collect::<Result<Vec<_>, _>>()?;
            output::show(latency::COLUMNS, &readings, json.as_deref())?;
        }
        Command::File { lines, repeat, json } => {
            output::show(file::COLUMNS, &file::measure(lines, repeat)?, json.as_deref())?;
        }
        Command::Chain { events, repeat, json } => {
            output::show(chain::COLUMNS, &chain::measure(events, repeat)?, json.as_deref())?;
        }
        Command::Scale { by, events, repeat, json } => {
            output::show(scale::COLUMNS, &scale::measure(by, events, repeat)?, json.as_deref())?;
        }
        Command::Redis { commands, connections, depth, repeat, json } => {
            let measured = redis::measure(commands, &connections, &depth, repeat)?;
            output::show(redis::COLUMNS, &measured, json.as_deref())?;
        }
        Command::Plot { from, to } => plot::all(&from, &to)?,
        Command::FileRun { engine, input, output } => {
            println!("{}", serde_json::to_string(&file::run_here(engine, &input, &output)?)?);
        }
    }
    Ok(())
}
