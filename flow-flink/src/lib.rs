//! Runs `flow` pipelines on Apache Flink: the IR becomes Flink SQL, and goes to a cluster through its SQL Gateway.

mod cluster;
mod display;
mod job;
mod lower;
mod obstacle;
mod script;
mod sql;
mod submit;
mod support;
mod translate;

pub use cluster::{Cause, Connect, FlinkCluster, FlinkError, Health, JobSummary, Refusal, SubmitOptions};
pub use job::{FlinkJob, JobException, JobId, JobMetrics, JobStatus, OperatorMetrics, Savepoint, VertexMetrics};
pub use obstacle::{Obstacle, Obstacles};
pub use script::{Part, Script, Setting, Statement, StatementKind, placeholder};
pub use submit::Submit;
pub use support::{Limit, Row, TABLE};
pub use translate::{Delivery, Options, ToFlinkSql, to_flink_sql};
