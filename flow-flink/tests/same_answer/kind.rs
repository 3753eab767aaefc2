//! What a case runs on, and what of its answers is compared.

use super::setting;
use std::fmt;

/// What is compared: see the semantics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Any pipeline in any number of tasks; no record is late.
    A,
    /// One source that is one partition, and one task; some records are late.
    B,
}

/// What a case runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    /// Whether sources and sinks are topics, not files.
    pub(crate) topics: bool,
    /// How many tasks there are of each stage: no more than partitions of any source.
    pub(crate) tasks: usize,
}

impl Kind {
    /// Two sevenths are over topics.
    pub(crate) fn of(level: Level, seed: u64) -> Self {
        let tasks = if level == Level::A { setting("FLOW_FLINK_PARALLELISM", 1 + (seed + seed / 4) % 4) } else { 1 };
        Self { topics: seed / 4 % 7 < 2, tasks: tasks as usize }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "over {} in {} tasks", if self.topics { "topics" } else { "files" }, self.tasks)
    }
}
