//! What the terminal shows.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use flow::prelude::*;
use flow::runtime::Metrics;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::prelude::*;

/// How often somebody looks.
pub(crate) const EVERY: Duration = Duration::from_millis(50);

/// Lets warnings be seen, such as that servers are waited for. The lines of Kafka's client have a facility; what matters of them is
/// in an error's text.
pub(crate) fn log() {
    let ours = filter_fn(|metadata| metadata.fields().field("facility").is_none());
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false).without_time();
    tracing_subscriber::registry().with(lines.with_filter(LevelFilter::WARN).with_filter(ours)).init();
}

/// A picture of progress, if someone watches.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        Self { bar }
    }

    pub(crate) fn show(&self, metrics: &Metrics) {
        let Some(bar) = &self.bar else { return };
        let of = |kind| metrics.stages.iter().filter(move |stage| stage.kind == kind);
        let read: u64 = of("source").map(|stage| stage.counts.entered).sum();
        let rows: u64 = of("sink").map(|stage| stage.counts.passed).sum();
        let lag = of("source").flat_map(|stage| &stage.gauges).filter(|gauge| gauge.name == "lag");
        let rate = read as f64 / bar.elapsed().as_secs_f64();
        let [read, rows, rate, lag] =
            [read, rows, rate as u64, lag.map(|gauge| gauge.value.unsigned_abs()).sum()].map(HumanCount);
        bar.set_message(format!("{read} orders read, {rate}/s, {lag} behind; {rows} rows"));
        bar.tick();
    }

    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The report, and its main figures on a line.
pub(crate) fn report(report: &Report) -> flow::Result<()> {
    let [read, rows, dead, late] = [report.read(), report.written(), report.dead_lettered(), report.late()];
    print(&format!("{report}\n{read} read, {rows} rows, {dead} malformed, {late} late\n"))
}

/// Prints, and takes no offence when the reader has gone (`| head`).
pub(crate) fn print(text: &str) -> flow::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}
