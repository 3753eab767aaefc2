//! What a reader puts its records into.

use crate::element::{Batch, PartitionState};
use crate::time::Timestamp;
use bytes::Bytes;

/// Takes what a [`SourceReader`](super::SourceReader) has read, up to a batch at a time.
#[derive(Debug)]
pub struct ReadBuffer<T: Send + 'static> {
    /// What was put, in order; records that follow each other stand in one batch.
    pub(crate) events: Vec<Event<T>>,
    split: usize,
    records: usize,
    capacity: usize,
    /// Whether the pipeline wants to know where each record was read.
    locates: bool,
}

/// Something that a reader has put.
#[derive(Debug)]
pub(crate) enum Event<T: 'static> {
    Records { split: usize, batch: Batch<T> },
    Malformed { split: usize, record: Malformed },
    Watermark(Timestamp),
    Partition { split: usize, state: PartitionState },
}

/// A record that cannot be decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Malformed {
    /// The bytes as they were read.
    pub original: Bytes,
    /// What is wrong with them.
    pub reason: String,
    /// Where in the partition they stand: a line's number, an offset.
    pub offset: Option<u64>,
    /// What else stood beside them: a key, headers.
    pub attributes: Vec<(String, Bytes)>,
}

impl<T: Send + 'static> ReadBuffer<T> {
    /// An empty buffer for `capacity` records.
    #[must_use]
    pub fn new(capacity: usize, locates: bool) -> Self {
        Self { events: Vec::new(), split: 0, records: 0, capacity: capacity.max(1), locates }
    }

    /// Whether no more should be put in this call. (What is put all the same is kept.)
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.records >= self.capacity
    }

    /// Whether nothing was put.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// How many more records should be put in this call.
    #[must_use]
    pub fn room(&self) -> usize {
        self.capacity.saturating_sub(self.records)
    }

    /// Whether the pipeline wants to know where each record was read: whether [`push_at`](Self::push_at) keeps the offset.
    #[must_use]
    pub fn locates(&self) -> bool {
        self.locates
    }

    /// Says which of the reader's splits the following records are of: its number among those that the reader was opened with.
    /// The first one, until this is called.
    pub fn select(&mut self, split: usize) {
        self.split = split;
    }

    /// Puts a record.
    pub fn push(&mut self, record: T) {
        self.batch().push(record);
    }

    /// Puts a record and where in its partition it was read: a line's number, an offset.
    pub fn push_at(&mut self, record: T, offset: u64) {
        let locates = self.locates;
        let batch = self.batch();
        if locates { batch.push_read(record, offset) } else { batch.push(record) }
    }

    /// Puts many records at once, without a copy if they are the first.
    pub fn extend(&mut self, records: Vec<T>) {
        if records.is_empty() {
            return;
        }
        self.records += records.len();
        self.events.push(Event::Records { split: self.split, batch: Batch::untimed(records) });
    }

    /// Puts what another buffer took, without a copy, as of the selected split.
    pub fn append(&mut self, other: Self) {
        let selected = self.split;
        self.records += other.records;
        self.events.extend(other.events.into_iter().map(|event| match event {
            Event::Records { batch, .. } => Event::Records { split: selected, batch },
            Event::Malformed { record, .. } => Event::Malformed { split: selected, record },
            Event::Partition { state, .. } => Event::Partition { split: selected, state },
            Event::Watermark(watermark) => Event::Watermark(watermark),
        }));
    }

    /// Puts a record with its event time. The source then says by [`watermark`](Self::watermark) how far time has come, and
    /// the pipeline needs no watermark stage.
    pub fn push_timed(&mut self, record: T, time: Timestamp) {
        self.batch().push_timed(record, time.millis(), crate::time::MIN);
    }

    /// Puts a watermark: no record with this or an earlier event time will follow from this reader.
    pub fn watermark(&mut self, watermark: Timestamp) {
        self.events.push(Event::Watermark(watermark));
    }

    /// Puts a record that cannot be decoded. The pipeline's error policy says what becomes of it.
    pub fn malformed(&mut self, record: Malformed) {
        self.records += 1;
        self.events.push(Event::Malformed { split: self.split, record });
    }

    /// Says that the selected split has been read to its end, so that watermarks do not wait for it.
    pub fn end_of_split(&mut self) {
        self.events.push(Event::Partition { split: self.split, state: PartitionState::Ended });
    }

    /// Says whether watermarks are to wait for the selected split.
    pub fn partition(&mut self, state: PartitionState) {
        self.events.push(Event::Partition { split: self.split, state });
    }

    /// The batch that the next record belongs to.
    fn batch(&mut self) -> &mut Batch<T> {
        self.records += 1;
        let split = self.split;
        if !matches!(self.events.last(), Some(Event::Records { split: last, .. }) if *last == split) {
            self.events.push(Event::Records { split, batch: Batch::new() });
        }
        match self.events.last_mut() {
            Some(Event::Records { batch, .. }) => batch,
            _ => unreachable!("the last event was just made one of records"),
        }
    }

    pub(crate) fn take(&mut self) -> Vec<Event<T>> {
        self.records = 0;
        std::mem::take(&mut self.events)
    }
}
