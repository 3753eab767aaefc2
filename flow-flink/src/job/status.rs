//! Which job, and how it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::FlinkError;

/// A job's id: 32 hexadecimal digits.
///
/// ```
/// let id: flow_flink::JobId = "cd4215e23cf5465ab24c133e5905b14d".parse()?;
/// assert_eq!(id.to_string(), "cd4215e23cf5465ab24c133e5905b14d");
/// assert!("my job".parse::<flow_flink::JobId>().is_err());
/// # Ok::<(), flow_flink::FlinkError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JobId(#[serde(with = "uuid::serde::simple")] Uuid);

impl JobId {
    pub(crate) fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

impl FromStr for JobId {
    type Err = FlinkError;

    fn from_str(text: &str) -> Result<Self, FlinkError> {
        let wrong = |_| FlinkError::Config(format!("`{text}` is no job's id: it has 32 hexadecimal digits"));
        Uuid::try_parse(text).map(Self).map_err(wrong)
    }
}

/// How a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum JobStatus {
    /// Flink has it, and makes it ready.
    Initializing,
    /// Its tasks are about to be started.
    Created,
    /// It runs.
    Running,
    /// A task has failed, and the others are being ended.
    Failing,
    /// It has failed, and does not come back.
    Failed,
    /// It is being cancelled.
    Cancelling,
    /// It was cancelled.
    #[serde(rename = "CANCELED")]
    Cancelled,
    /// It has ended, because its input has, or it was stopped with a savepoint.
    Finished,
    /// It begins again where its last checkpoint was.
    Restarting,
    /// The cluster has put it away, to be taken up again.
    Suspended,
    /// The cluster takes it up again.
    Reconciling,
    /// What a later Flink may say.
    Unknown,
}

impl JobStatus {
    /// Whether it stays so.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Cancelled)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Initializing => "initializing",
            Self::Created => "created",
            Self::Running => "running",
            Self::Failing => "failing",
            Self::Failed => "failed",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Finished => "finished",
            Self::Restarting => "restarting",
            Self::Suspended => "suspended",
            Self::Reconciling => "reconciling",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl<'de> Deserialize<'de> for JobStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match String::deserialize(deserializer)?.as_str() {
            "INITIALIZING" => Self::Initializing,
            "CREATED" => Self::Created,
            "RUNNING" => Self::Running,
            "FAILING" => Self::Failing,
            "FAILED" => Self::Failed,
            "CANCELLING" => Self::Cancelling,
            "CANCELED" => Self::Cancelled,
            "FINISHED" => Self::Finished,
            "RESTARTING" => Self::Restarting,
            "SUSPENDED" => Self::Suspended,
            "RECONCILING" => Self::Reconciling,
            _ => Self::Unknown,
        })
    }
}
