//! A pipeline from its IR: run over rows that have no Rust types, with sources and sinks bound by name.

mod aggregate;
mod bindings;
mod build;
mod join;

pub use bindings::Bindings;

use super::Pipeline;
use crate::error::Result;
use crate::ir::Ir;

impl Pipeline {
    /// The pipeline that a document describes, with sources and sinks in the places of those that it names. It gives the
    /// answer of the pipeline that the document was made of.
    ///
    /// # Errors
    /// When the document is wrong (where, as a JSON pointer), when a source or sink of it is not bound or is bound to records
    /// with other fields, or when something is bound that it does not have.
    ///
    /// ```
    /// use flow::ir::{Ir, value::Value};
    /// use flow::pipeline::Bindings;
    /// use flow::prelude::*;
    /// let ir = Ir::from_json(r#"{
    ///     "irVersion": "1",
    ///     "metadata": {"jobName": "large"},
    ///     "source": {"type": "any", "name": "numbers", "schema": [{"name": "n", "type": "BIGINT"}]},
    ///     "operations": [{"type": "filter", "expression": "n > 1"}],
    ///     "sink": {"type": "any", "name": "large", "schema": [{"name": "n", "type": "BIGINT"}]}
    /// }"#)?;
    /// let row = |n| flow::record::Row(vec![Value::I64(n)]);
    /// let (rows, sink) = sinks::collect();
    /// let bindings = Bindings::new().rows("numbers", sources::iter([row(1), row(2)])).sink_rows("large", sink);
    /// Pipeline::from_ir(&ir, bindings)?.run_blocking()?;
    /// assert_eq!(rows.take(), [row(2)]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn from_ir(ir: &Ir, bindings: Bindings) -> Result<Self> {
        let program = ir.program()?;
        let pipeline = Self::new(program.metadata.job_name.clone());
        build::build(&pipeline, program, bindings)?;
        Ok(pipeline)
    }
}
