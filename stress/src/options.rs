//! What may be said on the command line, or in the environment.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, value_parser};

use crate::scheme::Scheme;

/// Sends many messages from Kafka through a counter in Redis to Kafka, looks for each of them, and writes a report. Fails when something
/// does not hold.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask stress")]
pub(crate) struct Options {
    /// How many messages.
    #[arg(long, env = "FLOW_STRESS_MESSAGES", default_value_t = 1_000_000, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    messages: u64,
    /// How many partitions each topic has; at most as many as messages.
    #[arg(long, env = "FLOW_STRESS_PARTITIONS", default_value_t = 100, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000))]
    partitions: u32,
    /// How many consumers the pipeline has; as many as partitions, if this is not said.
    #[arg(long, env = "FLOW_STRESS_CONSUMERS", value_name = "N", value_parser = value_parser!(u32).range(1..))]
    consumers: Option<u32>,
    /// What the contents are made of.
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Where the report goes: target/stress, if this is not said.
    #[arg(long, value_name = "DIR")]
    report_dir: Option<PathBuf>,
    /// How many seconds the pipeline may take: then it is ended, and the report says how far it came.
    #[arg(long, env = "FLOW_STRESS_TIME_LIMIT", default_value_t = 1_800, value_name = "SECONDS", value_parser = value_parser!(u64).range(1..))]
    time_limit: u64,
    /// Another program instead of the pipeline, with the same options.
    #[arg(long, value_name = "PROGRAM")]
    pipeline: Option<PathBuf>,
}

impl Options {
    pub(crate) fn scheme(&self) -> Scheme {
        let most = u32::try_from(self.messages).unwrap_or(u32::MAX);
        Scheme { messages: self.messages, partitions: self.partitions.min(most), seed: self.seed }
    }

    pub(crate) fn consumers(&self) -> u32 {
        self.consumers.unwrap_or(self.partitions).min(self.partitions)
    }

    pub(crate) fn time_limit(&self) -> Duration {
        Duration::from_secs(self.time_limit)
    }

    /// The pipeline stands beside this program, and the report beside what cargo builds.
    pub(crate) fn places(&self) -> std::io::Result<(PathBuf, PathBuf)> {
        let own = std::env::current_exe()?;
        let built = own.with_file_name(format!("stress-pipeline{}", std::env::consts::EXE_SUFFIX));
        let target = own.ancestors().nth(2).map(|target| target.join("stress")).unwrap_or_default();
        Ok((self.pipeline.clone().unwrap_or(built), self.report_dir.clone().unwrap_or(target)))
    }
}
