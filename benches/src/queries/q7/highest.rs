//! What is kept of a window, and the loop by hand.

use std::marker::PhantomData;

use flow::aggregates::Aggregate;
use flow::state::Data;
use serde::{Deserialize, Serialize};

use super::super::BidLike;
use super::SIZE;
use crate::hand::{Rows, panes};
use crate::sink::Checked;

/// The highest bids of a window, and those at its very start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Highest<B> {
    price: i64,
    bids: Vec<B>,
    at_start: Vec<B>,
}

impl<B> Default for Highest<B> {
    fn default() -> Self {
        Self { price: i64::MIN, bids: Vec::new(), at_start: Vec::new() }
    }
}

impl<B: BidLike + Clone> Highest<B> {
    /// Adds a bid of the window, maybe one at its very start.
    #[inline]
    pub(super) fn add(&mut self, at_start: bool, bid: &B) {
        if at_start {
            self.at_start.push(bid.clone());
        }
        if bid.price() > self.price {
            self.price = bid.price();
            self.bids.clear();
        }
        if bid.price() == self.price {
            self.bids.push(bid.clone());
        }
    }

    /// Adds what another one has of the same window.
    pub(super) fn merge(&mut self, other: Self) {
        self.at_start.extend(other.at_start);
        if other.price > self.price {
            (self.price, self.bids) = (other.price, other.bids);
        } else if other.price == self.price {
            self.bids.extend(other.bids);
        }
    }

    /// Empties it into the window's rows; `before` is the end of the window before, and its highest price.
    pub(super) fn close<R: From<B>>(&mut self, start: i64, before: &mut Option<(i64, i64)>, mut row: impl FnMut(R)) {
        if let Some((_, price)) = before.filter(|(end, _)| *end == start) {
            self.at_start.drain(..).filter(|bid| bid.price() == price).for_each(|bid| row(bid.into()));
        }
        self.at_start.clear();
        if !self.bids.is_empty() {
            *before = Some((start + SIZE, self.price));
            self.price = i64::MIN;
            self.bids.drain(..).for_each(|bid| row(bid.into()));
        }
    }
}

/// The highest bids as an aggregate.
pub(super) struct Keep;

impl<B: BidLike + Data + Clone> Aggregate<B> for Keep {
    type Accumulator = Highest<B>;
    type Output = Highest<B>;

    fn create(&self) -> Self::Accumulator {
        Highest::default()
    }

    #[inline]
    fn add(&self, highest: &mut Self::Accumulator, bid: &B) {
        // Windows begin at multiples of their size.
        highest.add(bid.millis() % SIZE == 0, bid);
    }

    fn merge(&self, highest: &mut Self::Accumulator, other: Self::Accumulator) {
        highest.merge(other);
    }

    fn result(&self, highest: &Self::Accumulator) -> Self::Output {
        highest.clone()
    }
}

/// By hand.
pub(super) struct Loop<B, R>(PhantomData<(B, R)>);

impl<B: BidLike + Clone, R: From<B> + Checked> panes::Windowed for Loop<B, R> {
    type In = B;
    type Row = R;
    type Pane = Highest<B>;
    type Piece = Highest<B>;
    type Step = Option<(i64, i64)>;
    const SIZE: i64 = SIZE;

    #[inline]
    fn time(bid: &B) -> i64 {
        bid.millis()
    }

    #[inline]
    fn add(pane: &mut Self::Pane, start: i64, bid: &mut B) {
        pane.add(bid.millis() == start, bid);
    }

    fn split(pane: &mut Self::Pane, pieces: &mut [Self::Piece]) {
        pieces[0] = std::mem::take(pane);
    }

    fn merge(pane: &mut Self::Pane, piece: Self::Piece) {
        pane.merge(piece);
    }

    fn close(before: &mut Self::Step, start: i64, pane: &mut Self::Pane, rows: &mut Rows<R>) {
        pane.close(start, before, |row| rows.push(row));
    }
}
