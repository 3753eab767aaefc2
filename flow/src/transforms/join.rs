//! `join`: pairs the records of two keyed streams.

mod half;
mod interval;
mod lists;
mod session;
mod side;
#[cfg(test)]
mod tests;

use super::window_operator::WindowOperator;
use crate::error::{Error, ErrorKind, Origin, StageRef};
use crate::expr::PortableExpr;
use crate::graph::Description;
use crate::ir::window::{JoinBounds, JoinKind};
use crate::state::{Data, Key, KeyFn, each, group_of};
use crate::stream::{About, KeyedStream, NewStage, Stream, lock};
use crate::task::Route;
use crate::windows::{Bound, Plan, Window};
use interval::IntervalJoin;
use lists::Pairs;
use session::Pairing;
use side::{Make, Side, Tag, Tagged};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

impl<K: Key, L: Send + 'static> KeyedStream<K, L> {
    /// Pairs the records of this stream, the left one, with those of another, the right one, that have the same key. Bounds in
    /// time follow — [`window`](Join::window) or [`between`](Join::between) — and what becomes of records without a partner:
    /// [`inner`](BoundedJoin::inner), [`left`](BoundedJoin::left), [`right`](BoundedJoin::right) or
    /// [`full`](BoundedJoin::full).
    ///
    /// `None` is a key like any other: records whose keys are `None` are partners.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use std::time::Duration;
    /// let at = |event: &(i64, u8)| Timestamp::from_millis(event.0);
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("paid");
    /// let orders = pipeline.source(sources::iter([(1, 7), (2, 8)])).watermark_monotonic(at).key_by(|order| order.1);
    /// let payments = pipeline.source(sources::iter([(3, 7)])).watermark_monotonic(at).key_by(|payment| payment.1);
    /// orders.join(payments).window(tumbling(Duration::from_millis(10))).left().sink(sink);
    /// pipeline.run_blocking()?;
    /// let mut rows = rows.take();
    /// rows.sort();
    /// assert_eq!(rows, [((1, 7), Some((3, 7))), ((2, 8), None)]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn join<R: Send + 'static>(self, right: KeyedStream<K, R>) -> Join<K, L, R> {
        Join { left: self, right, origin: Origin::here() }
    }
}

/// Two streams that are going to be joined. [`KeyedStream::join`] makes it.
#[must_use = "a join without bounds makes its pipeline invalid"]
pub struct Join<K, L, R> {
    left: KeyedStream<K, L>,
    right: KeyedStream<K, R>,
    origin: Origin,
}

