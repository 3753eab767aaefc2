//! `aggregate`: what the records of a window, or of a key until now, come to.

use super::running::{Running, RunningOperator};
use crate::aggregates::{AggregateSpec, Of};
use crate::error::Origin;
use crate::expr::{Portable, PortableExpr};
use crate::graph::{self, Aggregation, Description, closure_expr};
use crate::ir::window::WindowSpec;
use crate::state::Key;
use crate::stream::{KeyedStream, Stream, UpsertStream, WindowedStream};
use crate::time::Timestamp;
use crate::windows::{Gather, TimeWindow};
use std::marker::PhantomData;
use std::sync::Arc;

/// Gathers windows with aggregates, and makes rows of their results.
pub(super) struct Aggregates<S, F> {
    spec: Arc<S>,
    finish: Arc<F>,
}

impl<S, F> Aggregates<S, F> {
    pub(super) fn new(spec: Arc<S>, finish: Arc<F>) -> Self {
        Self { spec, finish }
    }
}

impl<K, T, S, F, R> Gather<K, T> for Aggregates<S, F>
where
    K: Key,
    T: Send + 'static,
    S: AggregateSpec<T>,
    F: Fn(&K, TimeWindow, S::Output) -> R + Send + Sync + 'static,
    R: Send + 'static,
{
    type State = S::Accumulator;
    type Row = R;
    const SHARES: bool = true;

    #[inline]
    fn start(&self, record: &T, time: i64) -> S::Accumulator {
        self.spec.start(record, Timestamp::from_millis(time))
    }

    #[inline]
    fn add(&self, state: &mut S::Accumulator, record: &T, time: i64) {
        self.spec.add(state, record, Timestamp::from_millis(time));
    }

    fn merge(&self, state: &mut S::Accumulator, other: S::Accumulator) {
        self.spec.merge(state, other);
    }

    const RETRACTS: bool = S::RETRACTS;

    fn retract(&self, state: &mut S::Accumulator, merged: &S::Accumulator) {
        self.spec.retract(state, merged);
    }

    #[inline]
    fn rows(&self, key: &K, window: TimeWindow, state: &S::Accumulator, mut emit: impl FnMut(R)) {
        emit((self.finish)(key, window, self.spec.result(state)));
    }
}

/// The aggregates of a key until now.
struct Totals<S, F, T> {
    spec: Arc<S>,
    finish: Arc<F>,
    records: PhantomData<fn(T)>,
}

impl<K, T, S, F, V> Running<K, T> for Totals<S, F, T>
where
    K: Key,
    T: Send + 'static,
    S: AggregateSpec<T>,
    F: Fn(&K, S::Output) -> V + Send + Sync + 'static,
    V: Send + 'static,
{
    type State = S::Accumulator;
    type Value = V;

    fn add(&self, state: &mut Option<S::Accumulator>, record: T, time: i64) {
        let time = Timestamp::from_millis(time);
        match state {
            Some(state) => self.spec.add(state, &record, time),
            None => *state = Some(self.spec.start(&record, time)),
        }
    }

    fn value(&self, key: &K, state: &S::Accumulator) -> V {
        (self.finish)(key, self.spec.result(state))
    }
}

fn described<T, S: AggregateSpec<T>>(
    spec: &S,
    key: PortableExpr,
    window: Option<WindowSpec>,
    output: PortableExpr,
) -> Description {
    let aggregations = spec.describe().into_iter();
    let aggregations =
        aggregations.map(|of| Aggregation { function: of.function, operand: of.operand, filter: of.filter });
    Description::Aggregate(graph::Aggregate { key, window, aggregations: aggregations.collect(), output })
}

