//! When barriers are sent for sources that keep their positions, how far everything is out of the sinks, and which sources commit together at the
//! end.

use crate::connector::Commits;
use crate::graph::{Body, Graph, NodeId};
use crate::task::Together;
use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// How often positions are committed while a job runs.
const EVERY: Duration = Duration::from_secs(1);

/// Where each source of a job gathers its last positions, if one task commits for all: one place for all that keep them in the same.
pub(super) fn gathered(graph: &Graph, commits: Commits) -> HashMap<NodeId, Arc<Together>> {
    if commits != Commits::AtEnd {
        return HashMap::new();
    }
    let names = graph.names();
    let mut gathered = HashMap::new();
    let mut places: HashMap<String, Arc<Together>> = HashMap::new();
    let mut apart = Vec::new();
    for (node, name) in names.iter().enumerate() {
        let Some(Body::Source(source)) = &graph.nodes[node].body else { continue };
        if !source.keeps_positions() {
            continue;
        }
        let place = source.commits_together();
        if place.as_ref().is_none_or(|place| !places.contains_key(place)) {
            apart.push(&**name);
        }
        if let Some(place) = place {
            gathered.insert(node, Arc::clone(places.entry(place).or_default()));
        }
    }
    if apart.len() > 1 && graph.holds() {
        tracing::warn!(
            pipeline = graph.settings.name,
            "the sources {} keep their positions in different places, which are committed one after another: after a process was killed \
             between the two, the next run would give windows and joins without the records of one. Sources of one group are committed together",
            apart.join(", ")
        );
    }
    gathered
}

/// The last epoch that has passed each sink, by the number of its task.
#[derive(Debug)]
pub(super) struct Passed(HashMap<usize, u64>);

impl Passed {
    pub(super) fn new(sinks: impl Iterator<Item = usize>, epoch: u64) -> Self {
        Self(sinks.map(|sink| (sink, epoch)).collect())
    }

    /// Notes that a task has flushed all from before the barrier of this epoch. True if it is a sink, and all of them have passed one more.
    pub(super) fn note(&mut self, task: usize, epoch: u64) -> bool {
        let before = self.all();
        if let Some(last) = self.0.get_mut(&task) {
            *last = epoch.max(*last);
        }
        self.all() > before
    }

    /// The last epoch that has passed all sinks.
    pub(super) fn all(&self) -> u64 {
        self.0.values().copied().min().unwrap_or(u64::MAX)
    }

    /// Whether this task is a sink's.
    pub(super) fn is_sink(&self, task: usize) -> bool {
        self.0.contains_key(&task)
    }

    pub(super) fn sinks(&self) -> usize {
        self.0.len()
    }
}

/// Says when it is time for a barrier.
#[derive(Debug)]
pub(super) struct CommitClock {
    /// None, if no source commits positions while the job runs.
    interval: Option<Interval>,
    /// Whether a source cannot wait.
    soon: bool,
}

impl CommitClock {
    pub(super) fn new(runs: bool) -> Self {
        let interval = runs.then(|| {
            let mut interval = interval_at(Instant::now() + EVERY, EVERY);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        });
        Self { interval, soon: false }
    }

    /// Whether a source commits positions while the job runs.
    pub(super) fn runs(&self) -> bool {
        self.interval.is_some()
    }

    pub(super) fn soon(&mut self) {
        self.soon = true;
    }

    /// Returns when it is time. Cancel safe.
    pub(super) async fn due(&mut self) {
        match &mut self.interval {
            Some(_) if self.soon => self.soon = false,
            Some(interval) => {
                interval.tick().await;
            }
            None => pending().await,
        }
    }
}
