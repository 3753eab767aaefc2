//! `sink`: the end of a stream.

use crate::connector::{Sink, SinkWriters};
use crate::element::Upsert;
use crate::error::Origin;
use crate::graph::{Description, Parallel, SinkOf};
use crate::stream::{NewStage, Stream, UpsertStream};

impl<T: Send + 'static> Stream<T> {
    /// Writes every record to a sink.
    ///
    /// # Delivery
    /// What the sink declares; a job's report names the weakest of its sinks.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("copy");
    /// pipeline.source(sources::iter(0..3)).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [0, 1, 2]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn sink(self, sink: impl Sink<Item = T>) -> SinkHandle {
        let parallel = match sink.writers() {
            SinkWriters::One => Parallel::One,
            SinkWriters::Any => Parallel::Inherit,
        };
        let stage = NewStage::new("sink", Origin::here(), Description::Sink(sink.describe())).parallel(parallel);
        let graph = self.graph().clone();
        let node = self.attach_sink(stage, Box::new(SinkOf(sink)));
        SinkHandle { graph, node }
    }
}

impl<K: Send + 'static, V: Send + 'static> UpsertStream<K, V> {
    /// Writes every correction to a sink that takes corrections.
    ///
    /// # Delivery
    /// What the sink declares.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (totals, sink) = sinks::table();
    /// let pipeline = Pipeline::new("totals");
    /// let orders = pipeline.source(sources::iter([('n', 3), ('s', 5), ('n', 4)]));
    /// orders.key_by(|order| order.0).aggregate(|of| of.sum(|order| order.1), |_, total| total).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!((totals.get(&'n'), totals.get(&'s')), (Some(7), Some(5)));
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn sink(self, sink: impl Sink<Item = Upsert<K, V>>) -> SinkHandle {
        self.changes().sink(sink)
    }
}

/// The end of a stream: lets the sink's stage be named.
#[derive(Clone)]
pub struct SinkHandle {
    graph: crate::stream::SharedGraph,
    node: usize,
}

impl std::fmt::Debug for SinkHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SinkHandle").field("node", &self.node).finish_non_exhaustive()
    }
}

impl SinkHandle {
    /// Gives the sink's stage a name.
    pub fn named(self, name: impl Into<String>) -> Self {
        crate::stream::name_node(&self.graph, self.node, name.into());
        self
    }

    /// Writes with so many tasks, if the sink can have several writers.
    #[track_caller]
    pub fn with_parallelism(self, tasks: usize) -> Self {
        if crate::stream::lock(&self.graph).nodes[self.node].parallel != Parallel::One {
            crate::stream::parallelize_node(&self.graph, self.node, tasks, Origin::here());
        }
        self
    }
}
