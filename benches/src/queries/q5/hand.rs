//! By hand: counts by panes of two seconds; those of a window are kept as a sum that panes are added to and taken from.

use std::collections::VecDeque;
use std::marker::PhantomData;

use super::super::BidLike;
use super::Row;
use crate::hand::maps::{self, Entries, Map};
use crate::hand::{Rows, panes};

/// A slide, in milliseconds.
const SLIDE: i64 = 2_000;
/// Slides in a window.
const SLIDES: usize = 5;

/// Counts by auction.
pub(super) struct Counts<B>(PhantomData<B>);

/// The panes of a window.
#[derive(Default)]
pub(super) struct Window {
    panes: VecDeque<Entries<i64>>,
    sum: Map<i64>,
    /// Where the next pane starts.
    next: i64,
}

impl Window {
    /// Adds a pane, takes away the one that is over, and gives the window that ends with it.
    fn slide(&mut self, pane: impl Iterator<Item = (i64, i64)>, rows: &mut Rows<Row>) {
        let mut entries = if self.panes.len() == SLIDES { self.take_first() } else { Vec::new() };
        entries.extend(pane);
        for (auction, count) in &entries {
            *self.sum.entry(*auction).or_default() += count;
        }
        self.panes.push_back(entries);
        let most = self.sum.values().copied().max().unwrap_or(0);
        let best = self.sum.iter().filter(|(_, num)| **num == most);
        best.for_each(|(auction, num)| rows.push(Row { auction: *auction, num: *num }));
    }

    /// Gives the pane's memory back.
    fn take_first(&mut self) -> Entries<i64> {
        let mut first = self.panes.pop_front().unwrap_or_default();
        for (auction, count) in first.drain(..) {
            if let Some(sum) = self.sum.get_mut(&auction) {
                *sum -= count;
                if *sum == 0 {
                    self.sum.remove(&auction);
                }
            }
        }
        first
    }
}

impl<B: BidLike> panes::Windowed for Counts<B> {
    type In = B;
    type Row = Row;
    type Pane = Map<i64>;
    type Piece = Entries<i64>;
    type Step = Window;
    const SIZE: i64 = SLIDE;

    #[inline]
    fn time(bid: &B) -> i64 {
        bid.millis()
    }

    fn like(newest: &Self::Pane) -> Self::Pane {
        maps::like(newest)
    }

    #[inline]
    fn add(pane: &mut Self::Pane, _: i64, bid: &mut B) {
        *pane.entry(bid.auction()).or_default() += 1;
    }

    fn split(pane: &mut Self::Pane, pieces: &mut [Self::Piece]) {
        maps::to_first(pane, pieces);
    }

    fn merge(pane: &mut Self::Pane, piece: Self::Piece) {
        maps::merge(pane, piece, |sum, part| *sum += part);
    }

    fn close(window: &mut Window, start: i64, pane: &mut Self::Pane, rows: &mut Rows<Row>) {
        // Nobody had events for the panes between.
        while !window.sum.is_empty() && window.next < start {
            window.slide(std::iter::empty(), rows);
            window.next += SLIDE;
        }
        window.next = start + SLIDE;
        window.slide(pane.drain(), rows);
    }

    fn end(window: &mut Window, rows: &mut Rows<Row>) {
        // The last windows end after the last pane.
        for _ in 1..SLIDES {
            window.slide(std::iter::empty(), rows);
        }
    }
}
