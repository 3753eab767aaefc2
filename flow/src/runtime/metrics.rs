//! What a job shows of itself while it runs.

use crate::connector::{Gauges, Reading};
use crate::error::Origin;
use crate::operator::{Counts, Ledger};
use crate::task::EdgeStats;
use crate::time::{self, Timestamp};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// What a job's stages and edges show at a moment.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Every stage, in the order of the definition.
    pub stages: Vec<StageMetrics>,
    /// Every edge between two tasks.
    pub edges: Vec<EdgeMetrics>,
}

/// What a stage shows.
#[derive(Clone, Debug)]
pub struct StageMetrics {
    /// Its name, unique in the pipeline.
    pub name: Arc<str>,
    /// What it is: `filter`, `aggregate`, …
    pub kind: &'static str,
    /// Where it was defined.
    pub origin: Origin,
    /// How many tasks it has.
    pub tasks: usize,
    /// What it has counted, over all of its tasks.
    pub counts: Counts,
    /// The lowest watermark of its tasks; `None` while there is none.
    pub watermark: Option<Timestamp>,
    /// What its connector shows beside: the lag of each partition, errors, what waits to be sent.
    pub gauges: Vec<Reading>,
}

/// What the edges between the tasks of two stages show.
#[derive(Clone, Debug)]
pub struct EdgeMetrics {
    /// The stage that sends.
    pub from: Arc<str>,
    /// The stage that receives.
    pub to: Arc<str>,
    /// Records in its queues now.
    pub depth: usize,
    /// The most records that one of its queues ever held.
    pub deepest: usize,
    /// How many records each queue holds before its sender waits.
    pub capacity: usize,
    /// How many queues it is made of.
    pub queues: usize,
    /// How long senders have waited for room, summed over the queues.
    pub blocked: Duration,
    /// Whether a sender waits for room now.
    pub is_blocked: bool,
}

/// Where the numbers are read from.
#[derive(Debug, Default)]
pub(super) struct Meters {
    pub(super) stages: Vec<StageMeter>,
    pub(super) edges: Vec<EdgeMeter>,
}

#[derive(Debug)]
pub(super) struct StageMeter {
    pub(super) name: Arc<str>,
    pub(super) kind: &'static str,
    pub(super) origin: Origin,
    pub(super) hidden: bool,
    pub(super) ledgers: Vec<Arc<Ledger>>,
    pub(super) gauges: Gauges,
}

#[derive(Debug)]
pub(super) struct EdgeMeter {
    pub(super) from: Arc<str>,
    pub(super) to: Arc<str>,
    pub(super) stats: Vec<Arc<EdgeStats>>,
}

impl Meters {
    pub(super) fn read(&self) -> Metrics {
        let stages = self.stages.iter().filter(|stage| !stage.hidden).map(StageMeter::read).collect();
        Metrics { stages, edges: self.edges.iter().map(EdgeMeter::read).collect() }
    }
}

impl StageMeter {
    fn read(&self) -> StageMetrics {
        let watermark = self.ledgers.iter().map(|ledger| ledger.watermark()).min().unwrap_or(time::MIN);
        StageMetrics {
            name: Arc::clone(&self.name),
            kind: self.kind,
            origin: self.origin,
            tasks: self.ledgers.len(),
            counts: self.ledgers.iter().map(|ledger| ledger.counts()).fold(Counts::default(), Counts::plus),
            watermark: (watermark > time::MIN).then(|| Timestamp::from_millis(watermark)),
            gauges: self.gauges.read(),
        }
    }
}

impl EdgeMeter {
    fn read(&self) -> EdgeMetrics {
        let sum = |of: fn(&EdgeStats) -> usize| self.stats.iter().map(|stats| of(stats)).sum();
        EdgeMetrics {
            from: Arc::clone(&self.from),
            to: Arc::clone(&self.to),
            depth: sum(|stats| stats.depth.load(Relaxed)),
            deepest: self.stats.iter().map(|stats| stats.deepest.load(Relaxed)).max().unwrap_or(0),
            capacity: self.stats.first().map_or(0, |stats| stats.capacity),
            queues: self.stats.len(),
            blocked: self.stats.iter().map(|stats| stats.blocked()).sum(),
            is_blocked: self.stats.iter().any(|stats| stats.is_blocked()),
        }
    }
}
