//! `window`: cuts a keyed stream into windows of event time.

use super::window_operator::WindowOperator;
use crate::element::Combiner;
use crate::error::{Origin, StageRef};
use crate::graph::{Body, Description, Instance, OperatorBody};
use crate::ir::window::{WindowShape, WindowSpec};
use crate::state::Key;
use crate::stream::{KeyedStream, Stream, WindowedStream, lock};
use crate::task::{Route, TypeOf};
use crate::time;
use crate::windows::{Ahead, Gather, Plan, Window, WindowKind};
use std::sync::Arc;
use std::time::Duration;

impl<K: Key, T: Send + 'static> KeyedStream<K, T> {
    /// Cuts the records of each key into windows of event time. What is made of them — an
    /// [`aggregate`](WindowedStream::aggregate), [`fold`](WindowedStream::fold), [`reduce`](WindowedStream::reduce) or
    /// [`top`](WindowedStream::top) — follows.
    ///
    /// A window fires when the watermark reaches its last moment; its rows have that moment as their event time. A record that
    /// comes after that is late: it is left out, and counted. Lengths that make no sense are an error when the pipeline is
    /// run; see [`Window::check`].
    ///
    /// ```
    /// use flow::prelude::*;
    /// use flow::windows::tumbling;
    /// use std::time::Duration;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("visits");
    /// pipeline
    ///     .source(sources::iter([("a", 1), ("b", 2), ("a", 3), ("a", 12)].map(|(who, at)| (who.to_owned(), at))))
    ///     .watermark_monotonic(|visit| Timestamp::from_millis(visit.1))
    ///     .key_by(|visit| visit.0.clone())
    ///     .window(tumbling(Duration::from_millis(10)))
    ///     .aggregate(|of| of.count(), |who, window, visits| (who.clone(), window.start.millis(), visits))
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// let mut rows = rows.take();
    /// rows.sort();
    /// assert_eq!(rows, [("a".into(), 0, 2), ("a".into(), 10, 1), ("b".into(), 0, 1)]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn window(self, window: Window) -> WindowedStream<K, T> {
        let origin = Origin::here();
        let plan = window.plan().unwrap_or_else(|mistake| {
            let stage = StageRef { name: "window".into(), origin };
            lock(self.stream.graph()).mistakes.push(mistake.at(&stage));
            // The pipeline is not going to run.
            Plan::Session { gap: 1 }
        });
        let (lateness, reserved) = (Duration::ZERO, None);
        WindowedStream { keyed: self, window, plan, lateness, reserved }
    }
}