impl<K: Key, T: Send + 'static> WindowedStream<K, T> {
    /// What the records of each key and window come to: `spec` names one aggregate, or a tuple of up to twelve, and `finish`
    /// makes a row of the key, the window and the results.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use flow::windows::sliding;
    /// use std::time::Duration;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("means");
    /// pipeline
    ///     .source(sources::iter([(1, 10.0), (3, 20.0), (6, 60.0)]))
    ///     .watermark_monotonic(|row| Timestamp::from_millis(row.0))
    ///     .key_all()
    ///     .window(sliding(Duration::from_millis(4), Duration::from_millis(2)))
    ///     .aggregate(
    ///         |of| (of.avg(|row| row.1), of.count().filter(|row| row.1 > 15.0)),
    ///         |_, window, (mean, high)| (window.start.millis(), mean, high),
    ///     )
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [(-2, 10.0, 0), (0, 15.0, 1), (2, 20.0, 1), (4, 60.0, 1), (6, 60.0, 1)]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn aggregate<S, F, R>(self, spec: impl FnOnce(Of<T>) -> S, finish: F) -> Stream<R>
    where
        S: AggregateSpec<T>,
        F: Fn(&K, TimeWindow, S::Output) -> R + Send + Sync + 'static,
        R: Send + 'static,
    {
        self.aggregate_expr(spec, (finish, closure_expr()))
    }

    /// [`aggregate`](Self::aggregate) with a `finish` that carries its expression. The aggregates carry theirs if they are
    /// made by methods such as [`Of::sum_expr`].
    #[track_caller]
    pub fn aggregate_expr<S, F, R>(self, spec: impl FnOnce(Of<T>) -> S, (finish, expr): Portable<F>) -> Stream<R>
    where
        S: AggregateSpec<T>,
        F: Fn(&K, TimeWindow, S::Output) -> R + Send + Sync + 'static,
        R: Send + 'static,
    {
        let (spec, finish) = (Arc::new(spec(Of::new())), Arc::new(finish));
        let description = described(&*spec, self.keyed.expr.clone(), Some(self.spec()), expr);
        let make = move || Aggregates::new(Arc::clone(&spec), Arc::clone(&finish));
        let combiner = self.combiner(make.clone());
        self.gathered("aggregate", Origin::here(), description, make, combiner)
    }
}

impl<K: Key, T: Send + 'static> KeyedStream<K, T> {
    /// What the records of each key have come to until now: every record gives a correction of its key's row. No event time is
    /// needed; without it, `first` and `last` go by arrival.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("totals");
    /// pipeline
    ///     .source(sources::iter([1, 2, 5]))
    ///     .key_by(|n| n % 2)
    ///     .aggregate(|of| of.sum(|n| *n), |_, sum| sum)
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// let put = |key, value| Upsert::Put { key, value };
    /// assert_eq!(rows.take(), [put(1, 1), put(0, 2), put(1, 6)]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn aggregate<S, F, V>(self, spec: impl FnOnce(Of<T>) -> S, finish: F) -> UpsertStream<K, V>
    where
        S: AggregateSpec<T>,
        F: Fn(&K, S::Output) -> V + Send + Sync + 'static,
        V: Send + 'static,
    {
        self.aggregate_expr(spec, (finish, closure_expr()))
    }

    /// [`aggregate`](Self::aggregate) with a `finish` that carries its expression.
    #[track_caller]
    pub fn aggregate_expr<S, F, V>(
        self,
        spec: impl FnOnce(Of<T>) -> S,
        (finish, expr): Portable<F>,
    ) -> UpsertStream<K, V>
    where
        S: AggregateSpec<T>,
        F: Fn(&K, S::Output) -> V + Send + Sync + 'static,
        V: Send + 'static,
    {
        let (spec, finish) = (Arc::new(spec(Of::new())), Arc::new(finish));
        let description = described(&*spec, self.expr.clone(), None, expr);
        let (stage, route) = self.keyed_stage("aggregate", Origin::here(), description);
        let key = self.key.clone();
        let make = move |_| {
            let totals = Totals { spec: Arc::clone(&spec), finish: Arc::clone(&finish), records: PhantomData };
            RunningOperator::new(key.clone(), totals)
        };
        UpsertStream::new(self.attach_keyed(stage, route, make))
    }
}
