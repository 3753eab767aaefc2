//! How far each source partition of a task has come.

use crate::element::PartitionState;
use crate::time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The source partitions of one task, and the watermark over them. That one never goes back.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Partitions<P> {
    of: BTreeMap<u32, Partition<P>>,
    current: i64,
}

/// What is known of one partition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Partition<P> {
    /// The strategy's own.
    pub(super) of_user: P,
    pub(super) watermark: i64,
    standing: Standing,
}

/// Whether the watermark waits for a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Standing {
    /// Known from a snapshot, and maybe another task's now: kept for the next snapshot, and otherwise left out of account.
    Elsewhere,
    Active,
    Idle,
    Ended,
    Gone,
}

impl<P> Default for Partitions<P> {
    fn default() -> Self {
        Self { of: BTreeMap::new(), current: time::MIN }
    }
}

impl<P: Default> Partitions<P> {
    /// A partition that is about to be read, the watermark of the task, and the one that it cannot pass: the lowest of the
    /// other active partitions.
    pub(super) fn reading(&mut self, split: u32) -> (&mut Partition<P>, i64, i64) {
        let others = self.of.iter().filter(|(at, partition)| **at != split && partition.standing == Standing::Active);
        let limit = others.map(|(_, partition)| partition.watermark).min().unwrap_or(time::MAX);
        let current = self.current;
        (self.activate(split), current, limit)
    }

    fn activate(&mut self, split: u32) -> &mut Partition<P> {
        let new = || Partition { of_user: P::default(), watermark: time::MIN, standing: Standing::Active };
        let partition = self.of.entry(split).or_insert_with(new);
        partition.standing = Standing::Active;
        partition
    }

    /// Takes in what a source says of a partition.
    pub(super) fn set(&mut self, split: u32, state: PartitionState) {
        self.activate(split).standing = match state {
            PartitionState::Active => Standing::Active,
            PartitionState::Idle => Standing::Idle,
            PartitionState::Ended => Standing::Ended,
            PartitionState::Gone => Standing::Gone,
        };
        // One more to wait for moves nothing: a source that begins anew names its partitions one by one, and the first of them
        // must not speak for all.
        if state != PartitionState::Active {
            let active = self.of.values().filter(|partition| partition.standing == Standing::Active);
            let lowest = active.map(|partition| partition.watermark).min();
            self.advance(lowest.unwrap_or(self.current));
        }
    }

    /// Whether nothing is to be expected for now. Who has read everything to its end is not idle: windows behind it are still to fire, and
    /// those further on wait for their rows.
    pub(super) fn is_idle(&self) -> bool {
        let any = |standing| self.of.values().any(|partition| partition.standing == standing);
        !any(Standing::Active) && (any(Standing::Idle) || any(Standing::Gone))
    }

    pub(super) fn advance(&mut self, watermark: i64) {
        self.current = self.current.max(watermark);
    }

    /// The watermark of the task.
    pub(super) fn current(&self) -> i64 {
        self.current
    }

    /// What the tasks of a job knew together. Which partitions are this task's is said by its source, or seen by their
    /// records; a task that is alone goes on exactly where it was.
    pub(super) fn merged(mut tasks: Vec<Self>) -> Self {
        if let [alone] = &mut tasks[..] {
            alone.of.values_mut().for_each(|partition| partition.standing = Standing::Elsewhere);
            return tasks.remove(0);
        }
        // What stood behind the exchange: the lowest watermark of the tasks that it waited for.
        let waited_for = |task: &&Self| task.of.values().any(|partition| partition.standing == Standing::Active);
        let lowest = tasks.iter().filter(waited_for).map(|task| task.current).min();
        let mut merged = Self { of: BTreeMap::new(), current: lowest.unwrap_or(time::MIN) };
        for (split, mut partition) in tasks.into_iter().flat_map(|task| task.of) {
            // A task keeps what it once heard of another's partition: the furthest is the true one.
            if merged.of.get(&split).is_none_or(|known| known.watermark <= partition.watermark) {
                partition.standing = Standing::Elsewhere;
                merged.of.insert(split, partition);
            }
        }
        merged
    }
}
