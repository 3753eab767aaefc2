//! What the thread that polls and the reader tell each other.

use super::context::{Context, Partitions};
use super::plan::Partition;
use crate::stats::Fetched;
use flow::Error;
use rdkafka::consumer::base_consumer::PartitionQueue;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The records of one partition.
pub(super) type Queue = PartitionQueue<Context>;

/// What the reader has to know.
pub(super) enum News {
    /// A partition is to be read; its queue is ready under that number.
    Assigned { partition: Partition, queue: Queue, ticket: usize },
    /// The group has dealt its partitions out.
    Dealt,
    /// These are to be given away as soon as what was read of them is out: then `release` the revocation of that number.
    Revoked { partitions: Partitions, revocation: u64 },
    /// These are somebody else's now.
    Lost(Partitions),
    /// Nothing goes on.
    Failed(Error),
}

#[derive(Default)]
pub(super) struct Shared {
    stop: AtomicBool,
    news: Mutex<Vec<News>>,
    /// The tickets of the queues that have got something, each once.
    ready: Mutex<Vec<usize>>,
    released: Mutex<HashSet<u64>>,
    /// Where the client goes on to fetch: what is before is in the queues, or was taken from there.
    fetched: Mutex<Vec<Fetched>>,
    /// That there is news, or a queue is ready.
    pub(super) changed: Notify,
}

/// Each holds whole values only, so that a panic elsewhere leaves nothing half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn stop(&self) {
        self.stop.store(true, Relaxed);
    }

    pub(super) fn stops(&self) -> bool {
        self.stop.load(Relaxed)
    }

    pub(super) fn tell(&self, news: News) {
        locked(&self.news).push(news);
        self.changed.notify_one();
    }

    pub(super) fn take_news(&self) -> Vec<News> {
        std::mem::take(&mut locked(&self.news))
    }

    /// A queue that was empty is so no more.
    pub(super) fn is_ready(&self, ticket: usize) {
        locked(&self.ready).push(ticket);
        self.changed.notify_one();
    }

    pub(super) fn take_ready(&self, into: &mut Vec<usize>) {
        into.clear();
        std::mem::swap(into, &mut locked(&self.ready));
    }

    /// How far the client has fetched, by its own figures.
    pub(super) fn have_fetched(&self, fetched: Vec<Fetched>) {
        *locked(&self.fetched) = fetched;
        self.changed.notify_one();
    }

    pub(super) fn take_fetched(&self) -> Vec<Fetched> {
        std::mem::take(&mut locked(&self.fetched))
    }

    /// What was read of the partitions of a revocation is out.
    pub(super) fn release(&self, revocation: u64) {
        locked(&self.released).insert(revocation);
    }

    pub(super) fn take_released(&self, revocation: u64) -> bool {
        locked(&self.released).remove(&revocation)
    }
}
