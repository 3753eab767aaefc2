//! A row on its way to a topic.

use super::keys::Key;
use rdkafka::message::{Header, OwnedHeaders};

/// What is written of a row. One is filled again and again, so that its memory is used again.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    /// The topic, if it is not the sink's own.
    pub(super) topic: String,
    /// The partition, if it is not the key that chooses it.
    pub(super) partition: Option<i32>,
    pub(super) key: Vec<u8>,
    pub(super) has_key: bool,
    pub(super) value: Vec<u8>,
    /// Whether it is a tombstone.
    pub(super) is_null: bool,
    pub(super) headers: Headers,
    /// In milliseconds.
    pub(super) time: Option<i64>,
}

impl Outgoing {
    pub(super) fn clear(&mut self) {
        self.topic.clear();
        self.key.clear();
        self.value.clear();
        self.headers.0.clear();
        (self.partition, self.has_key, self.is_null, self.time) = (None, false, false, None);
    }

    pub(super) fn put_key(&mut self, key: &(impl Key + ?Sized)) {
        self.key.clear();
        self.has_key = key.put(&mut self.key);
    }
}

/// The headers of a message, in their order; a name may come twice.
#[derive(Debug, Default)]
pub struct Headers(Vec<(String, Option<Vec<u8>>)>);

impl Headers {
    /// Adds a header. `None` is a header without a value.
    pub fn add(&mut self, name: impl Into<String>, value: impl Key) {
        let mut bytes = Vec::new();
        let value = value.put(&mut bytes).then_some(bytes);
        self.0.push((name.into(), value));
    }

    pub(super) fn owned(&self) -> Option<OwnedHeaders> {
        if self.0.is_empty() {
            return None;
        }
        let headers = OwnedHeaders::new_with_capacity(self.0.len());
        Some(self.0.iter().fold(headers, |headers, (name, value)| {
            headers.insert(Header { key: name.as_str(), value: value.as_ref() })
        }))
    }
}
