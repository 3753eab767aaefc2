//! `map`: makes each record into another.

use crate::element::Batch;
use crate::error::{Origin, Result};
use crate::graph::Description;
use crate::operator::{Nothing, Operator, Outputs, StageContext};
use crate::stream::{NewStage, Stream};
use std::marker::PhantomData;
use std::sync::Arc;

/// Makes records one by one; their times, watermarks and places in the source stay beside them.
pub(crate) struct Map<T, U, F> {
    make: Arc<F>,
    records: PhantomData<fn(T) -> U>,
}

impl<T, U, F> Map<T, U, F> {
    pub(crate) fn new(make: Arc<F>) -> Self {
        Self { make, records: PhantomData }
    }
}

impl<T, U, F> Operator for Map<T, U, F>
where
    T: Send + 'static,
    U: Send + 'static,
    F: Fn(T) -> U + Send + Sync + 'static,
{
    type In = T;
    type Out = U;
    type Side = Nothing;

    fn on_batch(&mut self, batch: Batch<T>, out: &mut Outputs<U, Nothing>, cx: &mut StageContext<'_>) -> Result<()> {
        cx.passed(batch.len());
        out.main.batch(batch.map(&*self.make));
        Ok(())
    }
}

impl<T: Send + 'static> Stream<T> {
    /// Makes each record into another. Its event time stays what it was.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("double");
    /// pipeline.source(sources::iter(0..3)).map(|n| n * 2).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [0, 2, 4]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn map<U: Send + 'static>(self, make: impl Fn(T) -> U + Send + Sync + 'static) -> Stream<U> {
        let (stage, make) = (NewStage::new("map", Origin::here(), Description::closure()), Arc::new(make));
        self.attach(stage, move |_| Map::new(Arc::clone(&make)))
    }
}
