//! Records with their event times and watermarks, as columns.

use super::gathered::Gathered;
use super::marks::{Lagging, Marks};
use super::pool;
use crate::time;

/// Some records of one stream, in order.
///
/// Beside each record stand its event time and the watermark *before* it, so that no answer depends on where a batch ends;
/// [`after`](Self::after) is the watermark after the last one. Before a watermark stage those columns are empty: the batch
/// is not [timed](Self::is_timed). Dropping a batch gives its columns back to a pool.
///
/// A batch may be *sparse*: a filter has left records out without moving those that it kept. Only an operator that says so
/// ([`Operator::SPARSE`](crate::operator::Operator::SPARSE)) meets one; it looks at the records at [`kept`](Self::kept) alone.
#[derive(Debug)]
pub struct Batch<T: 'static> {
    pub(super) items: Vec<T>,
    pub(super) times: Vec<i64>,
    pub(super) marks: Marks,
    pub(super) offsets: Vec<u64>,
    /// Of a sparse batch: the places of its records.
    pub(super) kept: Vec<u32>,
    pub(super) sparse: bool,
    /// What comes in the stead of records.
    gathered: Option<Box<Gathered>>,
    after: i64,
    split: u32,
}

/// A record taken out of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<T> {
    /// The record.
    pub value: T,
    /// Its event time; the earliest there is, if the stream is not timed.
    pub time: i64,
    /// The watermark before it.
    pub mark: i64,
    /// Where in its source partition it was read, if the pipeline keeps that.
    pub offset: Option<u64>,
}

impl<T: 'static> Default for Batch<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: 'static> Batch<T> {
    /// An empty batch, with room from the pool.
    #[must_use]
    pub fn new() -> Self {
        let mut batch = Self::untimed(pool::take());
        (batch.times, batch.marks, batch.offsets) = (pool::take(), Marks::pooled(), pool::take());
        batch
    }

    /// Records without event times.
    #[must_use]
    pub fn untimed(items: Vec<T>) -> Self {
        Self {
            items,
            times: Vec::new(),
            marks: Marks::default(),
            offsets: Vec::new(),
            kept: Vec::new(),
            sparse: false,
            gathered: None,
            after: time::MIN,
            split: u32::MAX,
        }
    }

    /// A batch that carries what records were gathered to.
    pub(crate) fn carrying(gathered: Gathered, after: i64) -> Self {
        let mut batch = Self::untimed(Vec::new());
        (batch.gathered, batch.after) = (Some(Box::new(gathered)), after);
        batch
    }

    /// Takes out what it carries beside its records.
    pub(crate) fn take_gathered(&mut self) -> Option<Gathered> {
        self.gathered.take().map(|gathered| *gathered)
    }

    /// How many records it stands for: its own, and those that were gathered.
    pub(crate) fn stands_for(&self) -> usize {
        self.len() + self.gathered.as_ref().map_or(0, |gathered| gathered.records)
    }

    /// How many records it counts for on an edge.
    pub(crate) fn weight(&self) -> usize {
        self.len() + self.gathered.as_ref().map_or(0, |gathered| gathered.weight)
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        if self.sparse { self.kept.len() } else { self.items.len() }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the records have event times.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.times.len() == self.items.len() && !self.items.is_empty()
    }

    /// The records; of a sparse batch also those that were left out, as in all columns.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// Their event times; empty if not timed.
    #[must_use]
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// The watermark before each of them; empty if not timed.
    #[must_use]
    pub fn marks(&self) -> &[i64] {
        self.marks.of(&self.times)
    }

    /// Where in its source partition each was read; empty if that is not kept.
    #[must_use]
    pub fn offsets(&self) -> &[u64] {
        &self.offsets
    }

    /// The watermark after the last record.
    #[must_use]
    pub fn after(&self) -> i64 {
        self.after
    }

    /// The job's number of the source partition that all these records were read from; `u32::MAX` if there is none.
    #[must_use]
    pub fn split(&self) -> u32 {
        self.split
    }

    /// Sets the partition that the records were read from.
    pub fn set_split(&mut self, split: u32) {
        self.split = split;
    }

    /// Says that the records were read one after the other, from the offset `first` on.
    pub(crate) fn set_offsets(&mut self, first: u64) {
        self.offsets.clear();
        self.offsets.extend((first..).take(self.items.len()));
    }

    /// Forgets where the records were read.
    pub(crate) fn clear_offsets(&mut self) {
        self.offsets.clear();
    }

    /// Sets the watermark after the last record.
    pub fn set_after(&mut self, watermark: i64) {
        self.after = watermark;
    }

    /// Adds a record that has no event time.
    #[inline]
    pub fn push(&mut self, value: T) {
        self.items.push(value);
    }

    /// Adds a record and where it was read. A batch keeps that for all of its records or for none.
    pub fn push_read(&mut self, value: T, offset: u64) {
        self.items.push(value);
        self.offsets.push(offset);
    }

    /// Adds a record with its event time and the watermark before it.
    #[inline]
    pub fn push_timed(&mut self, value: T, time: i64, mark: i64) {
        self.items.push(value);
        self.marks.push(mark, &self.times);
        self.times.push(time);
    }

    /// Gives this event time, and this watermark before them, to the records at the end that have none yet.
    pub(crate) fn stamp(&mut self, time: i64, mark: i64) {
        self.marks.write(&self.times).resize(self.items.len(), mark);
        self.times.resize(self.items.len(), time);
    }

    /// Adds an item with whatever stands beside it. All items of a batch must be alike in that.
    pub fn push_item(&mut self, item: Item<T>, timed: bool) {
        self.items.push(item.value);
        if timed {
            self.marks.push(item.mark, &self.times);
            self.times.push(item.time);
        }
        self.offsets.extend(item.offset);
    }

