//! Savepoints: a job's state, to go on from later.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use super::FlinkJob;
use crate::FlinkError;
use crate::cluster::{Ask, Cause};

/// Between two looks at a savepoint that is being made, at first and at most.
const LOOK: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// A savepoint, or a retained checkpoint: where a job's state stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Savepoint {
    /// Where Flink has written it.
    pub location: String,
}

impl fmt::Display for Savepoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.location)
    }
}

impl<T: Into<String>> From<T> for Savepoint {
    fn from(location: T) -> Self {
        Self { location: location.into() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Triggered {
    request_id: Uuid,
}

#[derive(Deserialize)]
struct Progress {
    status: Id,
    operation: Option<Operation>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Operation {
    location: Option<String>,
    failure_cause: Option<Trace>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Trace {
    stack_trace: String,
}

impl FlinkJob {
    /// Makes a savepoint in a folder that all of Flink's processes see, such as `s3://…` or `file:///…`; the job goes on.
    ///
    /// # Errors
    /// When Flink cannot make it, or knows no such job.
    ///
    /// # Cancel safety
    /// Flink goes on with what was begun, and the savepoint may be there later.
    pub async fn savepoint(&self, folder: &str) -> Result<Savepoint, FlinkError> {
        self.triggered("savepoints", json!({ "target-directory": folder, "cancel-job": false })).await
    }

    /// Makes a savepoint and ends the job with it, so that nothing comes after the savepoint: its status is then `Finished`.
    ///
    /// # Errors
    /// As `savepoint`. The job may go on then.
    ///
    /// # Cancel safety
    /// Flink goes on with what was begun, and the job may be stopped later.
    pub async fn stop_with_savepoint(&self, folder: &str) -> Result<Savepoint, FlinkError> {
        self.triggered("stop", json!({ "targetDirectory": folder, "drain": false })).await
    }

    async fn triggered(&self, what: &str, mut body: serde_json::Value) -> Result<Savepoint, FlinkError> {
        // With an id of our own, Flink takes it once however often it is sent.
        body["triggerId"] = json!(Uuid::new_v4().simple().to_string());
        let ask = Ask::post(self.path(what), body).again();
        let Triggered { request_id } = self.ask(&ask).await?;
        let ask = Ask::get(self.path(&format!("savepoints/{}", request_id.simple())));
        let mut pause = LOOK.0;
        loop {
            let Progress { status, operation } = self.ask(&ask).await?;
            if let Some(operation) = operation.filter(|_| status.id == "COMPLETED") {
                return self.made(operation);
            }
            sleep(pause).await;
            pause = (pause * 2).min(LOOK.1);
        }
    }

    fn made(&self, operation: Operation) -> Result<Savepoint, FlinkError> {
        if let Some(location) = operation.location {
            return Ok(Savepoint { location });
        }
        let trace =
            operation.failure_cause.map_or_else(|| "Flink does not say why".to_owned(), |trace| trace.stack_trace);
        let cause = Cause::of(&trace, &self.rest.hidden);
        // It says so only here.
        if trace.contains("FlinkJobNotFoundException") {
            return Err(FlinkError::NoSuchJob(self.id));
        }
        Err(FlinkError::Savepoint { id: self.id, cause })
    }
}
