//! `filter`: keeps the records for which a condition holds.

use crate::element::Batch;
use crate::error::{Origin, Result};
use crate::expr::Portable;
use crate::graph::Description;
use crate::operator::{Nothing, Operator, Outputs, StageContext};
use crate::state::Key;
use crate::stream::{KeyedStream, NewStage, Stream};
use std::marker::PhantomData;
use std::sync::Arc;

/// Keeps records in place: a batch is handed on with the columns it came with.
pub(crate) struct Filter<T, F> {
    keep: Arc<F>,
    records: PhantomData<fn(T)>,
}

impl<T, F> Filter<T, F> {
    pub(crate) fn new(keep: Arc<F>) -> Self {
        Self { keep, records: PhantomData }
    }
}

impl<T: Send + 'static, F: Fn(&T) -> bool + Send + Sync + 'static> Operator for Filter<T, F> {
    type In = T;
    type Out = T;
    type Side = Nothing;
    const SPARSE: bool = true;

    fn on_batch(
        &mut self,
        mut batch: Batch<T>,
        out: &mut Outputs<T, Nothing>,
        cx: &mut StageContext<'_>,
    ) -> Result<()> {
        let entered = batch.len();
        batch.select(&*self.keep);
        cx.passed(batch.len());
        cx.filtered(entered - batch.len());
        out.main.batch(batch);
        Ok(())
    }
}

impl<T: Send + 'static> Stream<T> {
    /// Keeps the records for which the closure says yes.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("even");
    /// pipeline.source(sources::iter(0..6)).filter(|n| n % 2 == 0).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [0, 2, 4]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn filter(self, keep: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        self.filtered(Origin::here(), Description::closure(), keep)
    }

    /// [`filter`](Self::filter) with a closure that carries its expression, so that the pipeline can be exported.
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
    /// pipeline.source(sources::iter(orders)).filter_expr(expr!(|o| o.amount > 100)).map(|o| o.id).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [2]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn filter_expr<F: Fn(&T) -> bool + Send + Sync + 'static>(self, (keep, expr): Portable<F>) -> Self {
        self.filtered(Origin::here(), Description::Filter(expr), keep)
    }

    fn filtered(
        self,
        origin: Origin,
        description: Description,
        keep: impl Fn(&T) -> bool + Send + Sync + 'static,
    ) -> Self {
        let keep = Arc::new(keep);
        self.attach(NewStage::new("filter", origin, description), move |_| Filter::new(Arc::clone(&keep)))
    }
}

impl<K: Key, T: Send + 'static> KeyedStream<K, T> {
    /// [`Stream::filter`], keeping the key.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("largest");
    /// pipeline.source(sources::iter(0..6)).key_by(|n| n % 2).filter(|n| *n < 4).reduce(i32::max).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take().last(), Some(&Upsert::Put { key: 1, value: 3 }));
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn filter(self, keep: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        Self { stream: self.stream.filter(keep), ..self }
    }

    /// [`Stream::filter_expr`], keeping the key.
    #[track_caller]
    pub fn filter_expr<F: Fn(&T) -> bool + Send + Sync + 'static>(self, keep: Portable<F>) -> Self {
        Self { stream: self.stream.filter_expr(keep), ..self }
    }
}
