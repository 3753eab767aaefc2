//! Runs stages over elements that a test pushes.

use super::outputs::HarnessOutputs;
use super::source::{PushSource, Pushed};
use crate::element::PartitionState;
use crate::error::{Error, ErrorKind, Result};
use crate::pipeline::Pipeline;
use crate::runtime::{Job, Metrics, Report};
use crate::state::Snapshot;
use crate::stream::Stream;
use crate::time::{Clock, Timestamp};
use std::fmt;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Runs a pipeline to its end in virtual time: whatever waits for the clock — a rate, a time-out, a timer — waits no real time.
///
/// # Errors
/// As [`Pipeline::run`].
///
/// ```
/// use flow::prelude::*;
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("an hour of ticks");
/// pipeline.source(sources::generator(1, |n| n).limit(3600)).sink(sink);
/// let report = flow::testing::run(pipeline)?;
/// assert_eq!(rows.len(), 3600);
/// assert!(report.elapsed.as_secs() >= 3599);
/// # Ok::<(), flow::Error>(())
/// ```
pub fn run(pipeline: Pipeline) -> Result<Report> {
    virtual_time()?.block_on(pipeline.run())
}

fn virtual_time() -> Result<Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { tokio::time::pause() });
    Ok(runtime)
}

/// How many elements can be pushed before they are worked on.
const PUSHED: usize = 64;

/// Runs stages over elements that a test pushes: records with their times, watermarks, idleness. Time is virtual.
///
/// Everything that is pushed has been worked on when a method returns; each such step takes a millisecond of processing time.
///
/// ```
/// use flow::prelude::*;
/// use flow::testing::Harness;
/// let at = Timestamp::from_millis;
///
/// let mut test = Harness::new(|orders: Stream<i64>| orders.filter(|amount| *amount > 10).map(|amount| amount * 2))?;
/// test.push(11, at(1))?;
/// test.push(10, at(2))?;
/// assert_eq!(test.rows(), [22]);
///
/// test.rebuild(2)?; // from a snapshot, with two tasks a stage
/// test.push(12, at(3))?;
/// assert_eq!(test.rows(), [24]);
/// assert!(test.finish()?.is_balanced());
/// # Ok::<(), flow::Error>(())
/// ```
pub struct Harness<T: Send + 'static, O: HarnessOutputs> {
    runtime: Runtime,
    write: Box<dyn Fn(Stream<T>) -> O>,
    settings: Box<dyn Fn(&Pipeline)>,
    partitions: usize,
    handles: O::Handles,
    pushed: Option<mpsc::Sender<Pushed<T>>>,
    job: Option<Job>,
    began: (Timestamp, Instant),
}

impl<T: Send + 'static, O: HarnessOutputs> fmt::Debug for Harness<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Harness").field("job", &self.job).finish_non_exhaustive()
    }
}

