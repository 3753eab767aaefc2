//! What a job says of itself at its end.

use super::metrics::Metrics;
use crate::connector::Delivery;
use std::fmt;
use std::time::Duration;

/// What a job did: where every record has gone, how long it took, and what is promised of its rows.
#[derive(Clone, Debug)]
pub struct Report {
    /// The pipeline's name.
    pub pipeline: String,
    /// From the first task's start to the last one's end.
    pub elapsed: Duration,
    /// What stages and edges had counted at the end.
    pub metrics: Metrics,
    /// What holds for all rows when such a job fails and is run again: the weakest promise of its sinks; at most once, if a
    /// source cannot give its records again.
    pub delivery: Delivery,
}

impl Report {
    /// Records that all sources have read.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.sum(|stage| stage.kind == "source", |counts| counts.entered)
    }

    /// Records that all sinks have written, dead letters not among them.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.sum(|stage| stage.kind == "sink", |counts| counts.passed)
    }

    /// Records that were late for all of their windows.
    #[must_use]
    pub fn late(&self) -> u64 {
        self.sum(|_| true, |counts| counts.late)
    }

    /// Records that went to the dead letters.
    #[must_use]
    pub fn dead_lettered(&self) -> u64 {
        self.sum(|_| true, |counts| counts.dead_lettered)
    }

    /// Records that could not be worked on and were left out.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.sum(|_| true, |counts| counts.skipped)
    }

    /// What a stage has counted.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&super::StageMetrics> {
        self.metrics.stages.iter().find(|stage| &*stage.name == name)
    }

    /// Whether every record that entered a stage is accounted for.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.metrics.stages.iter().all(|stage| stage.counts.held() == 0)
    }

    fn sum(
        &self,
        stages: impl Fn(&super::StageMetrics) -> bool,
        count: impl Fn(&crate::operator::Counts) -> u64,
    ) -> u64 {
        self.metrics.stages.iter().filter(|stage| stages(stage)).map(|stage| count(&stage.counts)).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.elapsed.as_secs_f64();
        let rate = if seconds > 0.0 { self.read() as f64 / seconds } else { 0.0 };
        writeln!(
            f,
            "{}: {} read, {} written in {seconds:.3} s ({rate:.0} records/s)",
            self.pipeline,
            self.read(),
            self.written()
        )?;
        self.write_table(f)?;
        write!(f, "delivery: {}", self.delivery)
    }
}

impl Report {
    /// A line for each stage, in columns no wider than what stands in them.
    fn write_table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["stage", "in", "passed", "filtered", "absorbed", "late", "dead", "skipped", "held", "out"];
        let mut lines = vec![heads.map(str::to_owned)];
        lines.extend(self.metrics.stages.iter().map(|stage| {
            let c = &stage.counts;
            [
                stage.name.to_string(),
                c.entered.to_string(),
                c.passed.to_string(),
                c.filtered.to_string(),
                c.absorbed.to_string(),
                c.late.to_string(),
                c.dead_lettered.to_string(),
                c.skipped.to_string(),
                c.held().to_string(),
                c.emitted.to_string(),
            ]
        }));
        let widths: [usize; 10] = std::array::from_fn(|column| {
            lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()
        });
        for line in &lines {
            write!(f, "{:width$}", line[0], width = widths[0])?;
            for (cell, width) in line.iter().zip(widths).skip(1) {
                write!(f, "  {cell:>width$}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
