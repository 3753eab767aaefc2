//! Handles to streams. A handle knows the type of its records; `Stream::attach` is the one door to the graph.

mod attach;
mod keyed;
mod upserts;
mod windowed;

pub(crate) use attach::{NewStage, name_node, parallelize_node};
pub(crate) use keyed::About;
pub use keyed::{Grouping, KeyedStream};
pub use upserts::UpsertStream;
pub use windowed::WindowedStream;

use crate::graph::{Graph, Port};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A graph that the handles of a pipeline share.
pub(crate) type SharedGraph = Arc<Mutex<Graph>>;

/// The graph, whatever panicked while it was locked.
pub(crate) fn lock(graph: &SharedGraph) -> MutexGuard<'_, Graph> {
    graph.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stream of records: an end of the pipeline that is being written, to which the next stage is attached.
///
/// Every method takes the handle and gives the next one. To take a stream twice, [`tee`](Self::tee) it.
#[must_use = "a stream that no stage or sink follows makes its pipeline invalid"]
pub struct Stream<T> {
    graph: SharedGraph,
    port: Port,
    records: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Stream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("port", &self.port).finish_non_exhaustive()
    }
}