impl<T: Send + 'static, O: HarnessOutputs> Harness<T, O> {
    /// Starts stages, which are attached to a stream by `write`. Processing time begins at 1970.
    ///
    /// # Errors
    /// A mistake in the definition.
    pub fn new(write: impl Fn(Stream<T>) -> O + 'static) -> Result<Self> {
        Self::with(1, |_| {}, write)
    }

    /// The same with a source of several partitions, and with settings for the pipeline.
    ///
    /// # Errors
    /// A mistake in the definition.
    pub fn with(
        partitions: usize,
        settings: impl Fn(&Pipeline) + 'static,
        write: impl Fn(Stream<T>) -> O + 'static,
    ) -> Result<Self> {
        let runtime = virtual_time()?;
        let start = runtime.block_on(async { Instant::now() });
        let mut harness = Self {
            runtime,
            write: Box::new(write),
            settings: Box::new(settings),
            partitions: partitions.max(1),
            handles: O::Handles::default(),
            pushed: None,
            job: None,
            began: (Timestamp::from_millis(0), start),
        };
        harness.start(None, None)?;
        Ok(harness)
    }

    fn start(&mut self, snapshot: Option<Snapshot>, parallelism: Option<usize>) -> Result<()> {
        let (send, receive) = mpsc::channel(PUSHED);
        let pipeline = Pipeline::new("harness");
        (self.settings)(&pipeline);
        if let Some(tasks) = parallelism {
            pipeline.parallelism(tasks);
        }
        let source = PushSource { partitions: self.partitions, pushed: Some(receive) };
        let stream = pipeline.source(source).with_parallelism(1);
        (self.write)(stream).end(&self.handles);
        let now = self.now();
        let job = self.runtime.block_on(async { pipeline.start_at(Clock::starting_at(now), snapshot).await })?;
        (self.pushed, self.job) = (Some(send), Some(job));
        Ok(())
    }

    /// Processing time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let (wall, start) = self.began;
        self.runtime.block_on(async { wall.saturating_add(start.elapsed()) })
    }

    /// Pushes a record with its event time.
    ///
    /// # Errors
    /// What ended the job.
    pub fn push(&mut self, record: T, time: Timestamp) -> Result<()> {
        self.send(Pushed::Record { partition: 0, record, time: Some(time) })
    }

    /// Pushes a record without an event time, of one of the source's partitions: for a stage that finds the time itself.
    ///
    /// # Errors
    /// What ended the job.
    pub fn push_to(&mut self, partition: usize, record: T) -> Result<()> {
        self.send(Pushed::Record { partition, record, time: None })
    }

    /// Pushes a watermark: no record with this or an earlier event time will follow.
    ///
    /// # Errors
    /// What ended the job.
    pub fn watermark(&mut self, watermark: Timestamp) -> Result<()> {
        self.send(Pushed::Watermark(watermark))
    }

    /// Says that a partition of the source has nothing for now, or nothing any more, or something again.
    ///
    /// # Errors
    /// What ended the job.
    pub fn partition(&mut self, partition: usize, state: PartitionState) -> Result<()> {
        self.send(Pushed::Partition { partition, state })
    }

    /// Moves processing time on; what waits for it happens.
    ///
    /// # Errors
    /// What ended the job.
    pub fn advance(&mut self, by: Duration) -> Result<()> {
        self.runtime.block_on(async { tokio::time::sleep(by).await });
        self.settle()
    }

    /// The rows that came out since this was called last, a vector for each stream, without their times.
    pub fn rows(&mut self) -> <O::Rows as Untimed>::Rows
    where
        O::Rows: Untimed,
    {
        self.timed_rows().untimed()
    }

    /// The rows that came out since they were asked for last, with their event times.
    pub fn timed_rows(&mut self) -> O::Rows {
        O::take(&self.handles)
    }

    /// What the stages have counted.
    #[must_use]
    pub fn metrics(&self) -> Option<Metrics> {
        self.job.as_ref().map(Job::metrics)
    }

    /// What the stages hold.
    ///
    /// # Errors
    /// When two stages with state share an id.
    pub fn snapshot(&mut self) -> Result<Snapshot> {
        match &self.job {
            Some(job) => self.runtime.block_on(job.snapshot()),
            None => Err(ended()),
        }
    }

    /// Throws the stages away and builds them anew from what they held, in so many tasks each. Rows that came out stay.
    ///
    /// # Errors
    /// When the stages cannot be written or read back.
    pub fn rebuild(&mut self, parallelism: usize) -> Result<()> {
        let bytes = self.snapshot()?.to_bytes()?;
        if let Some(job) = self.job.take() {
            job.cancel();
            // It ends with the cancellation that was just asked for.
            let _cancelled = self.runtime.block_on(job.wait());
        }
        self.start(Some(Snapshot::from_bytes(&bytes)?), Some(parallelism))
    }

    /// Ends the input: all windows fire.
    ///
    /// # Errors
    /// What ended the job.
    pub fn finish(&mut self) -> Result<Report> {
        self.pushed = None;
        let job = self.job.take().ok_or_else(ended)?;
        self.runtime.block_on(job.wait())
    }

    fn send(&mut self, pushed: Pushed<T>) -> Result<()> {
        if let Some(send) = &self.pushed {
            // A job that has ended takes nothing; `settle` says why.
            let _ended = self.runtime.block_on(send.send(pushed));
        }
        self.settle()
    }

    /// Lets everything be worked on: virtual time moves only when no task has anything left to do.
    fn settle(&mut self) -> Result<()> {
        self.runtime.block_on(async { tokio::time::sleep(Duration::from_millis(1)).await });
        if self.job.as_ref().is_some_and(Job::is_finished) {
            return self.finish().map(|_| ());
        }
        if self.job.is_none() { Err(ended()) } else { Ok(()) }
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Cancelled, "the stages under test have ended")
}

/// Rows without their times.
pub trait Untimed {
    #[doc(hidden)]
    type Rows;
    #[doc(hidden)]
    fn untimed(self) -> Self::Rows;
}

impl<T> Untimed for Vec<super::Timed<T>> {
    type Rows = Vec<T>;
    fn untimed(self) -> Vec<T> {
        self.into_iter().map(|timed| timed.row).collect()
    }
}

macro_rules! untimed {
    ($(($($name:ident $at:tt),+))+) => {
        $(impl<$($name: Untimed),+> Untimed for ($($name,)+) {
            type Rows = ($($name::Rows,)+);
            fn untimed(self) -> Self::Rows {
                ($(self.$at.untimed(),)+)
            }
        })+
    };
}

untimed! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
}
