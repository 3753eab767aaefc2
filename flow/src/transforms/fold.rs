//! `fold`: every record into an accumulator, in the order of their coming.

use super::running::{Running, RunningOperator};
use crate::error::Origin;
use crate::graph::Description;
use crate::state::{Data, Key};
use crate::stream::{KeyedStream, Stream, UpsertStream, WindowedStream};
use crate::windows::{Gather, TimeWindow, WindowKind, Windowed};
use std::marker::PhantomData;
use std::sync::Arc;

/// Folds each record as it comes. What is kept is `None` only while the closure has it.
pub(super) struct Fold<A, F, T> {
    init: A,
    fold: Arc<F>,
    records: PhantomData<fn(T)>,
}

impl<A, F, T> Fold<A, F, T>
where
    A: Data + Clone,
    F: Fn(A, T) -> A + Send + Sync + 'static,
{
    pub(super) fn new(init: A, fold: Arc<F>) -> Self {
        Self { init, fold, records: PhantomData }
    }

    fn next(&self, state: &mut Option<A>, record: T) {
        let before = state.take().unwrap_or_else(|| self.init.clone());
        *state = Some((self.fold)(before, record));
    }

    fn value(&self, state: Option<&A>) -> A {
        state.unwrap_or(&self.init).clone()
    }
}

impl<K, T, A, F> Gather<K, T> for Fold<A, F, T>
where
    K: Key,
    T: Clone + Send + 'static,
    A: Data + Clone,
    F: Fn(A, T) -> A + Send + Sync + 'static,
{
    type State = Option<A>;
    type Row = Windowed<K, A>;
    const SHARES: bool = false;

    fn start(&self, record: &T, _: i64) -> Option<A> {
        Some((self.fold)(self.init.clone(), record.clone()))
    }

    fn add(&self, state: &mut Option<A>, record: &T, _: i64) {
        self.next(state, record.clone());
    }

    fn merge(&self, _: &mut Option<A>, _: Option<A>) {
        unreachable!("a fold is never merged: its sliding windows share nothing, and its sessions keep their records");
    }

    fn rows(&self, key: &K, window: TimeWindow, state: &Option<A>, mut emit: impl FnMut(Self::Row)) {
        emit(Windowed { key: key.clone(), window, value: self.value(state.as_ref()) });
    }
}

impl<K, T, A, F> Running<K, T> for Fold<A, F, T>
where
    K: Key,
    T: Send + 'static,
    A: Data + Clone,
    F: Fn(A, T) -> A + Send + Sync + 'static,
{
    type State = A;
    type Value = A;

    fn add(&self, state: &mut Option<A>, record: T, _: i64) {
        self.next(state, record);
    }

    fn value(&self, _: &K, state: &A) -> A {
        state.clone()
    }
}

/// Keeps the records of a session, and folds them when it fires: two accumulators cannot be made one.
pub(super) struct FoldSession<A, F, T>(pub(super) Fold<A, F, T>);

impl<K, T, A, F> Gather<K, T> for FoldSession<A, F, T>
where
    K: Key,
    T: Data + Clone,
    A: Data + Clone,
    F: Fn(A, T) -> A + Send + Sync + 'static,
{
    type State = Vec<T>;
    type Row = Windowed<K, A>;
    const SHARES: bool = false;

    fn start(&self, record: &T, _: i64) -> Vec<T> {
        vec![record.clone()]
    }

    fn add(&self, state: &mut Vec<T>, record: &T, _: i64) {
        state.push(record.clone());
    }

    fn merge(&self, state: &mut Vec<T>, other: Vec<T>) {
        state.extend(other);
    }

    fn rows(&self, key: &K, window: TimeWindow, state: &Vec<T>, mut emit: impl FnMut(Self::Row)) {
        let value = state.iter().cloned().fold(self.0.init.clone(), |value, record| (self.0.fold)(value, record));
        emit(Windowed { key: key.clone(), window, value });
    }
}

fn description() -> Description {
    Description::opaque("`fold` runs in this process only: the aggregates of `aggregate` run on both engines")
}

impl<K: Key, T: Data + Clone> WindowedStream<K, T> {
    /// Folds the records of each key and window into an accumulator, in the order of their coming.
    ///
    /// Sessions keep their records until they are forgotten; where two grow together, those of the earlier session come first.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use flow::windows::session;
    /// use std::time::Duration;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("paths");
    /// pipeline
    ///     .source(sources::iter([(0, "/"), (3, "/cart"), (50, "/")].map(|(at, page)| (at, page.to_owned()))))
    ///     .watermark_monotonic(|view| Timestamp::from_millis(view.0))
    ///     .key_all()
    ///     .window(session(Duration::from_millis(10)))
    ///     .fold(String::new(), |path, view| path + " " + &view.1)
    ///     .map(|path| path.value)
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [" / /cart", " /"]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn fold<A, F>(self, init: A, fold: F) -> Stream<Windowed<K, A>>
    where
        A: Data + Clone,
        F: Fn(A, T) -> A + Send + Sync + 'static,
    {
        let (origin, fold, sessions) =
            (Origin::here(), Arc::new(fold), matches!(self.window.kind(), WindowKind::Session { .. }));
        let make = move || Fold::new(init.clone(), Arc::clone(&fold));
        if sessions {
            self.gathered("fold", origin, description(), move || FoldSession(make()), None)
        } else {
            self.gathered("fold", origin, description(), make, None)
        }
    }
}

impl<K: Key, T: Send + 'static> KeyedStream<K, T> {
    /// Folds the records of each key into an accumulator, in the order of their coming: every record gives a correction of its
    /// key's row.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("longest");
    /// pipeline
    ///     .source(sources::iter(["a", "ccc", "bb"]))
    ///     .key_all()
    ///     .fold(0, |longest, word| word.len().max(longest))
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take().last(), Some(&Upsert::Put { key: (), value: 3 }));
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn fold<A, F>(self, init: A, fold: F) -> UpsertStream<K, A>
    where
        A: Data + Clone,
        F: Fn(A, T) -> A + Send + Sync + 'static,
    {
        let (stage, route) = self.keyed_stage("fold", Origin::here(), description());
        let (key, fold) = (self.key.clone(), Arc::new(fold));
        let make = move |_| {
            let fold = Fold::new(init.clone(), Arc::clone(&fold));
            RunningOperator::new(key.clone(), fold)
        };
        UpsertStream::new(self.attach_keyed(stage, route, make))
    }
}
