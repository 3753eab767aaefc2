//! `flow-flink`: pipelines on Flink, for those who have their IR and no Rust program.

mod args;
mod commands;
mod output;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::output::Output;

/// Ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    // Wrong use ends here, with code 2.
    let args = Args::parse();
    let output = Output::new(args.json);
    let done = tokio::select! {
        done = commands::run(args, output) => done,
        // What was begun is taken back before the program ends.
        _ = tokio::signal::ctrl_c() => {
            commands::settle().await;
            return ExitCode::from(INTERRUPTED);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            output.trouble(&trouble);
            ExitCode::from(trouble.code())
        }
    }
}
