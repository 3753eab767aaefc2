//! `watermark`: gives each record its event time, and says how far event time has come.

mod partitions;
mod strategy;

pub use strategy::{Bounded, EventTime, Monotonic, Punctuated, WatermarkStrategy};

use crate::element::{Batch, Lagging, PartitionState};
use crate::error::{Error, ErrorKind, Origin, Result};
use crate::expr::Portable;
use crate::graph::Description;
use crate::operator::{Nothing, Operator, Outputs, StageContext};
use crate::state::{StateReader, StateWriter};
use crate::stream::{NewStage, Stream};
use crate::time::{self, Timestamp};
use partitions::{Partition, Partitions};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// Stamps records with their event time and the watermark before them: the lowest of this task's active source partitions.
pub(crate) struct Watermark<T, S: WatermarkStrategy<T>> {
    strategy: Arc<S>,
    partitions: Partitions<S::Partition>,
    records: PhantomData<fn(T)>,
}

impl<T, S: WatermarkStrategy<T>> Watermark<T, S> {
    pub(crate) fn new(strategy: Arc<S>) -> Self {
        Self { strategy, partitions: Partitions::default(), records: PhantomData }
    }
}

impl<T: Send + 'static, S: WatermarkStrategy<T>> Operator for Watermark<T, S> {
    type In = T;
    type Out = T;
    type Side = Nothing;

    fn on_batch(
        &mut self,
        mut batch: Batch<T>,
        out: &mut Outputs<T, Nothing>,
        cx: &mut StageContext<'_>,
    ) -> Result<()> {
        let strategy = &*self.strategy;
        let (partition, current, limit) = self.partitions.reading(batch.split());
        let (mut nulls, mut latest) = (false, time::MIN);
        batch.set_times(|record| {
            let time = strategy.time(record).map(Timestamp::millis);
            nulls |= time.is_none();
            latest = latest.max(time.unwrap_or(time::MIN));
            time.unwrap_or(time::MIN)
        });
        if nulls {
            let at = batch.items().iter().position(|record| strategy.time(record).is_none());
            return Err(null_time(at.and_then(|at| batch.offsets().get(at).copied())));
        }
        if let Some(lag) = strategy.lag().filter(|_| !batch.is_empty()) {
            let rule = Lagging { current, limit, partition: partition.watermark, lag: time::millis(lag) };
            let (after, of_partition) = rule.after(latest);
            partition.watermark = of_partition;
            batch.follow(rule);
            batch.set_after(after);
        } else {
            mark(strategy, &mut batch, partition, (current, limit));
        }
        self.partitions.advance(batch.after());
        cx.passed(batch.len());
        out.main.batch(batch);
        Ok(())
    }

    fn hands_watermarks_on(&self) -> bool {
        false
    }

    fn on_partition(
        &mut self,
        split: u32,
        state: PartitionState,
        out: &mut Outputs<T, Nothing>,
        _: &mut StageContext<'_>,
    ) -> Result<bool> {
        self.partitions.set(split, state);
        out.advance(self.partitions.current());
        if self.partitions.is_idle() {
            out.idle();
        }
        Ok(false)
    }

    fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        state.plain("partitions", &self.partitions)
    }

    fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        self.partitions = Partitions::merged(state.plain("partitions")?);
        Ok(())
    }
}

/// Asks the strategy after each record; `limit` is what the watermark of the task, now at `current`, cannot pass.
fn mark<T, S: WatermarkStrategy<T>>(
    strategy: &S,
    batch: &mut Batch<T>,
    partition: &mut Partition<S::Partition>,
    (mut current, limit): (i64, i64),
) {
    let (mut watermark, of_user) = (partition.watermark, &mut partition.of_user);
    batch.set_marks(|record, time| {
        let mark = current;
        if let Some(after) = strategy.watermark(record, Timestamp::from_millis(time), of_user) {
            watermark = watermark.max(after.millis());
            current = current.max(limit.min(watermark));
        }
        mark
    });
    partition.watermark = watermark;
    batch.set_after(current);
}

fn null_time(offset: Option<u64>) -> Error {
    let place = offset.map(|offset| format!(", read at {offset}")).unwrap_or_default();
    Error::new(ErrorKind::BadRecord, format!("the event time of a record{place} is null")).help(
        "a null event time always ends the job: leave such records out before the watermark stage, or give them a time",
    )
}

