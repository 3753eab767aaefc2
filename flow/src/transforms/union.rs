//! `union`: several streams of the same records as one.

use crate::element::Batch;
use crate::error::{Origin, Result};
use crate::graph::Description;
use crate::operator::{Nothing, Operator, Outputs, StageContext};
use crate::stream::{NewStage, Stream};
use crate::task::Route;
use std::marker::PhantomData;

/// Hands everything on: the merging is done by the task's input.
pub(crate) struct Pass<T>(PhantomData<fn() -> T>);

impl<T> Pass<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Send + 'static> Operator for Pass<T> {
    type In = T;
    type Out = T;
    type Side = Nothing;

    fn on_batch(&mut self, batch: Batch<T>, out: &mut Outputs<T, Nothing>, cx: &mut StageContext<'_>) -> Result<()> {
        cx.passed(batch.len());
        out.main.batch(batch);
        Ok(())
    }
}

impl<T: Send + 'static> Stream<T> {
    /// This stream and others as one. The order between them is not specified; the watermark is the lowest of theirs.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("both");
    /// let low = pipeline.source(sources::iter(0..3));
    /// let high = pipeline.source(sources::iter(100..102));
    /// low.union([high]).sink(sink);
    /// pipeline.run_blocking()?;
    /// let mut rows = rows.take();
    /// rows.sort();
    /// assert_eq!(rows, [0, 1, 2, 100, 101]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn union(self, others: impl IntoIterator<Item = Self>) -> Self {
        let graph = self.graph().clone();
        let mut inputs = vec![self.input(Route::Forward)];
        inputs.extend(others.into_iter().map(|other| other.input(Route::Forward)));
        let stage = NewStage::new("union", Origin::here(), Description::Union);
        Self::attach_to(&graph, stage, inputs, 0, |_| Pass::new()).0
    }
}
