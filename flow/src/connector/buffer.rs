//! What a reader puts its records into.

use super::message::Metadata;
use super::source::Split;
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
    /// Whether it wants to know what stood beside each record, too.
    describes: bool,
}

/// Something that a reader has put.
#[derive(Debug)]
pub(crate) enum Event<T: 'static> {
    /// `beside` is what stood beside the records, in their order; it may end before them, when nothing did from there on.
    Records {
        split: usize,
        batch: Batch<T>,
        beside: Vec<Metadata>,
    },
    Malformed {
        split: usize,
        record: Malformed,
    },
    Watermark(Timestamp),
    /// The reader has one split more; its number is the next one.
    Split(Split),
    CommitSoon,
    Partition {
        split: usize,
        state: PartitionState,
    },
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
        Self { events: Vec::new(), split: 0, records: 0, capacity: capacity.max(1), locates, describes: false }
    }

    /// An empty buffer for `capacity` records that keeps what stands beside each.
    pub(crate) fn describing(capacity: usize) -> Self {
        Self { describes: true, ..Self::new(capacity, true) }
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

    /// Whether the pipeline wants to know what stood beside each record: whether [`push_with`](Self::push_with) asks.
    #[must_use]
    pub fn describes(&self) -> bool {
        self.describes
    }

    /// The split that the following records are of.
    pub(super) fn selected(&self) -> usize {
        self.split
    }

    /// Says which of the reader's splits the following records are of: its number among those that the reader was opened with.
    /// The first one, until this is called.
    pub fn select(&mut self, split: usize) {
        self.split = split;
    }

    /// Puts a record.
    pub fn push(&mut self, record: T) {
        self.batch(false).0.push(record);
    }

    /// Puts a record and where in its partition it was read: a line's number, an offset; the same whenever it is read.
    pub fn push_at(&mut self, record: T, offset: u64) {
        let locates = self.locates;
        let (batch, _) = self.batch(locates);
        if locates { batch.push_read(record, offset) } else { batch.push(record) }
    }

    /// Puts a record, where it was read, and what stood beside it: its key, its headers, its time. `describe` is called only if
    /// the pipeline wants to know ([`Source::with_metadata`](super::Source::with_metadata)), and has nothing to say of the
    /// record's partition and offset, which are known.
    ///
    /// ```
    /// # fn put(into: &mut flow::connector::ReadBuffer<String>, order: String, offset: u64, key: &[u8]) {
    /// into.push_with(order, offset, |beside| beside.key = Some(bytes::Bytes::copy_from_slice(key)));
    /// # }
    /// ```
    pub fn push_with(&mut self, record: T, offset: u64, describe: impl FnOnce(&mut Metadata)) {
        if !self.describes {
            return self.push_at(record, offset);
        }
        let (batch, beside) = self.batch(true);
        beside.resize_with(batch.len(), Metadata::default);
        batch.push_read(record, offset);
        let mut of_this = Metadata::default();
        describe(&mut of_this);
        beside.push(of_this);
    }

    /// Puts many records at once, without a copy if they are the first.
    pub fn extend(&mut self, records: Vec<T>) {
        self.extend_batch(Batch::untimed(records));
    }

    /// As [`extend`](Self::extend), of records that were read one after the other from the offset `first` on.
    pub fn extend_at(&mut self, records: Vec<T>, first: u64) {
        let mut batch = Batch::untimed(records);
        if self.locates {
            batch.set_offsets(first);
        }
        self.extend_batch(batch);
    }

    fn extend_batch(&mut self, batch: Batch<T>) {
        if !batch.is_empty() {
            self.records += batch.len();
            self.events.push(Event::Records { split: self.split, batch, beside: Vec::new() });
        }
    }

    /// Puts what another buffer took, without a copy, as of the selected split.
    pub fn append(&mut self, other: Self) {
        let selected = self.split;
        self.records += other.records;
        self.events.extend(other.events.into_iter().map(|event| match event {
            Event::Records { batch, beside, .. } => Event::Records { split: selected, batch, beside },
            Event::Malformed { record, .. } => Event::Malformed { split: selected, record },
            Event::Partition { state, .. } => Event::Partition { split: selected, state },
            Event::Watermark(watermark) => Event::Watermark(watermark),
            Event::Split(split) => Event::Split(split),
            Event::CommitSoon => Event::CommitSoon,
        }));
    }

    /// Puts a record with its event time. The source then says by [`watermark`](Self::watermark) how far time has come, and
    /// the pipeline needs no watermark stage.
    pub fn push_timed(&mut self, record: T, time: Timestamp) {
        self.batch(false).0.push_timed(record, time.millis(), crate::time::MIN);
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
        self.partition(PartitionState::Ended);
    }

    /// Says that the selected split was taken away, so that watermarks do not wait for it. A task that has lost all of its splits is idle until it is
    /// given others; one that has read them to their ends is about to end, and what it still has to tell is waited for.
    pub fn split_gone(&mut self) {
        self.partition(PartitionState::Gone);
    }

    /// Says whether watermarks are to wait for the selected split.
    pub fn partition(&mut self, state: PartitionState) {
        self.events.push(Event::Partition { split: self.split, state });
    }

    /// Says that the reader reads one split more from now on: a partition that was found, or that another process gave away. Its number
    /// is the next one: how many the reader was opened with, and how many were added before. A split that the reader had before and
    /// [lost](Self::split_gone) is added anew, with a number of its own.
    pub fn add_split(&mut self, split: Split) {
        self.events.push(Event::Split(split));
    }

    /// Asks that what was read so far be committed as soon as its effects are out, not only when it is time again: for a
    /// source that has to give a partition away. The answer is a call of [`SourceReader::commit`](super::SourceReader::commit), if the
    /// job commits [as it goes](super::Commits::AsItGoes); otherwise nothing comes of it.
    pub fn commit_soon(&mut self) {
        self.events.push(Event::CommitSoon);
    }

    /// The batch that the next record belongs to, and what stands beside its records. All of a batch have an offset, or none.
    fn batch(&mut self, located: bool) -> (&mut Batch<T>, &mut Vec<Metadata>) {
        self.records += 1;
        let split = self.split;
        let fits = |event: &Event<T>| {
            matches!(event, Event::Records { split: last, batch, .. }
                if *last == split && batch.offsets().is_empty() != located)
        };
        if !self.events.last().is_some_and(fits) {
            self.events.push(Event::Records { split, batch: Batch::new(), beside: Vec::new() });
        }
        match self.events.last_mut() {
            Some(Event::Records { batch, beside, .. }) => (batch, beside),
            _ => unreachable!("the last event was just made one of records"),
        }
    }

    /// Puts an event of another buffer.
    pub(super) fn put(&mut self, event: Event<T>) {
        self.records += match &event {
            Event::Records { batch, .. } => batch.len(),
            Event::Malformed { .. } => 1,
            Event::Partition { .. } | Event::Watermark(_) | Event::Split(_) | Event::CommitSoon => 0,
        };
        self.events.push(event);
    }

    pub(crate) fn take(&mut self) -> Vec<Event<T>> {
        self.records = 0;
        std::mem::take(&mut self.events)
    }
}
