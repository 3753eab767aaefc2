//! Tumbling and sliding windows: what is kept, and what fires when.

use super::cells::{Cell, Cells};
use super::gather::{Columns, Emit, Gather};
use super::grid::{Grid, Number};
use super::table::hash_of;
use super::total::Total;
use crate::state::Key;
use crate::time;
use std::marker::PhantomData;

/// Tumbling and sliding windows of one task.
///
/// A **window** falls into `parts` neighbouring cells of one grid, and has the number of the last of them. Tumbling windows are
/// their own only part. Sliding windows whose size is a multiple of their step share parts as long as the step, if what is
/// gathered in parts can be merged; otherwise every window is a cell of its own, and these overlap.
///
/// A window has fired if its last moment is not after the watermark. `next` is the watermark at which there is something to do:
/// before it, no mark of a batch needs to be looked at. The watermark never goes back, not even behind that of a snapshot: a
/// record's mark is its own or the watermark, whichever is later.
pub(crate) struct Aligned<K, T, G: Gather<K, T>> {
    pub(super) gather: G,
    pub(super) cells: Cells<K, G::State>,
    pub(super) parts: Number,
    /// Of the window that fires next, if it falls into several parts.
    pub(super) total: Total<K, G::State>,
    pub(super) overlapping: bool,
    pub(super) lateness: i64,
    pub(super) watermark: i64,
    pub(super) next: i64,
    /// How many keys were begun in cells by `run`.
    pub(super) begun: usize,
    pub(super) records: PhantomData<fn(&T)>,
}

impl<K: Key, T, G: Gather<K, T>> Aligned<K, T, G> {
    pub(crate) fn new(gather: G, windows: Grid, lateness: i64) -> Self {
        let parts = windows.parts().filter(|&parts| parts == 1 || G::SHARES);
        let grid = if parts.is_some() { windows.part_grid() } else { windows };
        Self {
            gather,
            cells: Cells::new(grid),
            parts: parts.unwrap_or(1).into(),
            total: Total::new(),
            overlapping: parts.is_none(),
            lateness,
            watermark: time::MIN,
            next: time::MAX,
            begun: 0,
            records: PhantomData,
        }
    }

    /// Takes a batch; the places of late records are added to `late`.
    pub(crate) fn batch(&mut self, batch: &Columns<'_, K, T>, late: &mut Vec<u32>, out: &mut impl Emit<G::Row>) {
        let mut at = 0;
        loop {
            if batch.after().max(self.watermark) < self.next && !self.overlapping {
                at = self.run(batch, at);
            }
            let Some((key, record, time)) = batch.get(at) else { break };
            self.advance(batch.mark(at), out);
            let taken = if self.overlapping {
                self.put_in_all(key, record, time, out)
            } else {
                self.put(key, record, time, out)
            };
            if !taken {
                late.push(at as u32);
            }
            at += 1;
        }
        self.advance(batch.after(), out);
    }

    /// Takes records from a place on, for as long as no watermark of this batch can matter to them: their cells end after the
    /// last one. Gives the place where that ends.
    fn run(&mut self, batch: &Columns<'_, K, T>, mut at: usize) -> usize {
        let after = batch.after().max(self.watermark);
        while let Some((_, _, time)) = batch.get(at) {
            let index = match self.cells.find(time) {
                Some(index) => index,
                None => {
                    let number = self.cells.grid.number(time);
                    if self.cells.grid.span(number).last <= after {
                        break;
                    }
                    self.cells.open(number)
                }
            };
            let cell = self.cells.cell(index);
            if cell.span.last <= after {
                break;
            }
            self.next = self.next.min(cell.span.last);
            let keys = cell.table.len();
            at += fill(cell, &self.gather, batch, at);
            self.begun += cell.table.len() - keys;
        }
        at
    }

    /// Takes the records whose cells end after the batch; the places of the others are added to `left`.
    pub(super) fn take_ahead(&mut self, batch: &Columns<'_, K, T>, left: &mut Vec<u32>) {
        let mut at = 0;
        loop {
            at = self.run(batch, at);
            let Some(&place) = batch.places.get(at) else { break };
            left.push(place);
            at += 1;
        }
    }

