//! A stream of corrections.

use super::{Stream, lock};
use crate::element::Upsert;
use crate::record::Record;

/// A stream that corrects the rows of its keys: what a running aggregate gives. A sink for it takes [`Upsert`]s.
#[must_use = "a stream that no stage or sink follows makes its pipeline invalid"]
#[derive(Debug)]
pub struct UpsertStream<K, V> {
    pub(crate) stream: Stream<Upsert<K, V>>,
}

impl<K: Send + 'static, V: Send + 'static> UpsertStream<K, V> {
    pub(crate) fn new(stream: Stream<Upsert<K, V>>) -> Self {
        Self { stream }
    }

    /// The corrections as plain records, for stages that know what they do.
    pub fn changes(self) -> Stream<Upsert<K, V>> {
        self.stream
    }

    /// Tells the IR the fields of this stream's rows.
    pub fn described(self) -> Self
    where
        V: Record,
    {
        lock(self.stream.graph()).nodes[self.stream.node()].schema = Some(V::schema());
        self
    }

    /// Gives the stage that was just attached a name: its stable id, under which its state is stored.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { stream: self.stream.named(name) }
    }

    /// Runs the stage that was just attached in so many tasks.
    #[track_caller]
    pub fn with_parallelism(self, tasks: usize) -> Self {
        Self { stream: self.stream.with_parallelism(tasks) }
    }

    /// A second handle to the same stream: both are given every correction, one of them a copy.
    pub fn tee(&self) -> Self
    where
        K: Clone,
        V: Clone,
    {
        Self { stream: self.stream.tee() }
    }

    /// Gives the stream to a function, and gives what that makes of it.
    pub fn apply<R>(self, fragment: impl FnOnce(Self) -> R) -> R {
        fragment(self)
    }
}
