//! `key_by`: what a stream's records are grouped by.

use crate::error::Origin;
use crate::expr::{Portable, PortableExpr};
use crate::graph::{Instance, closure_expr};
use crate::ir::expr::Expr;
use crate::operator::Operator;
use crate::state::{Key, KeyFn};
use crate::stream::{About, Grouping, KeyedStream, NewStage, Stream};
use crate::task::Route;

impl<T: Send + 'static> Stream<T> {
    /// Groups the records by a key. What follows — a window, a running aggregate, a process function, a join — works on each
    /// key apart, and is spread over the pipeline's tasks by the key's group.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (table, sink) = sinks::table();
    /// let pipeline = Pipeline::new("sizes");
    /// pipeline
    ///     .source(sources::iter(["a", "bb", "cc"].map(String::from)))
    ///     .key_by(|word| word.len())
    ///     .reduce(|first, second| first + &second)
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(table.get(&2), Some("bbcc".to_owned()));
    /// # Ok::<(), flow::Error>(())
    /// ```
    ///
    /// The result is a [`KeyedStream<K, T>`].
    pub fn key_by<K: Grouping<How>, How>(self, key: impl Fn(&T) -> K + Send + Sync + 'static) -> K::Keyed<T> {
        K::group(self, key, closure_expr())
    }

    /// [`key_by`](Self::key_by) with a closure that carries its expression.
    pub fn key_by_expr<K: Grouping<How>, How, F>(self, (key, expr): Portable<F>) -> K::Keyed<T>
    where
        F: Fn(&T) -> K + Send + Sync + 'static,
    {
        K::group(self, key, expr)
    }

    /// One group for all records.
    pub fn key_all(self) -> KeyedStream<(), T> {
        let expr = PortableExpr::exact(Expr::Tuple(Vec::new()));
        KeyedStream { stream: self, key: KeyFn::new(|_: &T| ()), expr, about: About::default() }
    }
}

impl<K: Key, T: Send + 'static> KeyedStream<K, T> {
    /// A stage that holds state by this stream's key, and the way by which records find their task.
    pub(crate) fn keyed_stage(
        &self,
        kind: &'static str,
        origin: Origin,
        description: crate::graph::Description,
    ) -> (NewStage, Route) {
        (NewStage::new(kind, origin, description).keyed(), Route::hash(self.key.groups()))
    }

    /// Attaches a stage that holds state by this stream's key.
    pub(crate) fn attach_keyed<O: Operator<In = T>>(
        self,
        stage: NewStage,
        route: Route,
        make: impl Fn(Instance) -> O + Send + 'static,
    ) -> Stream<O::Out> {
        let attached = self.stream.attach_with(stage, route, 0, make).0;
        self.about.tell(&attached);
        attached
    }

    /// Gives the stage that will follow a name, its stable id, unless it is given another: a key is a part of that stage.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.about.name = Some(name.into());
        self
    }

    /// Runs the stage that will follow in so many tasks, unless it is told otherwise.
    #[track_caller]
    pub fn with_parallelism(mut self, tasks: usize) -> Self {
        self.about.parallelism = Some((tasks, Origin::here()));
        self
    }

    /// A second handle to the same stream: both are given every record, one of them a copy.
    pub fn tee(&self) -> Self
    where
        T: Clone,
    {
        Self { stream: self.stream.tee(), key: self.key.clone(), expr: self.expr.clone(), about: self.about.clone() }
    }

    /// The records without their grouping.
    pub fn ungrouped(self) -> Stream<T> {
        self.stream
    }

    /// Gives the stream to a function, and gives what that makes of it.
    pub fn apply<R>(self, fragment: impl FnOnce(Self) -> R) -> R {
        fragment(self)
    }
}