impl<K: Key, T: Send + 'static> WindowedStream<K, T> {
    /// Lets windows take records for this much event time after they have fired. Each such record makes its window give its
    /// row again, with what has come until then; rows that were given before are not taken back.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use flow::windows::tumbling;
    /// use std::time::Duration;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("counts");
    /// pipeline
    ///     .source(sources::iter([1, 15, 2, 40, 3]))
    ///     .watermark_monotonic(|at| Timestamp::from_millis(*at))
    ///     .key_all()
    ///     .window(tumbling(Duration::from_millis(10)))
    ///     .lateness(Duration::from_millis(20))
    ///     .aggregate(|of| of.count(), |_, window, count| (window.start.millis(), count))
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// // The `2` is late, but in time for a second row; the `3` is not.
    /// assert_eq!(rows.take(), [(0, 1), (0, 2), (10, 1), (40, 1)]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn lateness(self, lateness: Duration) -> Self {
        Self { lateness, ..self }
    }

    /// Gives the records that are late for all of their windows as a stream of their own. Without it they are only counted.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use flow::windows::tumbling;
    /// use std::time::Duration;
    /// let ((sums, sums_sink), (late, late_sink)) = (sinks::collect(), sinks::collect());
    /// let pipeline = Pipeline::new("sums");
    /// let (windowed, late_ones) = pipeline
    ///     .source(sources::iter([1, 15, 2]))
    ///     .watermark_monotonic(|at| Timestamp::from_millis(*at))
    ///     .key_all()
    ///     .window(tumbling(Duration::from_millis(10)))
    ///     .split_late();
    /// windowed.aggregate(|of| of.sum(|at| *at), |_, _, sum| sum).sink(sums_sink);
    /// late_ones.sink(late_sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!((sums.take(), late.take()), (vec![1, 15], vec![2]));
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn split_late(self) -> (Self, Stream<T>) {
        let origin = Origin::here();
        let node = self.reserved.unwrap_or_else(|| {
            let description = Description::opaque("nothing is made of this window yet");
            let (stage, route) = self.keyed.keyed_stage("window", origin, description);
            let (graph, input) = (self.keyed.stream.graph(), self.keyed.stream.input(route));
            Stream::<T>::reserve::<T, T>(graph, stage.needs_time(), vec![input], 1)
        });
        let late = Stream::at(self.keyed.stream.graph().clone(), crate::graph::Port { node, port: 1 });
        (Self { reserved: Some(node), ..self }, late)
    }

    /// Gives the stage that will follow a name: its stable id.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { keyed: self.keyed.named(name), ..self }
    }

    /// Runs the stage that will follow in so many tasks.
    #[track_caller]
    pub fn with_parallelism(self, tasks: usize) -> Self {
        Self { keyed: self.keyed.with_parallelism(tasks), ..self }
    }

    /// The window, for the IR.
    pub(super) fn spec(&self) -> WindowSpec {
        let shape = match self.window.kind() {
            WindowKind::Tumbling { size } => WindowShape::Tumbling { size: time::millis(size) },
            WindowKind::Sliding { size, every } => {
                WindowShape::Sliding { size: time::millis(size), every: time::millis(every) }
            }
            WindowKind::Session { gap } => WindowShape::Session { gap: time::millis(gap) },
        };
        WindowSpec {
            shape,
            offset: time::millis(self.window.offset_by()),
            lateness: time::millis(self.lateness),
            late_output: self.reserved.is_some(),
        }
    }

    /// Attaches the stage that makes something of the windows; `make` makes what gathers them, for each of its tasks, and
    /// `combiner` what gathers records in front of the exchange, if that may be.
    pub(super) fn gathered<G: Gather<K, T>>(
        self,
        kind: &'static str,
        origin: Origin,
        description: Description,
        make: impl Fn() -> G + Send + 'static,
        combiner: Option<Combiner<T>>,
    ) -> Stream<G::Row> {
        let Self { keyed, window, plan, lateness, reserved } = self;
        let (key, graph) = (keyed.key.clone(), keyed.stream.graph().clone());
        let operator = move |_: Instance| WindowOperator::new(key.clone(), (window, plan), lateness, make());
        let Some(node) = reserved else {
            let (stage, _) = keyed.keyed_stage(kind, origin, description);
            let route = Route::hash_of(keyed.key.groups(), combiner);
            return keyed.attach_keyed(stage.needs_time(), route, operator);
        };
        {
            let mut graph = lock(&graph);
            let place = &mut graph.nodes[node];
            (place.kind, place.origin, place.description) = (kind, origin, description);
            place.outputs[0] = TypeOf::<G::Row>::erased();
            place.body = Some(Body::Chained(Box::new(OperatorBody(operator))));
        }
        let stream = Stream::at(graph, crate::graph::Port { node, port: 0 });
        keyed.about.tell(&stream);
        stream
    }

    /// What gathers records in front of the exchange, if that comes to exactly the same.
    pub(super) fn combiner<G: Gather<K, T>>(
        &self,
        make: impl Fn() -> G + Send + Sync + 'static,
    ) -> Option<Combiner<T>> {
        let Plan::Aligned(grid) = self.plan else { return None };
        if !G::RETRACTS || grid.parts().is_none() {
            return None;
        }
        let key = self.keyed.key.clone();
        Some(Arc::new(move |floor| Box::new(Ahead::new(key.clone(), grid.part_grid(), make(), floor))))
    }
}
