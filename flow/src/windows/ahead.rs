//! Windows that are gathered in front of a hash exchange.

use super::aligned::Aligned;
use super::gather::{Columns, Gather};
use super::grid::{Grid, Number};
use crate::element::{Batch, Combine, Gathered};
use crate::state::{Key, KeyFn, group_of};
use crate::time;

/// What one task is sent of some cells: the cell's number, and its keys with what is kept for them.
pub(crate) type Parts<K, S> = Vec<(Number, Vec<(K, S)>)>;

/// Keys of a cell that are sent on before its end, for memory's sake.
const MOST_KEYS: usize = 8192;
/// So many records have to come to one key for gathering to be worth it.
const WORTH: usize = 4;
/// For so many batches nothing is gathered after it was not worth it; twice as many the next time, up to the second number.
const REST: [u32; 2] = [64, 4096];

/// Gathers the windows' cells that end after a batch; other records may be late, or make a window give its row again, and the
/// operator behind the exchange judges them one by one.
///
/// A cell is sent before the watermark that ends it, so nothing that is gathered can be late. What is gathered comes to the same
/// in any order, for only what can be [taken out again](Gather::RETRACTS) is gathered here.
pub(crate) struct Ahead<K, T: 'static, G: Gather<K, T>> {
    key: KeyFn<K, T>,
    keys: Vec<K>,
    /// The places of all records of a batch that is not sparse: 0, 1, 2, …
    all: Vec<u32>,
    windows: Aligned<K, T, G>,
    /// Records gathered since cells were last given.
    records: usize,
    /// Batches that are still let through as they are, and how many the next time.
    resting: u32,
    rest: u32,
}

impl<K: Key, T: Send + 'static, G: Gather<K, T>> Ahead<K, T, G> {
    pub(crate) fn new(key: KeyFn<K, T>, grid: Grid, gather: G) -> Self {
        let windows = Aligned::new(gather, grid, 0);
        Self { key, keys: Vec::new(), all: Vec::new(), windows, records: 0, resting: 0, rest: REST[0] }
    }

    /// Whether a cell ends by then.
    fn ends_by(&self, watermark: i64) -> bool {
        self.windows.cells.get(0).is_some_and(|cell| cell.span.last <= watermark)
    }

    fn is_full(&self) -> bool {
        self.windows.cells.iter().any(|cell| cell.table.len() >= MOST_KEYS)
    }

    /// Looks back on whether it was worth it.
    fn judge(&mut self, keys: usize) {
        if keys * WORTH > self.records {
            self.resting = self.rest;
            self.rest = (self.rest * 2).min(REST[1]);
        } else {
            self.rest = REST[0];
        }
    }
}

impl<K: Key, T: Send + 'static, G: Gather<K, T>> Combine<T> for Ahead<K, T, G> {
    fn take(&mut self, mut batch: Batch<T>) -> Batch<T> {
        if self.resting > 0 || !batch.is_timed() {
            self.resting = self.resting.saturating_sub(1);
            return batch;
        }
        self.keys.clear();
        self.key.keys_of(&batch, &mut self.keys);
        self.all.extend(self.all.len() as u32..self.keys.len() as u32);
        let places = batch.kept().unwrap_or_else(|| &self.all[..self.keys.len()]);
        let mut left = Vec::new();
        self.windows.take_ahead(&Columns::new(&batch, places, &self.keys), &mut left);
        self.records += self.keys.len() - left.len();
        batch.keep_places(left);
        batch
    }

    fn is_due(&self, watermark: i64) -> bool {
        self.ends_by(watermark) || self.is_full()
    }

    fn give(&mut self, watermark: i64, tasks: &[u16], each: &mut dyn FnMut(usize, Gathered)) {
        let count = tasks.iter().max().map_or(1, |last| usize::from(*last) + 1);
        let mut parts: Vec<Parts<K, G::State>> = (0..count).map(|_| Vec::new()).collect();
        let until = if self.is_full() { time::MAX } else { watermark };
        let mut keys = 0;
        while self.ends_by(until)
            && let Some((number, cell)) = self.windows.cells.drain_first()
        {
            for part in &mut parts {
                part.push((number, Vec::new()));
            }
            for (key, state) in cell {
                let task = usize::from(tasks[usize::from(group_of(&key))]);
                if let Some((_, entries)) = parts[task].last_mut() {
                    entries.push((key, state));
                }
                keys += 1;
            }
        }
        self.judge(keys);
        // Who has gathered them is one task; so is who counts them.
        let mut records = std::mem::take(&mut self.records);
        for (task, mut part) in parts.into_iter().enumerate() {
            part.retain(|(_, entries)| !entries.is_empty());
            let weight: usize = part.iter().map(|(_, entries)| entries.len()).sum();
            if weight > 0 {
                each(task, Gathered::new(part, std::mem::take(&mut records), weight));
            }
        }
    }
}
