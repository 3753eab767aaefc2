//! `filter_map`: makes each record into another, or leaves it out.

use crate::element::{Batch, Item};
use crate::error::{Origin, Result};
use crate::expr::Portable;
use crate::graph::Description;
use crate::operator::{Nothing, Operator, Outputs, StageContext};
use crate::stream::{NewStage, Stream};
use std::marker::PhantomData;
use std::sync::Arc;

/// Makes records one by one and keeps those that came to something.
pub(crate) struct FilterMap<T, U, F> {
    make: Arc<F>,
    records: PhantomData<fn(T) -> U>,
}

impl<T, U, F> FilterMap<T, U, F> {
    pub(crate) fn new(make: Arc<F>) -> Self {
        Self { make, records: PhantomData }
    }
}

impl<T, U, F> Operator for FilterMap<T, U, F>
where
    T: Send + 'static,
    U: Send + 'static,
    F: Fn(T) -> Option<U> + Send + Sync + 'static,
{
    type In = T;
    type Out = U;
    type Side = Nothing;

    fn on_batch(
        &mut self,
        mut batch: Batch<T>,
        out: &mut Outputs<U, Nothing>,
        cx: &mut StageContext<'_>,
    ) -> Result<()> {
        let (entered, timed) = (batch.len(), batch.is_timed());
        let mut made: Batch<U> = batch.empty_like();
        for Item { value, time, mark, offset } in batch.drain() {
            if let Some(value) = (self.make)(value) {
                made.push_item(Item { value, time, mark, offset }, timed);
            }
        }
        cx.passed(made.len());
        cx.filtered(entered - made.len());
        out.main.batch(made);
        Ok(())
    }
}

impl<T: Send + 'static> Stream<T> {
    /// Makes each record into another, or leaves it out where the closure gives `None`.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("numbers");
    /// pipeline.source(sources::iter(["1", "two", "3"])).filter_map(|text| text.parse::<i64>().ok()).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [1, 3]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn filter_map<U: Send + 'static>(self, make: impl Fn(T) -> Option<U> + Send + Sync + 'static) -> Stream<U> {
        self.filter_mapped(Origin::here(), Description::closure(), make)
    }

    /// [`filter_map`](Self::filter_map) with a closure that carries its expression, so that the pipeline can be exported.
    ///
    /// ```
    /// use flow::{expr, prelude::*};
    ///
    /// #[derive(Record)]
    /// struct Order { id: i64, amount: i64, placed_at: Timestamp }
    ///
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("large");
    /// let orders = [(1, 50), (2, 500)].map(|(id, amount)| Order { id, amount, placed_at: Timestamp::from_millis(id) });
    /// pipeline
    ///     .source(sources::iter(orders))
    ///     .filter_map_expr(expr!(|o| if o.amount > 100 { Some(o.id) } else { None }))
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [2]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn filter_map_expr<U, F>(self, (make, expr): Portable<F>) -> Stream<U>
    where
        U: Send + 'static,
        F: Fn(T) -> Option<U> + Send + Sync + 'static,
    {
        self.filter_mapped(Origin::here(), Description::FilterMap(expr), make)
    }

    fn filter_mapped<U: Send + 'static>(
        self,
        origin: Origin,
        description: Description,
        make: impl Fn(T) -> Option<U> + Send + Sync + 'static,
    ) -> Stream<U> {
        let make = Arc::new(make);
        self.attach(NewStage::new("filter_map", origin, description), move |_| FilterMap::new(Arc::clone(&make)))
    }
}
