//! Runs a graph in this process. The only place that starts tasks and threads.

#![allow(clippy::disallowed_methods, reason = "this is the one place that starts tasks and blocking calls")]

mod blocking_job;
mod build;
mod commits;
mod job;
mod launch;
mod metrics;
mod report;
mod supervise;

pub use blocking_job::BlockingJob;
pub use job::Job;
pub(crate) use launch::{Start, launch};
pub use metrics::{EdgeMetrics, Metrics, StageMetrics};
pub use report::Report;

use crate::connector::Blocking;
use futures::FutureExt;

/// Blocking calls of connectors, on tokio's threads for them.
pub(crate) fn blocking() -> Blocking {
    Blocking::new(|call| tokio::task::spawn_blocking(call).map(|ended| ended.is_ok()).boxed())
}
