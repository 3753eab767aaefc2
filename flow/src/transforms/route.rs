//! `route`: sends each record one of several ways.

use crate::element::{Batch, Item};
use crate::error::{Error, ErrorKind, Origin, Result, StageRef};
use crate::expr::{Portable, PortableExpr};
use crate::graph::{Description, closure_expr};
use crate::operator::{Operator, Outputs, StageContext};
use crate::stream::{NewStage, Stream, lock};
use crate::task;
use std::sync::Arc;

/// A condition of one way.
/// The name of a way, its condition, and the condition as an expression.
type Way<T> = (String, Condition<T>, PortableExpr);

type Condition<T> = Arc<dyn Fn(&T) -> bool + Send + Sync>;

/// Sends each record to the first condition that holds (a side output each), the rest to the main output.
pub(crate) struct Routing<T: 'static> {
    conditions: Vec<Condition<T>>,
    sorted: Vec<Batch<T>>,
}

impl<T: 'static> Routing<T> {
    pub(crate) fn new(conditions: Vec<Condition<T>>) -> Self {
        Self { conditions, sorted: Vec::new() }
    }
}

impl<T: Send + 'static> Operator for Routing<T> {
    type In = T;
    type Out = T;
    type Side = T;

    fn on_batch(&mut self, mut batch: Batch<T>, out: &mut Outputs<T, T>, cx: &mut StageContext<'_>) -> Result<()> {
        let timed = batch.is_timed();
        self.sorted.extend(self.conditions.iter().map(|_| batch.empty_like()));
        let mut rest = batch.empty_like();
        for Item { value, time, mark, offset } in batch.drain() {
            let way = self.conditions.iter().position(|holds| holds(&value));
            let taker = way.and_then(|way| self.sorted.get_mut(way)).unwrap_or(&mut rest);
            taker.push_item(Item { value, time, mark, offset }, timed);
        }
        cx.passed(rest.len());
        out.main.batch(rest);
        let mut sides = out.sides.iter_mut();
        for way in self.sorted.drain(..) {
            match sides.next() {
                Some(side) => {
                    cx.passed(way.len());
                    side.batch(way);
                }
                None => cx.filtered(way.len()),
            }
        }
        Ok(())
    }
}

impl<T: Send + 'static> Stream<T> {
    /// Divides the stream: each record goes to the first condition that holds, what fits none to the rest.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let ((large, large_sink), (odd, odd_sink), (rest, rest_sink)) =
    ///     (sinks::collect(), sinks::collect(), sinks::collect());
    /// let pipeline = Pipeline::new("divided");
    /// let [a, b, c] = pipeline
    ///     .source(sources::iter(0..8))
    ///     .route()
    ///     .when("large", |n| *n > 5)
    ///     .when("odd", |n| n % 2 == 1)
    ///     .split();
    /// a.sink(large_sink);
    /// b.sink(odd_sink);
    /// c.sink(rest_sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!((large.take(), odd.take(), rest.take()), (vec![6, 7], vec![1, 3, 5], vec![0, 2, 4]));
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn route(self) -> Route<T> {
        Route { stream: self, origin: Origin::here(), ways: Vec::new() }
    }
}

/// The ways that a stream is being divided into. [`Stream::route`] makes it, [`split`](Self::split) ends it.
#[must_use = "a route that is never split makes its pipeline invalid"]
pub struct Route<T: 'static> {
    stream: Stream<T>,
    origin: Origin,
    ways: Vec<Way<T>>,
}

impl<T> std::fmt::Debug for Route<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Route").field("ways", &self.ways.len()).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Route<T> {
    /// Adds a way: its name, and the condition of its records.
    pub fn when(mut self, name: impl Into<String>, holds: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        self.ways.push((name.into(), Arc::new(holds), closure_expr()));
        self
    }

    /// [`when`](Self::when) with a closure that carries its expression, so that the pipeline can be exported.
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
    /// let [large, rest] = pipeline.source(sources::iter(orders)).route().when_expr("large", expr!(|o| o.amount > 100)).split();
    /// large.map(|o| o.id).sink(sink);
    /// rest.sink(sinks::null());
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [2]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn when_expr<F>(mut self, name: impl Into<String>, (holds, expr): Portable<F>) -> Self
    where
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        self.ways.push((name.into(), Arc::new(holds), expr));
        self
    }

    /// The streams, in the order of their conditions, and the rest as the last one: `N` is one more than there are conditions.
    /// Another number makes the pipeline invalid.
    #[track_caller]
    pub fn split<const N: usize>(self) -> [Stream<T>; N] {
        let Self { stream, origin, ways } = self;
        let graph = Arc::clone(stream.graph());
        if ways.len() + 1 != N {
            let what = format!("a route of {} conditions is split into {N} streams", ways.len());
            let mistake = Error::new(ErrorKind::Definition, what).help("one for each condition, and one for the rest");
            let stage = StageRef { name: "route".into(), origin: Origin::here() };
            lock(&graph).mistakes.push(mistake.at(&stage));
        }
        let sides = N.saturating_sub(1);
        let ways = ways.into_iter().take(sides);
        let (conditions, named): (Vec<_>, Vec<_>) = ways.map(|(name, holds, expr)| (holds, (name, expr))).unzip();
        let stage = NewStage::new("route", origin, Description::Route(named));
        let (rest, sides) =
            stream.attach_with(stage, task::Route::Forward, sides, move |_| Routing::new(conditions.clone()));
        let mut streams = sides.into_iter().chain([rest]);
        // The stream of a missing way is never run: the pipeline is invalid.
        std::array::from_fn(|_| {
            streams.next().unwrap_or_else(|| unreachable!("as many sides as streams, less the rest"))
        })
    }
}
