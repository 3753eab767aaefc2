//! The open cells of a grid: windows, or the parts that sliding windows share.

use super::grid::{Grid, Number};
use super::table::Table;
use super::time_window::Span;
use crate::state::Key;
use std::collections::VecDeque;

/// One window, or one part.
#[derive(Debug)]
pub(crate) struct Cell<K, S> {
    pub(crate) number: Number,
    pub(crate) span: Span,
    pub(crate) table: Table<K, S>,
}

/// How many emptied tables are kept for the next cells.
const SPARE: usize = 4;

/// The open cells, in the order of their numbers, which is that of their beginnings and of their ends.
#[derive(Debug)]
pub(crate) struct Cells<K, S> {
    pub(crate) grid: Grid,
    open: VecDeque<Cell<K, S>>,
    /// Where the last record was.
    current: usize,
    spare: Vec<Table<K, S>>,
}

impl<K: Key, S> Cells<K, S> {
    pub(crate) fn new(grid: Grid) -> Self {
        Self { grid, open: VecDeque::new(), current: 0, spare: Vec::new() }
    }

    /// Where the open cell that holds the time stands, on a grid whose cells lie side by side.
    #[inline]
    pub(crate) fn find(&mut self, time: i64) -> Option<usize> {
        if self.open.get(self.current).is_some_and(|cell| cell.span.holds(time)) {
            return Some(self.current);
        }
        let at = self.open.partition_point(|cell| cell.span.last < time);
        if self.open.get(at)?.span.start > time {
            return None;
        }
        self.current = at;
        Some(at)
    }

    /// Where the cell of this number stands; it is opened if it is not open.
    pub(crate) fn open(&mut self, number: Number) -> usize {
        let at = self.lower_bound(number);
        if self.open.get(at).is_none_or(|cell| cell.number != number) {
            let (span, table) = (self.grid.span(number), self.spare.pop().unwrap_or_default());
            self.open.insert(at, Cell { number, span, table });
        }
        at
    }

    /// Where the first cell that is not before this number stands.
    pub(crate) fn lower_bound(&self, number: Number) -> usize {
        self.open.partition_point(|cell| cell.number < number)
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Cell<K, S>> {
        self.open.get(at)
    }

    #[inline]
    pub(crate) fn cell(&mut self, at: usize) -> &mut Cell<K, S> {
        &mut self.open[at]
    }

    /// The open cells from one number to another, both included.
    pub(crate) fn between(&self, from: Number, to: Number) -> impl Iterator<Item = &Cell<K, S>> + Clone {
        self.open.range(self.lower_bound(from)..).take_while(move |cell| cell.number <= to)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Cell<K, S>> {
        self.open.iter()
    }

    /// Closes the first cell.
    pub(crate) fn close_first(&mut self) {
        if let Some(cell) = self.take_first() {
            self.keep(cell.table.recycled());
        }
    }

    /// Closes the first cell. Gives its number and what it held.
    pub(crate) fn drain_first(&mut self) -> Option<(Number, Vec<(K, S)>)> {
        let Cell { number, table, .. } = self.take_first()?;
        let (entries, emptied) = table.drained();
        self.keep(emptied);
        Some((number, entries))
    }

    fn take_first(&mut self) -> Option<Cell<K, S>> {
        self.current = self.current.saturating_sub(1);
        self.open.pop_front()
    }

    fn keep(&mut self, emptied: Option<Table<K, S>>) {
        if self.spare.len() < SPARE {
            self.spare.extend(emptied);
        }
    }
}
