//! One partition that a reader reads, or has read.

use super::formats::Decoder;
use super::plan::Partition;
use super::shared::Queue;
use crate::raw::{Raw, UNREADABLE};
use bytes::Bytes;
use flow::Result;
use flow::connector::{Malformed, ReadBuffer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use std::time::Duration;

/// A partition under its number in the task.
pub(super) struct Slot {
    pub(super) partition: Partition,
    /// Where reading goes on; none, as long as the group says where and nothing was read.
    pub(super) next: Option<i64>,
    /// What of it is known to be committed.
    pub(super) committed: Option<i64>,
    /// Whether the client has fetched up to the end: when its queue is empty, all of it was read.
    pub(super) fetched: bool,
    pub(super) state: State,
}

pub(super) enum State {
    /// It was there when the job started; whether this task reads it is for the group to say.
    Waiting,
    Reading(Queue),
    /// The group takes it away: when what was read of it is out, the revocation of this number is released.
    Revoked(u64),
    /// It was read to its end, and its last position may still be committed.
    Done,
    /// It is not this reader's any more.
    Gone,
}

/// How far reading came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drained {
    /// There is nothing more for now.
    Empty,
    /// The same, and the servers have said that the partition ends there. For now: a replica may be behind others.
    Eof,
    /// The buffer is full.
    Full,
    /// The partition was read to the end that was set.
    End,
}

/// How many bytes of values a buffer takes: the engine counts records, and these may be large.
pub(super) const BYTES: usize = 1 << 20;

impl Slot {
    pub(super) fn new(partition: Partition, state: State) -> Self {
        Self { next: partition.start, committed: None, fetched: false, partition, state }
    }

    /// Whether its position may be committed by this reader.
    pub(super) fn is_ours(&self) -> bool {
        matches!(self.state, State::Reading(_) | State::Revoked(_) | State::Done)
    }

    /// Whether the partition was read to the end that was set. Offsets before it that are no records any reader sees (the marks of transactions,
    /// what was compacted or deleted) need a proof: `position` is where the client has handed on all before.
    pub(super) fn is_at_end(&self, position: Option<i64>) -> bool {
        let reaches = |offset: Option<i64>| self.partition.end.is_some_and(|end| offset.is_some_and(|it| it >= end));
        self.fetched || reaches(self.next) || reaches(position)
    }

    /// Takes records out of the queue. `bytes` is how many bytes of values the buffer has room for.
    pub(super) fn drain<T: Send + 'static>(
        &mut self,
        decode: &Decoder<T>,
        into: &mut ReadBuffer<T>,
        bytes: &mut usize,
    ) -> Result<Drained, KafkaError> {
        let State::Reading(queue) = &self.state else { return Ok(Drained::Empty) };
        if self.partition.end.is_some_and(|end| self.next.is_some_and(|next| next >= end)) {
            return Ok(Drained::End);
        }
        let mut nothing_more = Drained::Empty;
        while !into.is_full() && *bytes > 0 {
            let message = match queue.poll(Duration::ZERO) {
                None => return Ok(nothing_more),
                Some(Ok(message)) => message,
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    nothing_more = Drained::Eof;
                    continue;
                }
                Some(Err(error)) => return Err(error),
            };
            let offset = message.offset();
            if self.partition.end.is_some_and(|end| offset >= end) {
                return Ok(Drained::End);
            }
            *bytes = bytes.saturating_sub(message.payload_len() + message.key_len() + 1);
            put(&Raw::new(&message), decode, into);
            self.next = Some(offset + 1);
            if self.partition.end.is_some_and(|end| offset + 1 >= end) {
                return Ok(Drained::End);
            }
        }
        Ok(Drained::Full)
    }
}

fn put<T: Send + 'static>(raw: &Raw<'_>, decode: &Decoder<T>, into: &mut ReadBuffer<T>) {
    let decoded = decode(raw);
    if into.describes() {
        // A header is kept with its record, or the record is malformed.
        raw.headers().for_each(drop);
    }
    match decoded {
        Ok(record) if !raw.misses_header() => into.push_with(record, raw.offset(), |beside| raw.describe(beside)),
        decoded => {
            let original = Bytes::copy_from_slice(raw.value().unwrap_or_default());
            let attributes = raw.attributes();
            let missing = raw.misses_header().then(|| UNREADABLE.to_owned());
            let reason = decoded.err().into_iter().chain(missing).collect::<Vec<_>>().join("; ");
            into.malformed(Malformed { original, reason, offset: Some(raw.offset()), attributes });
        }
    }
}
