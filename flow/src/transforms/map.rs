//! `map`: makes each record into another.

use crate::element::Batch;
use crate::error::{Origin, Result};
use crate::expr::Portable;
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
    const SPARSE: bool = true;

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
        self.mapped(Origin::here(), Description::closure(), make)
    }

    /// [`map`](Self::map) with a closure that carries its expression, so that the pipeline can be exported.
    ///
    /// ```
    /// use flow::{expr, prelude::*};
    ///
    /// #[derive(Record)]
    /// struct Order { id: i64, amount: i64, placed_at: Timestamp }
    ///
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("ids");
    /// let orders = [(1, 50), (2, 500)].map(|(id, amount)| Order { id, amount, placed_at: Timestamp::from_millis(id) });
    /// pipeline.source(sources::iter(orders)).map_expr(expr!(|o| o.id + 10)).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [11, 12]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn map_expr<U, F>(self, (make, expr): Portable<F>) -> Stream<U>
    where
        U: Send + 'static,
        F: Fn(T) -> U + Send + Sync + 'static,
    {
        self.mapped(Origin::here(), Description::Map(expr), make)
    }

    fn mapped<U: Send + 'static>(
        self,
        origin: Origin,
        description: Description,
        make: impl Fn(T) -> U + Send + Sync + 'static,
    ) -> Stream<U> {
        let make = Arc::new(make);
        self.attach(NewStage::new("map", origin, description), move |_| Map::new(Arc::clone(&make)))
    }
}