    /// Gives every record its event time.
    ///
    /// Times and marks are set one after the other, for the first look at a record waits for memory: the less is done beside
    /// it, the more of these waits overlap.
    #[inline]
    pub fn set_times(&mut self, time: impl FnMut(&T) -> i64) {
        self.times.clear();
        self.times.extend(self.items.iter().map(time));
    }

    /// Gives every record, in order, the watermark before it, which `mark` finds from the record and its event time.
    #[inline]
    pub fn set_marks(&mut self, mut mark: impl FnMut(&T, i64) -> i64) {
        let marks = self.marks.write(&self.times);
        marks.clear();
        marks.extend(self.items.iter().zip(&self.times).map(|(item, &time)| mark(item, time)));
    }

    /// Gives every record the watermark before it by a rule that needs the times alone: they are reckoned when somebody asks.
    pub(crate) fn follow(&mut self, rule: Lagging) {
        self.marks.follow(rule);
    }

    /// Lowers every watermark to at most `limit`, and raises it to at least `floor`: what an operator with several inputs
    /// does, whose watermark is the lowest of theirs and never goes back.
    pub fn clamp_marks(&mut self, floor: i64, limit: i64) {
        self.marks.clamp(floor, limit);
        self.after = self.after.min(limit).max(floor);
    }

    /// The same batch with every record made into another.
    #[must_use]
    pub fn map<U: 'static>(mut self, f: impl FnMut(T) -> U) -> Batch<U> {
        // Plain data are faster moved together first, without a branch on what was left out; of others each costs more to move, and to drop.
        if self.sparse && std::mem::needs_drop::<T>() {
            return self.map_kept(f);
        }
        let items = self.take_items().into_iter().map(f).collect();
        self.with_items(items)
    }

    /// The same columns beside other records, as many as there were.
    pub(crate) fn with_items<U>(mut self, items: Vec<U>) -> Batch<U> {
        Batch {
            items,
            times: std::mem::take(&mut self.times),
            marks: std::mem::take(&mut self.marks),
            offsets: std::mem::take(&mut self.offsets),
            kept: Vec::new(),
            sparse: false,
            gathered: None,
            after: self.after,
            split: self.split,
        }
    }

    /// An empty batch that continues this one: same partition, same watermark.
    #[must_use]
    pub fn empty_like<U>(&self) -> Batch<U> {
        let mut batch = Batch::new();
        batch.after = self.after;
        batch.split = self.split;
        batch
    }

    /// Takes the records out, each with what stands beside it.
    pub fn drain(&mut self) -> Drain<'_, T> {
        self.settle();
        let marks = self.marks.of(&self.times);
        Drain { items: self.items.drain(..), times: &self.times, marks, offsets: &self.offsets, next: 0 }
    }

    /// Takes the records out alone.
    #[must_use]
    pub fn into_items(mut self) -> Vec<T> {
        self.take_items()
    }

    /// Takes the records out alone, and leaves what stands beside them for [`with_items`](Self::with_items).
    pub(crate) fn take_items(&mut self) -> Vec<T> {
        self.settle();
        std::mem::take(&mut self.items)
    }

    /// The event time and the watermark before the record at `index`; the earliest, if the batch is not timed.
    #[must_use]
    pub fn time_and_mark(&self, index: usize) -> (i64, i64) {
        match (self.times.get(index), self.marks().get(index)) {
            (Some(&time), Some(&mark)) => (time, mark),
            _ => (time::MIN, time::MIN),
        }
    }

    /// What stands beside the records; those of one batch are alike in that.
    pub(crate) fn alike(&self) -> (u32, bool, bool) {
        (self.split, self.times.is_empty(), self.offsets.is_empty())
    }

    /// Moves all records of `other`, which come after these, to the end of this batch, if both are alike in what stands
    /// beside their records; gives `other` back otherwise.
    pub(crate) fn append(&mut self, mut other: Self) -> Option<Self> {
        if self.alike() != other.alike() {
            return Some(other);
        }
        self.settle();
        other.settle();
        self.items.append(&mut other.items);
        self.marks.write(&self.times).append(other.marks.write(&other.times));
        self.times.append(&mut other.times);
        self.offsets.append(&mut other.offsets);
        self.after = self.after.max(other.after);
        None
    }
}

impl<T: Clone + 'static> Clone for Batch<T> {
    fn clone(&self) -> Self {
        let mut copy = self.empty_like();
        copy.items.extend_from_slice(&self.items);
        copy.times.extend_from_slice(&self.times);
        copy.marks.clone_from(&self.marks);
        copy.offsets.extend_from_slice(&self.offsets);
        copy.kept.extend_from_slice(&self.kept);
        copy.sparse = self.sparse;
        copy
    }
}

impl<T: 'static> Drop for Batch<T> {
    fn drop(&mut self) {
        pool::give(std::mem::take(&mut self.items));
        pool::give(std::mem::take(&mut self.times));
        self.marks.drop_to_pool();
        pool::give(std::mem::take(&mut self.offsets));
        pool::give(std::mem::take(&mut self.kept));
    }
}

/// The records of a batch, one by one.
#[derive(Debug)]
pub struct Drain<'a, T> {
    items: std::vec::Drain<'a, T>,
    times: &'a [i64],
    marks: &'a [i64],
    offsets: &'a [u64],
    next: usize,
}

impl<T> Iterator for Drain<'_, T> {
    type Item = Item<T>;

    fn next(&mut self) -> Option<Item<T>> {
        let value = self.items.next()?;
        let at = self.next;
        self.next += 1;
        Some(Item {
            value,
            time: self.times.get(at).copied().unwrap_or(time::MIN),
            mark: self.marks.get(at).copied().unwrap_or(time::MIN),
            offset: self.offsets.get(at).copied(),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}
