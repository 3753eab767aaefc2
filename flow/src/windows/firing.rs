//! When tumbling and sliding windows fire, and what is written of them to a snapshot.

use super::aligned::Aligned;
use super::gather::{Emit, Gather};
use super::grid::Number;
use super::table::hash_of;
use super::time_window::Span;
use crate::error::Result;
use crate::state::{Key, StateReader, StateWriter};
use crate::time;

/// What an entry of a snapshot holds: the number of its cell, and what is kept there.
const CELLS: &str = "cells";
/// The watermark of the task that wrote the snapshot.
pub(crate) const WATERMARK: &str = "watermark";

impl<K: Key, T, G: Gather<K, T>> Aligned<K, T, G> {
    /// Where a window lies.
    pub(super) fn window(&self, number: Number) -> Span {
        let last = self.cells.grid.span(number);
        if self.parts == 1 { last } else { Span { start: self.cells.grid.span(number - self.parts + 1).start, ..last } }
    }

    /// The row of a window that has fired before, as a record that was not too late has changed it.
    pub(super) fn update(&self, number: Number, key: &K, mark: i64, out: &mut impl Emit<G::Row>) {
        let (window, hash) = (self.window(number), hash_of(key));
        let cells = self.cells.between(number - self.parts + 1, number);
        let mut states = cells.filter_map(|cell| cell.table.get(hash, key));
        let Some(first) = states.next() else { return };
        out.advance(mark);
        let emit = |row| out.emit(row, window.last);
        let Some(second) = states.next() else {
            return self.gather.rows(key, window.window(), first, emit);
        };
        let mut merged = first.clone();
        for state in std::iter::once(second).chain(states) {
            self.gather.merge(&mut merged, state.clone());
        }
        self.gather.rows(key, window.window(), &merged, emit);
    }

    /// The rows of a window.
    fn fire(&mut self, number: Number, out: &mut impl Emit<G::Row>) {
        let window = self.window(number);
        // A watermark passes every moment on its way: what fires at one stands before it, and behind the moment before.
        out.advance(window.last.saturating_sub(1));
        let Self { gather, cells, total, parts, .. } = self;
        if *parts == 1 {
            let states = cells.between(number, number).flat_map(|cell| cell.table.iter());
            rows_of(states, gather, window, out);
        } else {
            total.reach(number, *parts, cells, gather);
            rows_of(total.iter(), gather, window, out);
            total.pass(number, *parts, cells, gather);
        }
    }

    /// Moves the watermark on: windows fire, and those that nothing can change any more are forgotten.
    pub(crate) fn advance(&mut self, watermark: i64, out: &mut impl Emit<G::Row>) {
        if watermark >= self.next {
            let mut number = self.first_unfired();
            while let Some(fires) = number.filter(|&number| self.window(number).last <= watermark) {
                self.fire(fires, out);
                number = self.next_filled(fires + 1);
            }
            while self.cells.get(0).is_some_and(|cell| self.forgotten(cell.number, watermark)) {
                self.cells.close_first();
            }
            self.watermark = watermark;
            self.find_next();
        }
        self.watermark = self.watermark.max(watermark);
    }

    fn forgotten(&self, cell: Number, watermark: i64) -> bool {
        self.window(cell + self.parts - 1).late_from(self.lateness) <= watermark
    }

    /// The first window with something in it that ends after the watermark.
    fn first_unfired(&self) -> Option<Number> {
        self.next_filled(*self.cells.grid.numbers(self.watermark.checked_add(1)?).start())
    }

    /// The first window from this number on that has something in it.
    fn next_filled(&self, from: Number) -> Option<Number> {
        let cell = self.cells.get(self.cells.lower_bound(from - self.parts + 1))?;
        Some(cell.number.max(from))
    }

    fn find_next(&mut self) {
        let fires = self.first_unfired().map(|number| self.window(number).last);
        let closes = self.cells.get(0).map(|cell| self.window(cell.number + self.parts - 1).late_from(self.lateness));
        self.next = fires.into_iter().chain(closes).min().unwrap_or(time::MAX);
    }

    /// Writes what is kept.
    pub(crate) fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        let cells = self.cells.iter();
        let kept = cells.flat_map(|cell| cell.table.iter().map(move |(key, state)| (key, (cell.number, state))));
        self.gather.write(CELLS, kept, state)?;
        state.plain(WATERMARK, &self.watermark)
    }

    /// Takes up what tasks have written. At an aligned barrier all of them have the same watermark; should they ever not, the
    /// lowest is taken, so that a window may fire twice but is never lost. (Whether a record is late is never in question:
    /// its own mark says so.)
    pub(crate) fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        for (key, (number, kept)) in self.gather.read(CELLS, state)? {
            let at = self.cells.open(number);
            self.cells.cell(at).table.insert(hash_of(&key), key, kept);
        }
        self.watermark = state.plain::<i64>(WATERMARK)?.into_iter().min().unwrap_or(time::MIN);
        self.find_next();
        Ok(())
    }
}

/// The rows of all that a window holds.
fn rows_of<'a, K: Key, T, G: Gather<K, T>>(
    states: impl Iterator<Item = (&'a K, &'a G::State)>,
    gather: &G,
    window: Span,
    out: &mut impl Emit<G::Row>,
) {
    states.for_each(|(key, state)| gather.rows(key, window.window(), state, |row| out.emit(row, window.last)));
}

#[cfg(test)]
mod tests {
    use super::super::gather::Columns;
    use super::super::time_window::TimeWindow;
    use super::super::window::{Plan, tumbling};
    use super::*;
    use crate::element::Batch;
    use crate::state::StateWriter;
    use std::time::Duration;

    /// Counts records.
    struct Counts;

    impl Gather<u8, ()> for Counts {
        type State = u32;
        type Row = u32;
        const SHARES: bool = true;

        fn start(&self, (): &(), _: i64) -> u32 {
            1
        }
        fn add(&self, state: &mut u32, (): &(), _: i64) {
            *state += 1;
        }
        fn merge(&self, state: &mut u32, other: u32) {
            *state += other;
        }
        fn rows(&self, _: &u8, _: TimeWindow, state: &u32, mut emit: impl FnMut(u32)) {
            emit(*state);
        }
    }

    impl Emit<u32> for Vec<(u32, i64)> {
        fn advance(&mut self, _: i64) {}
        fn emit(&mut self, row: u32, time: i64) {
            self.push((row, time));
        }
    }

    #[test]
    fn a_window_is_forgotten_when_its_lateness_is_over() {
        let Ok(Plan::Aligned(grid)) = tumbling(Duration::from_millis(10)).plan() else { panic!("it is sound") };
        let mut windows: Aligned<u8, (), Counts> = Aligned::new(Counts, grid, 20);
        let (mut rows, mut late) = (Vec::new(), Vec::new());
        let mut batch = Batch::new();
        batch.push_timed((), 3, i64::MIN);
        batch.push_timed((), 9, 2);
        batch.set_after(8);
        windows.batch(&Columns::new(&batch, &mut Vec::new(), &[1, 1]), &mut late, &mut rows);
        assert_eq!(rows, []);
        let size = |windows: &Aligned<u8, (), Counts>| {
            let mut state = StateWriter::default();
            windows.snapshot(&mut state).expect("counts can be written");
            state.finish().size()
        };
        let full = size(&windows);
        windows.advance(28, &mut rows);
        assert_eq!((&rows[..], size(&windows)), (&[(2, 9)][..], full));
        windows.advance(29, &mut rows);
        assert!(rows.len() == 1 && late.is_empty() && size(&windows) < full, "nothing is kept for it");
    }
}
