//! Windows that are gathered in front of a hash exchange.

use super::aligned::Aligned;
use super::gather::{Columns, Gather};
use super::grid::{Grid, Number};
use crate::element::{Batch, Combine, Gathered};
use crate::state::{Key, KeyFn, group_of};
use crate::time;

/// What one task is sent of some cells: the cell's number, and its keys with what is kept for them.
pub(crate) type Parts<K, S> = Vec<(Number, Vec<(K, S)>)>;

/// So many keys, in all cells together, are sent on before their cells end, for memory's sake.
const MOST_KEYS: usize = 16_384;
/// So many records have to come to one key for gathering to be worth it.
const WORTH: usize = 4;
/// For so many batches nothing is gathered after it was not worth it; twice as many the next time, up to the second number.
const REST: [u32; 2] = [64, 4096];

/// Gathers the windows' cells that end after a batch; other records may be late, or make a window give its row again, and the
/// operator behind the exchange judges them one by one.
///
/// A cell is sent before the watermark that ends it, so nothing that is gathered can be late; and an operator that was rebuilt may be
/// further than its senders, so nothing is gathered before they are as far. What is gathered comes to the same
/// in any order, for only what can be [taken out again](Gather::RETRACTS) is gathered here.
pub(crate) struct Ahead<K, T: 'static, G: Gather<K, T>> {
    key: KeyFn<K, T>,
    keys: Vec<K>,
    /// The places that [`Columns`] needs.
    all: Vec<u32>,
    windows: Aligned<K, T, G>,
    /// The watermark that the operator may have begun with: before it nothing is gathered.
    floor: i64,
    /// Records gathered, and keys begun for them, since cells were last given.
    records: usize,
    begun: usize,
    /// Keys in all cells.
    held: usize,
    /// Batches that are still let through as they are, and how many the next time.
    resting: u32,
    rest: u32,
}

impl<K: Key, T: Send + 'static, G: Gather<K, T>> Ahead<K, T, G> {
    pub(crate) fn new(key: KeyFn<K, T>, grid: Grid, gather: G, floor: i64) -> Self {
        let windows = Aligned::new(gather, grid, 0);
        Self {
            key,
            keys: Vec::new(),
            all: Vec::new(),
            windows,
            floor,
            records: 0,
            begun: 0,
            held: 0,
            resting: 0,
            rest: REST[0],
        }
    }

    /// Whether a cell ends by then.
    fn ends_by(&self, watermark: i64) -> bool {
        self.windows.cells.get(0).is_some_and(|cell| cell.span.last <= watermark)
    }

    fn is_full(&self) -> bool {
        self.held >= MOST_KEYS
    }

    /// Looks back on whether it was worth it.
    fn judge(&mut self) {
        if self.begun * WORTH > self.records {
            self.resting = self.rest;
            self.rest = (self.rest * 2).min(REST[1]);
        } else {
            self.rest = REST[0];
        }
        self.begun = 0;
    }
}

impl<K: Key, T: Send + 'static, G: Gather<K, T>> Combine<T> for Ahead<K, T, G> {
    fn take(&mut self, mut batch: Batch<T>) -> Batch<T> {
        if self.resting > 0 || !batch.is_timed() || batch.after() < self.floor {
            self.resting = self.resting.saturating_sub(1);
            return batch;
        }
        self.keys.clear();
        self.key.keys_of(&batch, &mut self.keys);
        let mut left = Vec::new();
        self.windows.take_ahead(&Columns::new(&batch, &mut self.all, &self.keys), &mut left);
        let begun = std::mem::take(&mut self.windows.begun);
        (self.begun, self.held) = (self.begun + begun, self.held + begun);
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
        self.held -= keys;
        self.judge();
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

#[cfg(test)]
mod tests {
    use super::super::time_window::TimeWindow;
    use super::super::window::{Plan, tumbling};
    use super::*;
    use std::time::Duration;

    /// Counts records, and takes them out again.
    struct Counts;

    impl Gather<i64, i64> for Counts {
        type State = i64;
        type Row = i64;
        const SHARES: bool = true;
        const RETRACTS: bool = true;

        fn start(&self, _: &i64, _: i64) -> i64 {
            1
        }
        fn add(&self, state: &mut i64, _: &i64, _: i64) {
            *state += 1;
        }
        fn merge(&self, state: &mut i64, other: i64) {
            *state += other;
        }
        fn rows(&self, _: &i64, _: TimeWindow, state: &i64, mut emit: impl FnMut(i64)) {
            emit(*state);
        }
    }

    fn ahead(keys: i64, floor: i64) -> Ahead<i64, i64, Counts> {
        let Ok(Plan::Aligned(grid)) = tumbling(Duration::from_millis(10)).plan() else { panic!("it is sound") };
        Ahead::new(KeyFn::new(move |time: &i64| time % keys), grid, Counts, floor)
    }

    fn batch(times: impl IntoIterator<Item = i64>, after: i64) -> Batch<i64> {
        let mut batch = Batch::new();
        times.into_iter().for_each(|time| batch.push_timed(time, time, after));
        batch.set_after(after);
        batch
    }

    /// How many records, and entries, each task was given.
    fn given(ahead: &mut Ahead<i64, i64, Counts>, watermark: i64) -> Vec<(usize, usize)> {
        let tasks: Vec<u16> = (0..128).map(|group| group / 64).collect();
        let mut all = Vec::new();
        ahead.give(watermark, &tasks, &mut |_, gathered| all.push((gathered.records, gathered.weight)));
        all
    }

    #[test]
    fn what_may_be_late_goes_on_as_it_is() {
        let check = |floor: i64, after: i64, left: usize| {
            let rest = ahead(3, floor).take(batch([89, 90, 99, 100, 105], after));
            assert_eq!(rest.len(), left, "from {floor}, after {after}");
        };
        check(time::MIN, 50, 0);
        check(time::MIN, 88, 0);
        check(time::MIN, 89, 1);
        check(time::MIN, 99, 3);
        check(time::MIN, time::MAX, 5);
        // Windows that were rebuilt may be as far as this.
        check(60, 59, 5);
        check(60, 60, 0);
    }

    #[test]
    fn nothing_is_gathered_for_a_while_after_it_was_not_worth_it() {
        let mut few = ahead(2, time::MIN);
        let mut many = ahead(1000, time::MIN);
        for ahead in [&mut few, &mut many] {
            assert!(ahead.take(batch(0..10, -1)).is_empty() && !ahead.is_due(8));
            assert!(ahead.is_due(9));
        }
        assert_eq!(given(&mut few, 9).iter().fold((0, 0), |all, part| (all.0 + part.0, all.1 + part.1)), (10, 2));
        assert_eq!(given(&mut many, 9).iter().fold((0, 0), |all, part| (all.0 + part.0, all.1 + part.1)), (10, 10));
        assert_eq!(few.take(batch(10..20, 9)).len(), 0);
        for _ in 0..REST[0] {
            assert_eq!(many.take(batch(10..20, 9)).len(), 10);
        }
        assert!(many.take(batch(10..20, 9)).is_empty());
    }
}
