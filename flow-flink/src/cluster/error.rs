//! What goes wrong between us and a cluster.

use std::fmt;

use super::cause::Cause;
use crate::job::JobId;
use crate::{Obstacles, Part};

/// What went wrong with a cluster or a job. No secret stands in it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FlinkError {
    /// A setting is wrong; nothing runs.
    #[error("wrong setting: {0}")]
    Config(String),
    /// Nobody answers there, and nothing was done.
    #[error("{server} cannot be reached: {why}")]
    Unreachable {
        /// Which server, and where.
        server: String,
        /// What came of the last attempt.
        why: String,
    },
    /// The answer was lost on the way: nobody knows what was done.
    #[error("no answer from {server}: {why}")]
    Lost {
        /// Which server, and where.
        server: String,
        /// What came of the last attempt.
        why: String,
    },
    /// What answers is no Flink.
    #[error("{server} answers what Flink does not: {why}")]
    NotFlink {
        /// Which server, and where.
        server: String,
        /// What it said.
        why: String,
    },
    /// A server refuses a request.
    #[error("{server} refuses it ({status}): {cause}")]
    Denied {
        /// Which server, and where.
        server: String,
        /// The status of HTTP.
        status: u16,
        /// What it said.
        cause: Cause,
    },
    /// A statement was refused; nothing runs.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The pipeline says what Flink cannot do; nothing was sent.
    #[error("{0}")]
    NotPortable(#[from] Obstacles),
    /// There is no such job on the cluster.
    #[error("the cluster knows no job {0}")]
    NoSuchJob(JobId),
    /// A job has failed.
    #[error("job {id} has failed: {cause}")]
    JobFailed {
        /// The job.
        id: JobId,
        /// The exception that ended it.
        cause: Cause,
    },
    /// A savepoint could not be made.
    #[error("there is no savepoint of job {id}: {cause}")]
    Savepoint {
        /// The job.
        id: JobId,
        /// What Flink says.
        cause: Cause,
    },
    /// Something took longer than allowed, and was given up.
    #[error("{0}")]
    Timeout(String),
}

/// A statement that Flink refuses, beside the stage that it comes from.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The stages that the statement comes from, the most telling one first.
    pub parts: Vec<Part>,
    /// The statement; a secret stands in it as a placeholder.
    pub statement: String,
    /// What Flink says.
    pub cause: Cause,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flink refuses ")?;
        match self.parts.first() {
            Some(Part { stage, origin: Some(origin), .. }) => write!(f, "stage `{stage}` ({origin})")?,
            Some(Part { stage, pointer, .. }) => write!(f, "stage `{stage}` (at `{pointer}` of the IR)")?,
            None => f.write_str("a statement")?,
        }
        write!(f, ": {}", self.cause)
    }
}

impl FlinkError {
    /// Whether trying again may help: a server was not there, or did not answer.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Lost { .. } | Self::Timeout(_))
    }

    /// What Flink said, where it said something.
    #[must_use]
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Denied { cause, .. } | Self::JobFailed { cause, .. } | Self::Savepoint { cause, .. } => Some(cause),
            Self::Refused(refusal) => Some(&refusal.cause),
            _ => None,
        }
    }
}

impl From<FlinkError> for flow::Error {
    fn from(error: FlinkError) -> Self {
        let kind = match &error {
            FlinkError::Config(_) => flow::ErrorKind::Config,
            FlinkError::Refused(_) | FlinkError::NotPortable(_) => flow::ErrorKind::Definition,
            FlinkError::Timeout(_) => flow::ErrorKind::Timeout,
            _ => flow::ErrorKind::Io,
        };
        // The kind says "wrong setting" itself.
        let message = match &error {
            FlinkError::Config(what) => what.clone(),
            error => error.to_string(),
        };
        Self::new(kind, message)
    }
}
