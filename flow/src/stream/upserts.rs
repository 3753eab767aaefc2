//! A stream of corrections.

use super::Stream;
use crate::element::Upsert;

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

    /// Gives the stage that was just attached a name: its stable id, under which its state is stored.
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { stream: self.stream.named(name) }
    }

    /// Runs the stage that was just attached in so many tasks.
    #[track_caller]
    pub fn with_parallelism(self, tasks: usize) -> Self {
        Self { stream: self.stream.with_parallelism(tasks) }
    }
}