impl<K, L, R> fmt::Debug for Join<K, L, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl<K: Key, L: Send + 'static, R: Send + 'static> Join<K, L, R> {
    /// Partners are in the same window. Pairs, and what has no partner, come out when the window fires, with its last moment as
    /// their event time. A session is made by the records of both sides. Late records are left out, and counted.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use std::time::Duration;
    /// let at = |event: &(i64, &'static str)| Timestamp::from_millis(event.0);
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("paid");
    /// let orders = pipeline.source(sources::iter([(1, "anna"), (2, "bob"), (12, "anna")])).watermark_monotonic(at);
    /// let payments = pipeline.source(sources::iter([(3, "anna"), (15, "bob")])).watermark_monotonic(at);
    /// orders
    ///     .map(|(at, who)| (at, who.to_owned()))
    ///     .key_by(|order| order.1.clone())
    ///     .join(payments.map(|(at, who)| (at, who.to_owned())).key_by(|payment| payment.1.clone()))
    ///     .window(tumbling(Duration::from_millis(10)))
    ///     .left()
    ///     .map(|(order, payment)| (order.0, order.1, payment.is_some()))
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// let mut rows = rows.take();
    /// rows.sort();
    /// assert_eq!(rows, [(1, "anna".into(), true), (2, "bob".into(), false), (12, "anna".into(), false)]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn window(self, window: Window) -> BoundedJoin<K, L, R> {
        let windowed = self.left.window(window);
        let (spec, plan) = (JoinBounds::Window(windowed.spec()), windowed.plan);
        BoundedJoin { join: Self { left: windowed.keyed, ..self }, bounds: Bounds::Window(window, plan), spec }
    }

    /// Partners are so much apart in time: the right record is at least `lower` and at most `upper` later than the left one,
    /// both included; [`before`](crate::windows::before) makes a bound that is earlier. A pair comes out when its second
    /// record arrives, with the later event time of the two. What has no partner comes out as soon as none can come any more,
    /// with that moment as its event time (or its own, if that is later).
    ///
    /// A late record is not left out: it meets those that are still kept, which is for as long as a partner that is not late
    /// can come. One that comes too late for any partner is counted as late, unless its side is an outer one.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use std::time::Duration;
    /// let at = |event: &(i64, u8)| Timestamp::from_millis(event.0);
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("clicked");
    /// let shown = pipeline.source(sources::iter([(100, 1), (200, 2), (300, 1)])).watermark_monotonic(at);
    /// let clicks = pipeline.source(sources::iter([(130, 1), (320, 1), (500, 2)])).watermark_monotonic(at);
    /// shown
    ///     .key_by(|shown| shown.1)
    ///     .join(clicks.key_by(|click| click.1))
    ///     .between(before(Duration::from_millis(10)), after(Duration::from_millis(50)))
    ///     .inner()
    ///     .map(|(shown, click)| (shown.0, click.0))
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// let mut rows = rows.take();
    /// rows.sort();
    /// assert_eq!(rows, [(100, 130), (300, 320)]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn between(self, lower: impl Into<Bound>, upper: impl Into<Bound>) -> BoundedJoin<K, L, R> {
        let (lower, upper) = (lower.into().millis(), upper.into().millis());
        if lower > upper {
            let empty =
                Error::new(ErrorKind::Definition, format!("the interval from {lower} ms to {upper} ms is empty"))
                    .help("give the earlier bound first: `between(before(…), after(…))`");
            let stage = StageRef { name: "join".into(), origin: Origin::here() };
            lock(self.left.stream.graph()).mistakes.push(empty.at(&stage));
        }
        let spec = JoinBounds::Between { lower, upper };
        BoundedJoin { join: self, bounds: Bounds::Between(lower, upper), spec }
    }
}

enum Bounds {
    Window(Window, Plan),
    Between(i64, i64),
}

/// Two streams that are going to be joined within bounds in time. [`Join::window`] and [`Join::between`] make it.
#[must_use = "a join that is never said to be inner, left, right or full makes its pipeline invalid"]
pub struct BoundedJoin<K, L, R> {
    join: Join<K, L, R>,
    bounds: Bounds,
    spec: JoinBounds,
}

impl<K, L, R> fmt::Debug for BoundedJoin<K, L, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedJoin").field("bounds", &self.spec).finish_non_exhaustive()
    }
}

