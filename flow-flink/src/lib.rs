//! Runs `flow` pipelines on Apache Flink: the IR becomes Flink SQL, and goes to a cluster through its SQL Gateway.

mod script;

pub use script::{Part, Script, Setting, Statement, StatementKind};
