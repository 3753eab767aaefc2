//! Runs `flow` pipelines on Apache Flink: the IR becomes Flink SQL, and goes to a cluster through its SQL Gateway.

mod display;
mod lower;
mod obstacle;
mod script;
mod sql;
mod support;
mod translate;

pub use obstacle::{Obstacle, Obstacles};
pub use script::{Part, Script, Setting, Statement, StatementKind};
pub use support::{Limit, Row, TABLE};
pub use translate::{Delivery, Options, ToFlinkSql, to_flink_sql};
