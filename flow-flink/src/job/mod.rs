//! A job on a cluster.

mod exceptions;
mod metrics;
mod savepoint;
mod stages;
mod status;
mod values;

use std::time::Duration;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::sleep;

pub use exceptions::JobException;
pub use metrics::{JobMetrics, OperatorMetrics, VertexMetrics};
pub use savepoint::Savepoint;
pub(crate) use stages::{Stages, first_name};
pub use status::{JobId, JobStatus};

use crate::FlinkError;
use crate::cluster::{Ask, Cause, Failure, FlinkCluster, Hidden, Http};

/// Between two looks at a job that is waited for, at first and at most.
const LOOK: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// A job that runs, or ran, on a cluster. It lives on when this is dropped.
///
/// What it says of itself has no secret in it that it was submitted with; a job that was found again by its id does not know them any more.
#[derive(Clone, Debug)]
pub struct FlinkJob {
    id: JobId,
    rest: Http,
    stages: Stages,
}

#[derive(Deserialize)]
struct Status {
    status: JobStatus,
}

impl FlinkJob {
    pub(crate) fn started(cluster: &FlinkCluster, id: JobId, hidden: Hidden, stages: Stages) -> Self {
        Self { id, rest: Http { hidden, ..cluster.0.rest.clone() }, stages }
    }

    pub(crate) fn attached(cluster: &FlinkCluster, id: JobId) -> Self {
        Self { id, rest: cluster.0.rest.clone(), stages: Stages::default() }
    }

    /// Its id on the cluster, by which it is found again ([`FlinkCluster::job`]).
    #[must_use]
    pub fn id(&self) -> JobId {
        self.id
    }

    /// How it is.
    ///
    /// # Errors
    /// When the cluster knows no such job, or does not answer.
    ///
    /// # Cancel safety
    /// Nothing happens but a question.
    pub async fn status(&self) -> Result<JobStatus, FlinkError> {
        let Status { status } = self.ask(&Ask::get(self.path("status"))).await?;
        Ok(status)
    }

    /// Ends it, without a savepoint. It is not waited for; one that has ended already is left as it is.
    ///
    /// # Errors
    /// When the cluster knows no such job, or does not answer.
    ///
    /// # Cancel safety
    /// The job may be cancelled or not.
    pub async fn cancel(&self) -> Result<(), FlinkError> {
        let ask = Ask::patch(format!("jobs/{}?mode=cancel", self.id));
        match self.rest.ask::<IgnoredAny>(&ask).await {
            Ok(_) => Ok(()),
            // It says so of a job that has ended.
            Err(Failure::Refused(409, _)) => Ok(()),
            Err(failure) => Err(self.error(failure)),
        }
    }

    /// Waits until it has ended: `Finished` or `Cancelled`. While the cluster is gone it is asked again, as often as the connection says.
    ///
    /// # Errors
    /// When the job has failed, with the exception that ended it; when the cluster knows no such job, or does not answer.
    ///
    /// # Cancel safety
    /// It only waits.
    pub async fn wait(&self) -> Result<JobStatus, FlinkError> {
        let mut pause = LOOK.0;
        loop {
            let status = self.status().await?;
            if status == JobStatus::Failed {
                return Err(FlinkError::JobFailed { id: self.id, cause: self.root_cause().await? });
            }
            if status.is_terminal() {
                return Ok(status);
            }
            sleep(pause).await;
            pause = (pause * 2).min(LOOK.1);
        }
    }

    fn path(&self, what: &str) -> String {
        format!("jobs/{}/{what}", self.id)
    }

    async fn ask<T: DeserializeOwned>(&self, ask: &Ask) -> Result<T, FlinkError> {
        self.rest.ask(ask).await.map_err(|failure| self.error(failure))
    }

    fn error(&self, failure: Failure) -> FlinkError {
        match failure {
            Failure::Refused(404, _) => FlinkError::NoSuchJob(self.id),
            failure => self.rest.error(failure),
        }
    }

    fn cause(&self, trace: &str) -> Cause {
        Cause::of(trace, &self.rest.hidden)
    }
}
