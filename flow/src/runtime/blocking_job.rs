//! A job in a runtime of its own, for code that is not async.

use super::job::Job;
use super::metrics::Metrics;
use super::report::Report;
use crate::error::{Error, ErrorKind, Result};
use crate::state::Snapshot;
use std::fmt;
use tokio::runtime::{Builder, Handle, Runtime};

/// A running pipeline in a runtime of its own. [`Pipeline::start_blocking`](crate::Pipeline::start_blocking) gives it.
///
/// It is what a [`Job`] is, for code that is not async: its methods wait where those of a job are awaited.
///
/// Dropping it cancels the job, and waits until the sinks have taken back what they have not committed. Async code cannot wait:
/// there the job ends by itself soon after.
pub struct BlockingJob {
    job: Job,
    handle: Handle,
    /// Kept until the end, for only its owner can end it without waiting for blocking calls.
    runtime: Option<Runtime>,
}

impl fmt::Debug for BlockingJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingJob").field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}

impl BlockingJob {
    /// Starts a job in a runtime of its own. Messages name the call of the user, and what async code calls instead.
    pub(crate) fn start(call: &str, instead: &str, start: impl Future<Output = Result<Job>>) -> Result<Self> {
        refuse_async(call, instead)?;
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        match runtime.block_on(start) {
            Ok(job) => Ok(Self { job, handle: runtime.handle().clone(), runtime: Some(runtime) }),
            Err(error) => {
                runtime.shutdown_background();
                Err(error)
            }
        }
    }

    /// As [`Job::stop`].
    pub fn stop(&self) {
        self.job.stop();
    }

    /// As [`Job::drain`].
    pub fn drain(&self) {
        self.job.drain();
    }

    /// As [`Job::cancel`].
    pub fn cancel(&self) {
        self.job.cancel();
    }

    /// Waits for the end, as [`Job::wait`].
    ///
    /// # Errors
    /// As [`Job::wait`]; and when called from async code, which also cancels the job.
    pub fn wait(mut self) -> Result<Report> {
        refuse_async("BlockingJob::wait", "`Pipeline::start` and then `wait().await`")?;
        self.handle.block_on(self.job.end())
    }

    /// As [`Job::is_finished`].
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.job.is_finished()
    }

    /// As [`Job::metrics`].
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.job.metrics()
    }

    /// Takes a snapshot and waits for it, as [`Job::snapshot`].
    ///
    /// # Errors
    /// As [`Job::snapshot`]; and when called from async code.
    pub fn snapshot(&self) -> Result<Snapshot> {
        refuse_async("BlockingJob::snapshot", "`Pipeline::start` and then `snapshot().await`")?;
        self.handle.block_on(self.job.snapshot())
    }
}

impl Drop for BlockingJob {
    fn drop(&mut self) {
        let (done, runtime) = (self.job.abandon(), self.runtime.take());
        let end = async move {
            if let Some(done) = done {
                // Nobody is left to be told how it ended.
                let _ended = done.await;
            }
            if let Some(runtime) = runtime {
                // A blocking call that hangs must not hang the caller.
                runtime.shutdown_background();
            }
        };
        if in_async_code() {
            self.handle.spawn(end);
        } else {
            self.handle.block_on(end);
        }
    }
}

fn in_async_code() -> bool {
    Handle::try_current().is_ok()
}

/// Waiting there would block a thread that others need.
fn refuse_async(call: &str, instead: &str) -> Result<()> {
    if in_async_code() {
        let message = format!("`{call}` was called from async code");
        return Err(Error::new(ErrorKind::Definition, message).help(format!("there it is {instead}")));
    }
    Ok(())
}
