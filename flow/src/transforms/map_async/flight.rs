//! Which results come out when, and how far the watermark may go: a state machine that knows nothing of requests.

use crate::element::{Batch, Element, Item};
use crate::time;
use std::collections::{BTreeMap, VecDeque};

/// What stands beside a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beside {
    pub(super) time: i64,
    pub(super) mark: i64,
    pub(super) offset: Option<u64>,
    pub(super) split: u32,
    pub(super) timed: bool,
}

/// A record on its way.
struct Entry<U> {
    beside: Beside,
    /// What it came to, while it waits for those before it; `None` in it for a record that was given up.
    result: Option<Option<U>>,
}

/// Records that are being worked on, and what of them is ready to be handed on.
pub(super) struct Flight<U: 'static> {
    ordered: bool,
    batch_size: usize,
    entries: BTreeMap<u64, Entry<U>>,
    next: u64,
    /// The watermark before the next record that comes, or after all that have come.
    coming: i64,
    /// The watermark that was handed on.
    told: i64,
    gathered: Batch<U>,
    /// What stands beside the rows that are being gathered.
    alike: Option<(u32, bool, bool)>,
    ready: VecDeque<Element<U>>,
}

impl<U: Send + 'static> Flight<U> {
    pub(super) fn new(ordered: bool, batch_size: usize) -> Self {
        Self {
            ordered,
            batch_size,
            entries: BTreeMap::new(),
            next: 0,
            coming: time::MIN,
            told: time::MIN,
            gathered: Batch::new(),
            alike: None,
            ready: VecDeque::new(),
        }
    }

    /// How many records are inside.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Takes a record in, and gives it a number.
    pub(super) fn begin(&mut self, beside: Beside) -> u64 {
        let number = self.next;
        self.next += 1;
        self.coming = self.coming.max(beside.mark);
        self.entries.insert(number, Entry { beside, result: None });
        number
    }

    /// Says how far time has come behind all records that were taken in.
    pub(super) fn passed(&mut self, watermark: i64) {
        self.coming = self.coming.max(watermark);
        self.settle();
    }

    /// What stands beside a record that is inside.
    pub(super) fn beside(&self, number: u64) -> Option<Beside> {
        self.entries.get(&number).map(|entry| entry.beside)
    }

    /// A record has come to something; to `None`, if it was given up.
    pub(super) fn done(&mut self, number: u64, result: Option<U>) {
        if self.ordered {
            if let Some(entry) = self.entries.get_mut(&number) {
                entry.result = Some(result);
            }
        } else if let Some(entry) = self.entries.remove(&number) {
            // It stands where it comes out: behind the watermark that was handed on, which has waited for it.
            let mark = self.told.max(self.gathered.after());
            self.put(Beside { mark, ..entry.beside }, result);
        }
        self.settle();
    }

    /// Brings out what waits for nothing any more, and the watermark as far as the oldest record lets it.
    fn settle(&mut self) {
        while self.ordered {
            let Some(mut first) = self.entries.first_entry() else { break };
            let Some(result) = first.get_mut().result.take() else { break };
            let beside = first.remove().beside;
            self.put(beside, result);
        }
        let oldest = self.entries.first_key_value().map_or(self.coming, |(_, entry)| entry.beside.mark);
        self.gathered.set_after(oldest.max(self.gathered.after()));
    }

    fn put(&mut self, beside: Beside, result: Option<U>) {
        let Some(value) = result else { return };
        let Beside { time, mark, offset, split, timed } = beside;
        let alike = (split, timed, offset.is_some());
        if self.alike.replace(alike).is_some_and(|before| before != alike) || self.gathered.len() >= self.batch_size {
            self.gathered.set_after(self.gathered.after().max(mark));
            self.seal();
        }
        self.gathered.set_split(split);
        self.gathered.push_item(Item { value, time, mark, offset }, timed);
    }

    fn seal(&mut self) {
        let after = self.gathered.after();
        if !self.gathered.is_empty() {
            let next = self.gathered.empty_like();
            self.ready.push_back(Element::Batch(std::mem::replace(&mut self.gathered, next)));
        } else if after > self.told {
            self.ready.push_back(Element::Watermark(after));
        }
        self.told = self.told.max(after);
    }

    /// The next full batch that is ready, or with `all` any batch or watermark.
    pub(super) fn take(&mut self, all: bool) -> Option<Element<U>> {
        if all && self.ready.is_empty() {
            self.seal();
        }
        self.ready.pop_front()
    }
}