impl<K: Key, L: Data + Clone, R: Data + Clone> BoundedJoin<K, L, R> {
    /// Pairs only.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use std::time::Duration;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("inner");
    /// let numbers = |numbers: [i64; 2]| {
    ///     let source = pipeline.source(sources::iter(numbers));
    ///     source.watermark_monotonic(|n| Timestamp::from_millis(*n)).key_by(|n| *n)
    /// };
    /// numbers([1, 2]).join(numbers([2, 3])).window(tumbling(Duration::from_secs(1))).inner().sink(sink);
    /// pipeline.run_blocking()?;
    /// let mut rows = rows.take();
    /// rows.sort();
    /// assert_eq!(rows, [(2, 2)]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn inner(self) -> Stream<(L, R)> {
        self.attach(JoinKind::Inner, Option::zip)
    }

    /// Pairs, and the records of the left side that have no partner.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use std::time::Duration;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("left");
    /// let numbers = |numbers: [i64; 2]| {
    ///     let source = pipeline.source(sources::iter(numbers));
    ///     source.watermark_monotonic(|n| Timestamp::from_millis(*n)).key_by(|n| *n)
    /// };
    /// numbers([1, 2]).join(numbers([2, 3])).window(tumbling(Duration::from_secs(1))).left().sink(sink);
    /// pipeline.run_blocking()?;
    /// let mut rows = rows.take();
    /// rows.sort();
    /// assert_eq!(rows, [(1, None), (2, Some(2))]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn left(self) -> Stream<(L, Option<R>)> {
        self.attach(JoinKind::Left, |left, right| left.map(|left| (left, right)))
    }

    /// Pairs, and the records of the right side that have no partner.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use std::time::Duration;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("right");
    /// let numbers = |numbers: [i64; 2]| {
    ///     let source = pipeline.source(sources::iter(numbers));
    ///     source.watermark_monotonic(|n| Timestamp::from_millis(*n)).key_by(|n| *n)
    /// };
    /// numbers([1, 2]).join(numbers([2, 3])).window(tumbling(Duration::from_secs(1))).right().sink(sink);
    /// pipeline.run_blocking()?;
    /// let mut rows = rows.take();
    /// rows.sort();
    /// assert_eq!(rows, [(None, 3), (Some(2), 2)]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn right(self) -> Stream<(Option<L>, R)> {
        self.attach(JoinKind::Right, |left, right| right.map(|right| (left, right)))
    }

    /// Pairs, and the records of both sides that have no partner.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use std::time::Duration;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("full");
    /// let numbers = |numbers: [i64; 2]| {
    ///     let source = pipeline.source(sources::iter(numbers));
    ///     source.watermark_monotonic(|n| Timestamp::from_millis(*n)).key_by(|n| *n)
    /// };
    /// numbers([1, 2]).join(numbers([2, 3])).window(tumbling(Duration::from_secs(1))).full().sink(sink);
    /// pipeline.run_blocking()?;
    /// let mut rows = rows.take();
    /// rows.sort();
    /// assert_eq!(rows, [(None, Some(3)), (Some(1), None), (Some(2), Some(2))]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn full(self) -> Stream<(Option<L>, Option<R>)> {
        self.attach(JoinKind::Full, |left, right| Some((left, right)))
    }

    fn attach<O: Send + 'static>(self, kind: JoinKind, make: Make<L, R, O>) -> Stream<O> {
        let Self { join: Join { left, right, origin }, bounds, spec } = self;
        let graph = Arc::clone(left.stream.graph());
        if !Arc::ptr_eq(&graph, right.stream.graph()) {
            let strangers = Error::new(ErrorKind::Definition, "the two sides of a join are of different pipelines");
            let stage = StageRef { name: "join".into(), origin };
            lock(&graph).mistakes.push(strangers.help("begin both with a source of one pipeline").at(&stage));
        }
        let about = About {
            name: left.about.name.clone().or(right.about.name.clone()),
            parallelism: left.about.parallelism.or(right.about.parallelism),
        };
        let (left, left_key) = tag::<_, _, L, R>(left, "join-left", origin, Side::Left);
        let (right, right_key) = tag::<_, _, L, R>(right, "join-right", origin, Side::Right);
        let stage = NewStage::new("join", origin, Description::Join { left_key, right_key, kind, bounds: spec })
            .keyed()
            .needs_time();
        let route = Route::hash::<Tagged<K, L, R>>(each(|record: &Tagged<K, L, R>| group_of(&record.key)));
        let inputs = vec![left.input(route.clone()), right.input(route)];
        let joined = match bounds {
            Bounds::Window(window, plan @ Plan::Aligned(_)) => {
                let make = move |_| {
                    let all = KeyFn::new(|_: &Tagged<K, L, R>| ());
                    WindowOperator::new(all, (window, plan), Duration::ZERO, Pairs::new(kind, make))
                };
                Stream::attach_to(&graph, stage, inputs, 0, make).0
            }
            Bounds::Window(window, plan @ Plan::Session { .. }) => {
                let key = KeyFn::new(|record: &Tagged<K, L, R>| record.key.clone());
                let make =
                    move |_| WindowOperator::new(key.clone(), (window, plan), Duration::ZERO, Pairing::new(make));
                Stream::attach_to(&graph, stage, inputs, 0, make).0
            }
            Bounds::Between(lower, upper) => {
                let make = move |_| IntervalJoin::<K, L, R, O>::new((lower, upper), kind, make);
                Stream::attach_to(&graph, stage, inputs, 0, make).0
            }
        };
        about.tell(&joined);
        joined
    }
}

/// One side of a join, its records with their keys; and the key as an expression.
fn tag<K: Key, T: Send + 'static, L: Send + 'static, R: Send + 'static>(
    side: KeyedStream<K, T>,
    kind: &'static str,
    origin: Origin,
    make: fn(T) -> Side<L, R>,
) -> (Stream<Tagged<K, L, R>>, PortableExpr) {
    let KeyedStream { stream, key, expr, .. } = side;
    let stage = NewStage::new(kind, origin, Description::opaque("part of a join")).hidden();
    (stream.attach(stage, move |_| Tag::new(key.clone(), make)), expr)
}
