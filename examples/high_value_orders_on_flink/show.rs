//! What the terminal shows.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use flow::prelude::*;
use flow::runtime::Metrics;
use flow_flink::{JobMetrics, JobStatus};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

/// How often somebody looks.
pub(crate) const EVERY: Duration = Duration::from_millis(200);

/// Flink's names are long.
const NAME: usize = 60;

/// How a job is at a moment, on either engine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Look {
    status: String,
    read: u64,
    rows: u64,
    watermark: Option<Timestamp>,
    stages: Vec<Stage>,
}

/// How a stage is.
#[derive(Clone, Debug)]
struct Stage {
    name: String,
    status: String,
    taken: u64,
    given: u64,
}

impl Look {
    /// Of a job in this process.
    pub(crate) fn here(status: &str, metrics: &Metrics) -> Self {
        let stages = metrics.stages.iter().map(|stage| Stage {
            name: stage.name.to_string(),
            status: format!("{} tasks", stage.tasks),
            taken: stage.counts.entered,
            given: stage.counts.passed,
        });
        let of = |kind| metrics.stages.iter().filter(move |stage| stage.kind == kind);
        Self {
            status: status.to_owned(),
            read: of("source").map(|stage| stage.counts.entered).sum(),
            rows: of("sink").map(|stage| stage.counts.passed).sum(),
            watermark: of("sink").filter_map(|stage| stage.watermark).min(),
            stages: stages.collect(),
        }
    }

    /// Of a job on a cluster: Flink's vertices are stages that are chained.
    pub(crate) fn there(status: JobStatus, metrics: &JobMetrics) -> Self {
        let stages = metrics.vertices.iter().map(|vertex| Stage {
            name: vertex.name.clone(),
            status: format!("{} tasks, {}", vertex.parallelism, vertex.status),
            taken: vertex.records_in,
            given: vertex.records_out,
        });
        Self {
            status: status.to_string(),
            read: metrics.records_in,
            rows: metrics.records_out,
            watermark: metrics.watermark,
            stages: stages.collect(),
        }
    }

    /// A line, and one for each stage.
    pub(crate) fn text(&self) -> String {
        let mut text = self.status.clone();
        // Flink gathers this only now and then.
        if self.read > 0 {
            text.push_str(&format!(": {} records in, {} rows out", HumanCount(self.read), HumanCount(self.rows)));
        }
        match self.watermark {
            None => {}
            Some(Timestamp::MAX) => text.push_str(", all input is in"),
            Some(watermark) => text.push_str(&format!(", watermark {watermark}")),
        }
        self.stages.iter().for_each(|stage| text.push_str(&format!("\n  {}", stage.text())));
        text
    }
}

impl Stage {
    fn text(&self) -> String {
        let mut text: String = self.name.chars().take(NAME).collect();
        if text.len() < self.name.len() {
            text.push('…');
        }
        text.push_str(&format!(" ({})", self.status));
        for (number, what) in [(self.taken, "in"), (self.given, "out")] {
            if number > 0 {
                text.push_str(&format!(", {} {what}", HumanCount(number)));
            }
        }
        text
    }
}

/// A picture of progress, if someone watches.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} {elapsed}, {msg}");
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        Self { bar }
    }

    pub(crate) fn show(&self, look: &Look) {
        let Some(bar) = &self.bar else { return };
        bar.set_message(look.text());
        bar.tick();
    }

    /// Prints a line that stays.
    pub(crate) fn line(&self, text: impl std::fmt::Display) -> flow::Result<()> {
        match &self.bar {
            Some(bar) => bar.suspend(|| line(text)),
            None => line(text),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Prints a line, and takes no offence when the reader has gone (`| head`).
pub(crate) fn line(text: impl std::fmt::Display) -> flow::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}
