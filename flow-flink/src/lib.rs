//! Runs `flow` pipelines on Apache Flink: the IR becomes Flink SQL, and goes to a cluster through its SQL Gateway.

mod cluster;
mod job;
mod script;

pub use cluster::{Cause, Connect, FlinkCluster, FlinkError, Health, JobSummary, Refusal, SubmitOptions, placeholder};
pub use job::{FlinkJob, JobException, JobId, JobMetrics, JobStatus, OperatorMetrics, Savepoint, VertexMetrics};
pub use script::{Part, Script, Setting, Statement, StatementKind};