    /// Takes what records of a cell have come to that were gathered before. False, if the cell has ended.
    pub(crate) fn absorb(&mut self, number: Number, entries: Vec<(K, G::State)>) -> bool {
        let at = self.cells.open(number);
        let (gather, cell) = (&self.gather, self.cells.cell(at));
        if cell.span.last <= self.watermark {
            return false;
        }
        self.next = self.next.min(cell.span.last);
        cell.table.reserve(entries.len());
        for (key, state) in entries {
            cell.table.merge(key, state, |kept, state| gather.merge(kept, state));
        }
        true
    }

    /// Takes one record into its cell; false, if it is late for all windows that share it.
    fn put(&mut self, key: &K, record: &T, time: i64, out: &mut impl Emit<G::Row>) -> bool {
        let mark = self.watermark;
        let first = match self.cells.find(time) {
            Some(index) => {
                let cell = self.cells.cell(index);
                if cell.span.last > mark {
                    // Nothing that shares this cell has fired, and `next` knows of it.
                    let gather = &self.gather;
                    let add = |state: &mut G::State| gather.add(state, record, time);
                    cell.table.upsert(hash_of(key), key, add, || gather.start(record, time));
                    return true;
                }
                cell.number
            }
            None => self.cells.grid.number(time),
        };
        let last = first + self.parts - 1;
        if self.window(last).late_from(self.lateness) <= mark {
            return false;
        }
        self.put_in(first, key, record, time);
        self.total.change(first);
        for number in first..=last {
            let window = self.window(number);
            if window.last > mark {
                self.next = self.next.min(window.last);
                break;
            }
            if window.late_from(self.lateness) > mark {
                self.update(number, key, mark, out);
            }
        }
        self.next = self.next.min(self.window(last).late_from(self.lateness));
        true
    }

    /// Takes one record into every window that holds it; false, if it is late for all of them.
    fn put_in_all(&mut self, key: &K, record: &T, time: i64, out: &mut impl Emit<G::Row>) -> bool {
        let mark = self.watermark;
        let mut taken = false;
        for number in self.cells.grid.numbers(time) {
            let window = self.window(number);
            if window.late_from(self.lateness) <= mark {
                continue;
            }
            taken = true;
            self.put_in(number, key, record, time);
            if window.last <= mark {
                self.update(number, key, mark, out);
                self.next = self.next.min(window.late_from(self.lateness));
            } else {
                self.next = self.next.min(window.last);
            }
        }
        taken
    }

    fn put_in(&mut self, number: Number, key: &K, record: &T, time: i64) {
        let at = self.cells.open(number);
        let gather = &self.gather;
        let (add, start) = (|state: &mut G::State| gather.add(state, record, time), || gather.start(record, time));
        self.cells.cell(at).table.upsert(hash_of(key), key, add, start);
    }
}

/// Takes records from a place on into a cell, as long as they fall into it. Gives their number.
fn fill<K: Key, T, G: Gather<K, T>>(
    cell: &mut Cell<K, G::State>,
    gather: &G,
    batch: &Columns<'_, K, T>,
    at: usize,
) -> usize {
    if batch.is_dense() {
        fill_with(cell, gather, |taken| batch.dense(at + taken))
    } else {
        fill_with(cell, gather, |taken| batch.sparse(at + taken))
    }
}

/// A loop of its own for each kind of batch: what it does not need, it does not look at.
#[inline(never)]
fn fill_with<'a, K: Key, T: 'a, G: Gather<K, T>, I: Iterator<Item = (&'a K, &'a T, i64)>>(
    cell: &mut Cell<K, G::State>,
    gather: &G,
    records: impl Fn(usize) -> I,
) -> usize {
    let Cell { span, table, .. } = cell;
    let mut taken = 0;
    if let Some((only, state)) = table.only() {
        // All records are of one key, maybe: no table needs to be asked where it is.
        for (_, record, time) in records(0).take_while(|record| span.holds(record.2) && record.0 == only) {
            gather.add(state, record, time);
            taken += 1;
        }
    }
    for (key, record, time) in records(taken).take_while(|record| span.holds(record.2)) {
        table.upsert(hash_of(key), key, |state| gather.add(state, record, time), || gather.start(record, time));
        taken += 1;
    }
    taken
}
