//! The door to the translation.

use crate::lower::lower;
use crate::obstacle::{Obstacle, Obstacles};
use crate::script::{Part, Script};
use flow::Pipeline;
use flow::ir::Ir;

/// What is said of the translation, beside the definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How rows are delivered to Kafka.
    pub delivery: Delivery,
}

/// How rows are delivered to Kafka.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// In transactions, which end with a checkpoint: a `read_committed` reader sees each row once.
    ExactlyOnce,
    /// Rows may come again after a failure.
    #[default]
    AtLeastOnce,
}

/// A pipeline's IR as Flink SQL.
///
/// Some forms in it look idle: `IF(RAND() < 2e0, n, …)` is always `n`, and `IF(c, TRUE, FALSE)` is `c`. They keep Flink's planner from reckoning with what
/// it takes for constant, which it does otherwise than Flink does for a record.
///
/// # Errors
///
/// Everything in it that Flink cannot do with the same meaning, at once: the stage, where it was written, why, and what to write instead.
///
/// ```
/// use flow::prelude::*;
/// use flow::ir::Ir;
/// let json = r#"{
///     "irVersion": "1",
///     "metadata": { "jobName": "large", "parallelism": 1 },
///     "source": { "type": "kafka", "topic": "orders", "bootstrapServers": "kafka:9092", "format": "json",
///                 "schema": [{ "name": "amount", "type": "BIGINT" }] },
///     "operations": [{ "type": "filter", "expression": "`amount` > 100" }],
///     "sink": { "type": "kafka", "topic": "large", "bootstrapServers": "kafka:9092", "format": "json",
///               "schema": [{ "name": "amount", "type": "BIGINT" }] }
/// }"#;
/// let script = flow_flink::to_flink_sql(&Ir::from_json(json)?, &flow_flink::Options::default())?;
/// assert!(script.to_string().contains("WHERE `amount` > 100"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn to_flink_sql(ir: &Ir, options: &Options) -> Result<Script, Obstacles> {
    let program = ir.program().map_err(|error| {
        let part = Part { stage: ir.metadata.job_name.clone(), pointer: String::new(), origin: None };
        let (reason, remedy) = (error.message().to_owned(), error.remedy().map(str::to_owned));
        Obstacles::new(vec![Obstacle { part, limit: None, reason, remedy }])
    })?;
    lower(&program, options)
}

/// What Flink is to a pipeline.
pub trait ToFlinkSql {
    /// The pipeline as Flink SQL, with deliveries at least once.
    ///
    /// # Errors
    ///
    /// Everything in it that Flink cannot do with the same meaning, or that has no place in the IR.
    fn to_flink_sql(&self) -> Result<Script, Obstacles> {
        self.to_flink_sql_with(&Options::default())
    }

    /// The same, with more said.
    ///
    /// # Errors
    ///
    /// As [`to_flink_sql`](Self::to_flink_sql).
    fn to_flink_sql_with(&self, options: &Options) -> Result<Script, Obstacles>;
}

impl ToFlinkSql for Pipeline {
    fn to_flink_sql_with(&self, options: &Options) -> Result<Script, Obstacles> {
        let ir = self.to_ir().map_err(|refusals| {
            let refusal = |refusal: &flow::ir::Refusal| Obstacle {
                part: Part {
                    stage: refusal.stage.clone(),
                    pointer: String::new(),
                    origin: Some(refusal.origin.to_string()),
                },
                limit: None,
                reason: refusal.reason.clone(),
                remedy: refusal.remedy.clone(),
            };
            Obstacles::new(refusals.iter().map(refusal).collect())
        })?;
        to_flink_sql(&ir, options)
    }
}
