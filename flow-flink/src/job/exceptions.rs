//! What went wrong while a job ran.

use std::fmt;

use flow::Timestamp;
use serde::Deserialize;

use super::FlinkJob;
use crate::FlinkError;
use crate::cluster::{Ask, Cause};

/// Something that went wrong while a job ran, and made it fail or begin again.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JobException {
    /// When.
    pub at: Timestamp,
    /// The task that it happened in, if it was one.
    pub task: Option<String>,
    /// The TaskManager that the task ran on, if it was one.
    pub task_manager: Option<String>,
    /// What happened.
    pub cause: Cause,
}

impl fmt::Display for JobException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.at)?;
        if let Some(task) = &self.task {
            write!(f, " in {task}")?;
        }
        write!(f, ": {}", self.cause)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exceptions {
    exception_history: History,
}

#[derive(Deserialize)]
struct History {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    stacktrace: String,
    timestamp: i64,
    #[serde(flatten)]
    task: Task,
    /// What came of it in other tasks, or, where the entry is of the job as a whole, in which task it began.
    #[serde(default)]
    concurrent_exceptions: Vec<Task>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Task {
    task_name: Option<String>,
    endpoint: Option<String>,
}

impl FlinkJob {
    /// What went wrong so far, the last first. Flink keeps the last 16 failures.
    ///
    /// # Errors
    /// When the cluster knows no such job, or does not answer.
    ///
    /// # Cancel safety
    /// Nothing happens but a question.
    pub async fn exceptions(&self) -> Result<Vec<JobException>, FlinkError> {
        let Exceptions { exception_history } = self.ask(&Ask::get(self.path("exceptions"))).await?;
        let known = |entry: Entry| {
            let mut tasks = [entry.task].into_iter().chain(entry.concurrent_exceptions);
            let of = tasks.find(|task| task.task_name.is_some());
            let (task, task_manager) = of.map_or((None, None), |of| (of.task_name, of.endpoint));
            let (at, cause) = (Timestamp::from_millis(entry.timestamp), self.cause(&entry.stacktrace));
            JobException { at, task, task_manager, cause }
        };
        Ok(exception_history.entries.into_iter().map(known).collect())
    }

    /// The exception that ended it.
    pub(super) async fn root_cause(&self) -> Result<Cause, FlinkError> {
        let last = self.exceptions().await?.into_iter().next();
        Ok(last.map_or_else(|| self.cause("Flink does not say why"), |exception| exception.cause))
    }
}
