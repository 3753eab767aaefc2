//! A handle to a running job.

use super::metrics::{Meters, Metrics};
use super::report::Report;
use super::supervise::SnapshotRequest;
use crate::error::{Error, ErrorKind, Result};
use crate::state::Snapshot;
use crate::task::{Command, Mode};
use std::fmt;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What a handle and its job share.
pub(super) struct Shared {
    pub(super) meters: Arc<Meters>,
    pub(super) command: Arc<watch::Sender<Command>>,
    pub(super) cancel: CancellationToken,
    pub(super) requests: mpsc::Sender<SnapshotRequest>,
}

/// A running pipeline. [`Pipeline::start`](crate::Pipeline::start) gives it.
///
/// Dropping it cancels the job: nothing runs on that nobody can stop.
///
/// ```
/// use flow::prelude::*;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("ticks");
/// pipeline.source(sources::generator(1000, |n| n)).sink(sink);
/// let job = pipeline.start().await?;
/// while rows.len() < 10 {
///     tokio::task::yield_now().await;
/// }
/// job.drain();
/// let report = job.wait().await?;
/// assert_eq!(report.written(), rows.len() as u64);
/// # Ok::<(), flow::Error>(())
/// # }).unwrap();
/// ```
pub struct Job {
    shared: Shared,
    done: Option<JoinHandle<Result<Report>>>,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}

impl Job {
    pub(super) fn new(shared: Shared, done: JoinHandle<Result<Report>>) -> Self {
        Self { shared, done: Some(done) }
    }

    /// Lets the sources read no further. What is in flight comes out; windows that are still open do not.
    ///
    /// Returns at once: [`wait`](Self::wait) for the end.
    pub fn stop(&self) {
        self.shared.command.send_modify(|command| command.mode = Mode::Stop);
    }

    /// Lets the sources read no further. What is in flight comes out, and all windows fire; not if the job was told to
    /// [`stop`](Self::stop) before.
    ///
    /// Returns at once: [`wait`](Self::wait) for the end.
    pub fn drain(&self) {
        // A source may have stopped already, with windows left open: then nothing of them is to be committed.
        self.shared.command.send_modify(|command| {
            if command.mode == Mode::Run {
                command.mode = Mode::Drain;
            }
        });
    }

    /// Ends the job where it stands. Sinks take back what they have not committed; [`wait`](Self::wait) then gives an error of
    /// kind [`ErrorKind::Cancelled`].
    pub fn cancel(&self) {
        self.shared.cancel.cancel();
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// What ended the job: an error of a stage with its name and source line, or the cancellation.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the job, as dropping the handle does.
    pub async fn wait(mut self) -> Result<Report> {
        self.end().await
    }

    /// [`wait`](Self::wait), for who cannot give the job away.
    pub(super) async fn end(&mut self) -> Result<Report> {
        let Some(done) = self.done.as_mut() else {
            return Err(Error::new(ErrorKind::Cancelled, "the job has been waited for already"));
        };
        let result = done.await;
        self.done = None;
        result.unwrap_or_else(|error| Err(Error::new(ErrorKind::Cancelled, error.to_string())))
    }

    /// Cancels the job, and gives its end unless that was waited for.
    pub(super) fn abandon(&mut self) -> Option<JoinHandle<Result<Report>>> {
        self.cancel();
        self.done.take()
    }

    /// Whether the job has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.done.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// What its stages and edges show now.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.shared.meters.read()
    }

    /// Lets a barrier pass through the job, and gives what all operators held when it passed: a consistent picture, from which
    /// [`Pipeline::restore`](crate::Pipeline::restore) goes on, as the example there does. Sinks have then flushed all rows
    /// from before it.
    ///
    /// # Errors
    /// When a part of the job has ended already, or two stages with state share an id.
    ///
    /// # Cancel safety
    /// When dropped, the barrier passes all the same, and the snapshot is lost.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let gone = || Error::new(ErrorKind::Snapshot, "the job has ended");
        let (send, receive) = oneshot::channel();
        self.shared.requests.send(send).await.map_err(|_| gone())?;
        receive.await.map_err(|_| gone())?
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.abandon();
    }
}
