//! `reduce`: two records into one, again and again.

use super::running::{Running, RunningOperator};
use crate::error::Origin;
use crate::graph::Description;
use crate::state::{Data, Key};
use crate::stream::{KeyedStream, Stream, UpsertStream, WindowedStream};
use crate::windows::{Gather, TimeWindow, Windowed};
use std::marker::PhantomData;
use std::sync::Arc;

/// Reduces each record as it comes. What is kept is `None` only while the closure has it.
pub(super) struct Reduce<F, T> {
    reduce: Arc<F>,
    records: PhantomData<fn(T)>,
}

impl<F, T> Reduce<F, T>
where
    F: Fn(T, T) -> T + Send + Sync + 'static,
{
    pub(super) fn new(reduce: Arc<F>) -> Self {
        Self { reduce, records: PhantomData }
    }

    fn next(&self, state: &mut Option<T>, record: T) {
        *state = Some(match state.take() {
            Some(before) => (self.reduce)(before, record),
            None => record,
        });
    }
}

impl<K, T, F> Gather<K, T> for Reduce<F, T>
where
    K: Key,
    T: Data + Clone,
    F: Fn(T, T) -> T + Send + Sync + 'static,
{
    type State = Option<T>;
    type Row = Windowed<K, T>;
    const SHARES: bool = false;

    fn start(&self, record: &T, _: i64) -> Option<T> {
        Some(record.clone())
    }

    fn add(&self, state: &mut Option<T>, record: &T, _: i64) {
        self.next(state, record.clone());
    }

    fn merge(&self, state: &mut Option<T>, other: Option<T>) {
        if let Some(other) = other {
            self.next(state, other);
        }
    }

    fn rows(&self, key: &K, window: TimeWindow, state: &Option<T>, mut emit: impl FnMut(Self::Row)) {
        if let Some(value) = state.clone() {
            emit(Windowed { key: key.clone(), window, value });
        }
    }
}

impl<K, T, F> Running<K, T> for Reduce<F, T>
where
    K: Key,
    T: Data + Clone,
    F: Fn(T, T) -> T + Send + Sync + 'static,
{
    type State = T;
    type Value = T;

    fn add(&self, state: &mut Option<T>, record: T, _: i64) {
        self.next(state, record);
    }

    fn value(&self, _: &K, state: &T) -> T {
        state.clone()
    }
}

fn description() -> Description {
    Description::opaque("`reduce` runs in this process only: the aggregates of `aggregate` run on both engines")
}

impl<K: Key, T: Data + Clone> WindowedStream<K, T> {
    /// Reduces the records of each key and window to one, in the order of their coming: the first argument is what has come
    /// until then.
    ///
    /// Where two sessions grow together, what they were reduced to is reduced, the earlier session first; the closure should be
    /// associative.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use flow::windows::tumbling;
    /// use std::time::Duration;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("latest");
    /// pipeline
    ///     .source(sources::iter([(1, 'a'), (2, 'b'), (11, 'c')]))
    ///     .watermark_monotonic(|row| Timestamp::from_millis(row.0))
    ///     .key_all()
    ///     .window(tumbling(Duration::from_millis(10)))
    ///     .reduce(|_, later| later)
    ///     .map(|row| row.value.1)
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), ['b', 'c']);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn reduce<F>(self, reduce: F) -> Stream<Windowed<K, T>>
    where
        F: Fn(T, T) -> T + Send + Sync + 'static,
    {
        let reduce = Arc::new(reduce);
        let make = move || Reduce::new(Arc::clone(&reduce));
        self.gathered("reduce", Origin::here(), description(), make, None)
    }
}

impl<K: Key, T: Data + Clone> KeyedStream<K, T> {
    /// Reduces the records of each key to one, in the order of their coming: every record gives a correction of its key's row.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("highest");
    /// pipeline.source(sources::iter([3, 1, 4])).key_all().reduce(|a, b| a.max(b)).sink(sink);
    /// pipeline.run_blocking()?;
    /// let values: Vec<_> = rows.take().iter().filter_map(|row| row.value().copied()).collect();
    /// assert_eq!(values, [3, 3, 4]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn reduce<F>(self, reduce: F) -> UpsertStream<K, T>
    where
        F: Fn(T, T) -> T + Send + Sync + 'static,
    {
        let (stage, route) = self.keyed_stage("reduce", Origin::here(), description());
        let (key, reduce) = (self.key.clone(), Arc::new(reduce));
        let make = move |_| RunningOperator::new(key.clone(), Reduce::new(Arc::clone(&reduce)));
        UpsertStream::new(self.attach_keyed(stage, route, make))
    }
}
