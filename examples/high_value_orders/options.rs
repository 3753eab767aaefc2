//! What the command line says.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

/// Revenue of large orders, per region and minute.
///
/// Reads orders as JSON lines: {"id":1,"region":"north","amount":2500,"placed_at":"2026-01-01T00:00:00.000Z"}, the amount in
/// cents. Without arguments it reads the orders that come with the example and shows a table.
#[derive(Debug, Parser)]
#[command(name = "high_value_orders")]
pub(crate) struct Options {
    /// The orders, one a line.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,

    /// Where the revenue goes, as JSON lines; lines that are no orders go to FILE.dead. Without it, a table is shown.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Only orders above this amount count.
    #[arg(long, value_name = "CENTS", default_value_t = 100, allow_negative_numbers = true)]
    pub(crate) min_amount: i64,

    /// How much later than younger ones an order may come: 250ms, 5s, 1min.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    pub(crate) delay: Duration,

    /// How many tasks share the work.
    #[arg(long, value_name = "N", default_value = "1")]
    pub(crate) parallelism: NonZeroUsize,

    /// Print the pipeline's IR, and do nothing else.
    #[arg(long)]
    pub(crate) ir: bool,

    /// Print how the pipeline will run, and do nothing else.
    #[arg(long, conflicts_with = "ir")]
    pub(crate) explain: bool,
}

impl Options {
    /// The file to read.
    pub(crate) fn input(&self) -> PathBuf {
        let given = self.input.clone();
        given.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/data/orders.jsonl")))
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let duration: jiff::SignedDuration =
        text.parse().map_err(|_| "write a time with its unit, such as 5s".to_owned())?;
    Duration::try_from(duration).map_err(|_| "a time cannot be negative here".to_owned())
}
