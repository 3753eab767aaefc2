//! A message of a topic, as it stands there.

use bytes::Bytes;
use flow::Timestamp;
use flow::connector::Metadata;
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The attribute of a dead letter that holds the key.
pub(crate) const KEY: &str = "key";
/// What stands before a header's name in the attribute of a dead letter.
pub(crate) const HEADER: &str = "header.";
/// The same where the header has no value.
pub(crate) const NULL_HEADER: &str = "header-null.";
/// The attribute of a dead letter that says that there was no value.
pub(crate) const NULL: &str = "null";

/// Why a message is given up whose headers cannot be kept.
pub(crate) const UNREADABLE: &str = "a header's name is not UTF-8, and the client cannot give that header";

/// A message as it was read: what a decoder of the program's own is given.
pub struct Raw<'a> {
    message: &'a BorrowedMessage<'a>,
    /// Whether a header was asked for that the client cannot give.
    misses_header: Cell<bool>,
}

impl<'a> Raw<'a> {
    pub(crate) fn new(message: &'a BorrowedMessage<'a>) -> Self {
        Self { message, misses_header: Cell::new(false) }
    }

    /// The value; none for a tombstone.
    #[must_use]
    pub fn value(&self) -> Option<&'a [u8]> {
        self.message.payload()
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> Option<&'a [u8]> {
        self.message.key()
    }

    /// The topic that it was read from.
    #[must_use]
    pub fn topic(&self) -> &'a str {
        self.message.topic()
    }

    /// The partition that it was read from.
    #[must_use]
    pub fn partition(&self) -> u32 {
        u32::try_from(self.message.partition()).unwrap_or_default()
    }

    /// Where in the partition it stands.
    #[must_use]
    pub fn offset(&self) -> u64 {
        u64::try_from(self.message.offset()).unwrap_or_default()
    }

    /// The time that Kafka keeps of it: when it was made, or written to the log.
    #[must_use]
    pub fn timestamp(&self) -> Option<Timestamp> {
        self.message.timestamp().to_millis().map(Timestamp::from_millis)
    }

    /// The headers, in their order; a name may come twice. A name that is no UTF-8 cannot be had: a message that has one, and whose headers are
    /// asked for, goes by the pipeline's error policy.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, Option<&'a [u8]>)> + use<'a, '_> {
        let headers = self.message.headers();
        let count = headers.map_or(0, |headers| headers.count());
        (0..count).filter_map(move |at| {
            // The client panics at a name that is no UTF-8.
            let header = catch_unwind(AssertUnwindSafe(|| headers?.try_get(at)));
            self.misses_header.set(self.misses_header.get() || header.is_err());
            header.ok().flatten().map(|header| (header.key, header.value))
        })
    }

    /// Whether a header was asked for that the client cannot give.
    pub(crate) fn misses_header(&self) -> bool {
        self.misses_header.get()
    }

    /// The value of the last header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.headers().filter(|(header, _)| *header == name).last()?.1
    }

    /// Says what stands beside the value.
    pub(crate) fn describe(&self, beside: &mut Metadata) {
        beside.time = self.timestamp();
        beside.key = self.key().map(Bytes::copy_from_slice);
        let owned = |(name, value): (&str, Option<&[u8]>)| (name.to_owned(), value.map(Bytes::copy_from_slice));
        beside.headers = self.headers().map(owned).collect();
    }

    /// The same for a dead letter.
    pub(crate) fn attributes(&self) -> Vec<(String, Bytes)> {
        let key = self.key().map(|key| (KEY.to_owned(), Bytes::copy_from_slice(key)));
        let null = self.value().is_none().then(|| (NULL.to_owned(), Bytes::new()));
        let headers = self.headers().map(|(name, value)| match value {
            Some(value) => (format!("{HEADER}{name}"), Bytes::copy_from_slice(value)),
            None => (format!("{NULL_HEADER}{name}"), Bytes::new()),
        });
        key.into_iter().chain(null).chain(headers).collect()
    }
}

impl fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} at {}", self.topic(), self.partition(), self.offset())
    }
}