impl<T: Send + 'static> Stream<T> {
    /// Gives each record its event time, and says that records are late by at most `delay`: within a source partition the
    /// watermark stands at the latest time seen, less the delay, less one millisecond. Over several partitions it is the lowest
    /// of the active ones.
    ///
    /// The closure returns a [`Timestamp`], or an `Option` of it; `None` is a null event time, which always ends the job.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use std::time::Duration;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("per-second");
    /// pipeline
    ///     .source(sources::iter([100, 1700, 900, 2500]))
    ///     .watermark(|at| Timestamp::from_millis(*at), Duration::from_secs(1))
    ///     .key_all()
    ///     .window(tumbling(Duration::from_secs(1)))
    ///     .fold(0, |count, _| count + 1)
    ///     .map(|windowed| windowed.value)
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [2, 1, 1]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn watermark<E: EventTime + 'static>(
        self,
        time: impl Fn(&T) -> E + Send + Sync + 'static,
        delay: Duration,
    ) -> Self {
        self.stamped(Origin::here(), Description::closure(), Bounded::new(time, delay))
    }

    /// [`watermark`](Self::watermark) with a closure that carries its expression, so that the pipeline can be exported: it has
    /// to name a field.
    ///
    /// ```
    /// use flow::{expr, prelude::*};
    ///
    /// #[derive(Record)]
    /// struct Order { id: i64, amount: i64, placed_at: Timestamp }
    ///
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("timed");
    /// let orders = [(1, 50), (2, 500)].map(|(id, amount)| Order { id, amount, placed_at: Timestamp::from_millis(id) });
    /// pipeline
    ///     .source(sources::iter(orders))
    ///     .watermark_expr(expr!(|o| o.placed_at), std::time::Duration::from_secs(5))
    ///     .map(|o| o.id)
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [1, 2]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn watermark_expr<E, F>(self, (time, expr): Portable<F>, delay: Duration) -> Self
    where
        E: EventTime + 'static,
        F: Fn(&T) -> E + Send + Sync + 'static,
    {
        self.stamped(Origin::here(), Description::Watermark { time: expr, delay }, Bounded::new(time, delay))
    }

    /// As [`watermark`](Self::watermark), where times never go back within a source partition.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("ordered");
    /// pipeline.source(sources::iter([1, 2, 2, 5])).watermark_monotonic(|at| Timestamp::from_millis(*at)).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [1, 2, 2, 5]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn watermark_monotonic<E: EventTime + 'static>(self, time: impl Fn(&T) -> E + Send + Sync + 'static) -> Self {
        self.stamped(Origin::here(), Description::closure(), Monotonic::new(time))
    }

    /// [`watermark_monotonic`](Self::watermark_monotonic) with a closure that carries its expression.
    ///
    /// ```
    /// use flow::{expr, prelude::*};
    ///
    /// #[derive(Record)]
    /// struct Order { id: i64, amount: i64, placed_at: Timestamp }
    ///
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("timed");
    /// let orders = [(1, 50), (2, 500)].map(|(id, amount)| Order { id, amount, placed_at: Timestamp::from_millis(id) });
    /// pipeline.source(sources::iter(orders)).watermark_monotonic_expr(expr!(|o| o.placed_at)).map(|o| o.id).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [1, 2]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn watermark_monotonic_expr<E, F>(self, (time, expr): Portable<F>) -> Self
    where
        E: EventTime + 'static,
        F: Fn(&T) -> E + Send + Sync + 'static,
    {
        let description = Description::Watermark { time: expr, delay: Duration::ZERO };
        self.stamped(Origin::here(), description, Monotonic::new(time))
    }

    /// As [`watermark`](Self::watermark), by a strategy: [`Punctuated`], or one of your own.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use flow::transforms::Punctuated;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("marked");
    /// // A negative number says that all before it are there.
    /// let strategy = Punctuated::new(
    ///     |at: &i64| Timestamp::from_millis(at.abs()),
    ///     |at: &i64| (*at < 0).then(|| Timestamp::from_millis(-at)),
    /// );
    /// pipeline.source(sources::iter([1, 2, -2, 5])).watermark_with(strategy).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [1, 2, -2, 5]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn watermark_with(self, strategy: impl WatermarkStrategy<T>) -> Self {
        let description = Description::opaque("its watermark strategy is plain Rust");
        self.stamped(Origin::here(), description, strategy)
    }

    fn stamped(self, origin: Origin, description: Description, strategy: impl WatermarkStrategy<T>) -> Self {
        let stage = NewStage::new("watermark", origin, description).makes_time();
        let strategy = Arc::new(strategy);
        self.attach(stage, move |_| Watermark::new(Arc::clone(&strategy)))
    }
}

#[cfg(test)]
mod tests;
