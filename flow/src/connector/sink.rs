//! The contract of a sink.

use super::blocking::Blocking;
use super::describe::Endpoint;
use super::gauge::Gauges;
use crate::error::Result;
use crate::time::Clock;
use async_trait::async_trait;
use std::fmt;
use std::sync::Arc;

/// A place that records go to.
///
/// The engine opens one writer per task of the sink. Insert-only sinks take the rows of a stream; a sink
/// of corrections says so in its type: its item is an `Upsert`.
///
/// A job that ends well calls, on every writer of every sink, `flush`, then `prepare`, and when all of them have prepared,
/// `commit`, each for the last epoch, and at last `close`. A job that fails or is cancelled calls `abort`: a sink that makes its output visible in
/// `commit` therefore shows all of it or nothing.
#[async_trait]
pub trait Sink: Send + 'static {
    /// What it takes.
    type Item: Send + 'static;

    /// What the IR says of it.
    fn describe(&self) -> Endpoint;

    /// What it promises of rows, when a job fails and is run again.
    fn delivery(&self) -> Delivery;

    /// How many writers it can have.
    fn writers(&self) -> SinkWriters {
        SinkWriters::One
    }

    /// Opens a writer, once per task, before any record is read.
    ///
    /// # Errors
    /// When the place cannot be written to.
    ///
    /// # Cancel safety
    /// Dropped when the program gives up [`Pipeline::start`](crate::Pipeline::start), and not called again. Whatever was begun
    /// must then go with it; so must what a writer has begun that is dropped before it was called.
    async fn open(&mut self, cx: &SinkContext) -> Result<Box<dyn SinkWriter<Self::Item>>>;
}

/// Writes to a sink, in one task.
///
/// # Cancel safety
/// When a job is cancelled, or fails elsewhere, a call of `write`, `flush` or `prepare` that waits is dropped, and what is called
/// next, and last, is `abort`: it must find the writer in order, however much of a batch was taken. `commit`, `close` and `abort` are
/// waited for, unless the runtime is shut down.
#[async_trait]
pub trait SinkWriter<T: Send + 'static>: Send {
    /// Takes the rows of a batch. They may be written later, but no later than in `flush`.
    ///
    /// # Errors
    /// When writing fails; that ends the job.
    ///
    /// # Cancel safety
    /// May be dropped; only `abort` follows.
    async fn write(&mut self, batch: &mut WriteBatch<T>) -> Result<()>;

    /// Returns when all rows that were taken are where they are to be. Called when nothing more is ready, so that a row does
    /// not wait for the next, and before `prepare`.
    ///
    /// # Errors
    /// When a row could not be written.
    ///
    /// # Cancel safety
    /// May be dropped; only `abort` follows, unless [`flush_resumes`](Self::flush_resumes).
    async fn flush(&mut self) -> Result<()>;

    /// Whether a `flush` may be dropped and called again later, with calls of `write` between: of a writer whose rows are on their way
    /// already, and which only waits for them. Then rows that come while nothing more was ready are written at once.
    fn flush_resumes(&self) -> bool {
        false
    }

    /// Makes everything of the epoch ready, so that `commit` cannot fail but by the outside world.
    ///
    /// # Errors
    /// When it cannot be made ready.
    ///
    /// # Cancel safety
    /// May be dropped; only `abort` follows.
    async fn prepare(&mut self, epoch: u64) -> Result<()> {
        let _ = epoch;
        Ok(())
    }

    /// Makes the epoch's rows visible. Every sink of the job has prepared.
    ///
    /// # Errors
    /// When they cannot be made visible.
    ///
    /// # Cancel safety
    /// Not dropped but with the runtime: a cancellation comes too late for it.
    async fn commit(&mut self, epoch: u64) -> Result<()> {
        let _ = epoch;
        Ok(())
    }

    /// Takes back what was not committed.
    ///
    /// # Errors
    /// When something is left behind.
    ///
    /// # Cancel safety
    /// Not dropped but with the runtime, or with [`Pipeline::start`](crate::Pipeline::start) when that has failed.
    async fn abort(&mut self, epoch: u64) -> Result<()> {
        let _ = epoch;
        Ok(())
    }

    /// Nothing will be written any more: called once, after the last `commit` of a job that ends well.
    ///
    /// # Errors
    /// When something that was held open does not close well.
    ///
    /// # Cancel safety
    /// Not dropped but with the runtime.
    async fn close(&mut self) -> Result<()> {
        Ok(())
    }
}

/// The rows that a writer is given.
#[derive(Debug)]
pub struct WriteBatch<T> {
    /// The rows: a writer takes them out, or leaves them to be dropped.
    pub rows: Vec<T>,
    /// The event time of each, in milliseconds; empty if the stream is not timed.
    pub times: Vec<i64>,
}

/// What a sink promises of its rows. In the order of strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Rows may be missing after a failure: nobody waits for them to arrive.
    AtMostOnce,
    /// No row is missing; after a failure rows may come twice.
    AtLeastOnce,
    /// Rows may be written twice, but a key's last value is right.
    IdempotentByKey,
    /// The sink keeps its own mark of what was applied, and applies an epoch once.
    MarkerAtomic,
    /// Rows appear all at once when they are committed, or not at all.
    Transactional,
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtMostOnce => "at most once",
            Self::AtLeastOnce => "at least once",
            Self::IdempotentByKey => "idempotent by key",
            Self::MarkerAtomic => "once, by the sink's own marker",
            Self::Transactional => "all at once, or not at all",
        })
    }
}

/// How many writers a sink can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkWriters {
    /// One: there is one file, one channel.
    One,
    /// As many as there are tasks.
    Any,
}

/// What a sink is told when it is opened.
#[derive(Clone, Debug)]
pub struct SinkContext {
    /// The stage's name.
    pub stage: Arc<str>,
    /// The pipeline's name.
    pub pipeline: Arc<str>,
    /// Which task this is, of how many.
    pub task: usize,
    /// How many tasks write to this sink.
    pub tasks: usize,
    /// What the sink shows of itself.
    pub gauges: Gauges,
    /// Processing time.
    pub clock: Clock,
    /// Runs a blocking call away from the tasks.
    pub blocking: Blocking,
}
