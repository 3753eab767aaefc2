//! A pipeline as data.

use super::Pipeline;
use crate::graph::plan;
use crate::ir::Ir;
use crate::ir::refusal::Refusals;
use crate::stream::lock;

impl Pipeline {
    /// The pipeline as data: what another engine is given, and what [`Ir::to_json`] writes.
    ///
    /// # Errors
    /// Every stage that has no place in the IR, at once: its name, its source line, why, and what to write instead.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (_, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("even");
    /// pipeline.source(sources::iter([1_i64])).filter(|n| n % 2 == 0).sink(sink);
    /// let refusals = pipeline.to_ir().unwrap_err();
    /// let stages: Vec<&str> = refusals.iter().map(|refusal| refusal.stage.as_str()).collect();
    /// assert_eq!(stages, ["source", "source", "filter", "sink"]);
    /// ```
    pub fn to_ir(&self) -> Result<Ir, Refusals> {
        plan(&lock(&self.graph))
    }
}
