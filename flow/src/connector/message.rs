//! A record together with where it came from.

use crate::time::Timestamp;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A record and what its source knows of it beside: what a source gives that is asked for it by
/// [`with_metadata`](super::Source::with_metadata).
///
/// Where its record can be a part of state or of JSON, it can be, too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message<T> {
    /// The record.
    pub value: T,
    /// Where it came from.
    pub metadata: Metadata,
}

/// Where a record came from, and what stood beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Metadata {
    /// What was read: a topic, a file's path, or the name of a source that is one of its kind.
    pub topic: Arc<str>,
    /// The number of the partition in it; 0 if it has but one, as a file.
    pub partition: u32,
    /// Where in the partition: a Kafka offset, the number of a line from 1, of another source's records from 0. None, if the source does not
    /// say.
    pub offset: Option<u64>,
    /// The time that the place keeps of the record, as Kafka does, or the event time that the source gave it.
    pub time: Option<Timestamp>,
    /// The key that stood beside the record.
    pub key: Option<Bytes>,
    /// The headers that stood beside it, in their order; a name may come twice, and a header may have no value.
    pub headers: Vec<(String, Option<Bytes>)>,
}

impl Metadata {
    /// The value of the last header of this name, if it has one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&Bytes> {
        self.headers.iter().rev().find(|(header, _)| header == name).and_then(|(_, value)| value.as_ref())
    }
}
