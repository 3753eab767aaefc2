//! What records have come to on their way.

use super::batch::Batch;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// What records have come to that were gathered in front of an exchange: it travels in their stead, and the operator behind
/// the exchange knows its type.
pub(crate) struct Gathered {
    content: Box<dyn Any + Send>,
    /// How many records they were.
    pub(crate) records: usize,
    /// For how many it counts on an edge.
    pub(crate) weight: usize,
}

impl Gathered {
    pub(crate) fn new<C: Send + 'static>(content: C, records: usize, weight: usize) -> Self {
        Self { content: Box::new(content), records, weight }
    }

    /// The content, if it is of this type.
    pub(crate) fn content<C: 'static>(self) -> Option<C> {
        self.content.downcast().ok().map(|content| *content)
    }
}

impl fmt::Debug for Gathered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gathered").field("records", &self.records).finish_non_exhaustive()
    }
}

/// Gathers the records of a stage before they reach its tasks.
pub(crate) trait Combine<T: 'static>: Send {
    /// Takes out of a batch what can be gathered: records of windows that end after it. Gives the rest.
    fn take(&mut self, batch: Batch<T>) -> Batch<T>;

    /// Whether something is to be given when the watermark has come so far.
    fn is_due(&self, watermark: i64) -> bool;

    /// Gives what was gathered of windows that end by then to each task: `tasks` says which has a key group.
    fn give(&mut self, watermark: i64, tasks: &[u16], each: &mut dyn FnMut(usize, Gathered));
}

/// Makes one for each task that sends, from the watermark that the stage behind the exchange may have begun with.
pub(crate) type Combiner<T> = Arc<dyn Fn(i64) -> Box<dyn Combine<T>> + Send + Sync>;
