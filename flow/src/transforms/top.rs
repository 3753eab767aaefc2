//! `top`: the few best records of each key and window.

use crate::aggregates::Orderable;
use crate::error::{Error, ErrorKind, Origin, StageRef};
use crate::expr::Portable;
use crate::graph::{Description, closure_expr};
use crate::state::{Data, Key};
use crate::stream::{Stream, WindowedStream, lock};
use crate::windows::{Gather, TimeWindow};
use std::marker::PhantomData;
use std::sync::Arc;

/// Keeps the best records, best first; of equally good ones those that came first.
pub(super) struct Top<T, S, F> {
    count: usize,
    by: Arc<F>,
    types: PhantomData<fn(&T) -> S>,
}

impl<T, S, F> Top<T, S, F>
where
    S: Orderable,
    F: Fn(&T) -> S + Send + Sync + 'static,
{
    pub(super) fn new(count: usize, by: Arc<F>) -> Self {
        Self { count, by, types: PhantomData }
    }

    fn put(&self, best: &mut Vec<T>, record: &T)
    where
        T: Clone,
    {
        let score = (self.by)(record);
        let full = best.len() >= self.count;
        if full && best.last().is_none_or(|last| (self.by)(last).order(&score).is_ge()) {
            return;
        }
        if full {
            best.pop();
        }
        let place = best.partition_point(|better| (self.by)(better).order(&score).is_ge());
        best.insert(place, record.clone());
    }
}

impl<K, T, S, F> Gather<K, T> for Top<T, S, F>
where
    K: Key,
    T: Data + Clone,
    S: Orderable + 'static,
    F: Fn(&T) -> S + Send + Sync + 'static,
{
    type State = Vec<T>;
    type Row = T;
    /// Of equally good records, parts would not know which came first.
    const SHARES: bool = false;

    fn start(&self, record: &T, _: i64) -> Vec<T> {
        let mut best = Vec::new();
        self.put(&mut best, record);
        best
    }

    fn add(&self, best: &mut Vec<T>, record: &T, _: i64) {
        self.put(best, record);
    }

    fn merge(&self, best: &mut Vec<T>, other: Vec<T>) {
        other.iter().for_each(|record| self.put(best, record));
    }

    fn rows(&self, _: &K, _: TimeWindow, best: &Vec<T>, emit: impl FnMut(T)) {
        best.iter().cloned().for_each(emit);
    }
}

impl<K: Key, T: Data + Clone> WindowedStream<K, T> {
    /// The `count` records of each key and window for which the closure gives the greatest value, best first; of equally good
    /// ones those that came first. Zero is an error when the pipeline is run.
    ///
    /// The rows are the records themselves, with the window's last moment as their event time. Where two sessions grow
    /// together, records of the earlier one count as the first to come.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use flow::windows::tumbling;
    /// use std::time::Duration;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("highest");
    /// pipeline
    ///     .source(sources::iter([(1, 2.5), (2, 9.0), (3, 4.0), (12, 1.0)]))
    ///     .watermark_monotonic(|bid| Timestamp::from_millis(bid.0))
    ///     .key_all()
    ///     .window(tumbling(Duration::from_millis(10)))
    ///     .top(2, |bid| bid.1)
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [(2, 9.0), (3, 4.0), (12, 1.0)]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn top<S, F>(self, count: usize, by: F) -> Stream<T>
    where
        S: Orderable + 'static,
        F: Fn(&T) -> S + Send + Sync + 'static,
    {
        self.top_expr(count, (by, closure_expr()))
    }

    /// [`top`](Self::top) with a closure that carries its expression.
    #[track_caller]
    pub fn top_expr<S, F>(self, count: usize, (by, expr): Portable<F>) -> Stream<T>
    where
        S: Orderable + 'static,
        F: Fn(&T) -> S + Send + Sync + 'static,
    {
        let origin = Origin::here();
        if count == 0 {
            let zero = Error::new(ErrorKind::Definition, "the top 0 of each window").help("use 1 or more");
            let stage = StageRef { name: "top".into(), origin };
            lock(self.keyed.stream.graph()).mistakes.push(zero.at(&stage));
        }
        let (key, window) = (self.keyed.expr.clone(), self.spec());
        let description = Description::Top { key, window, count, by: expr };
        let by = Arc::new(by);
        let make = move || Top::new(count, Arc::clone(&by));
        self.gathered("top", origin, description, make, None)
    }
}
