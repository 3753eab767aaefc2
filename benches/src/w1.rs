//! `w1`: filter → key_by → tumbling 10 s → (count, sum), over `Copy` records of 40 bytes, 6,000 keys a window.

use std::collections::VecDeque;

use flow::prelude::*;
use rustc_hash::FxHashMap;

use crate::sink::{Answer, Checked, checking};

/// Records in a batch, as the engine has them.
pub const BATCH: usize = 1024;
/// Different keys in a window.
pub const KEYS: u64 = 6_000;
/// A window, in milliseconds.
pub const WINDOW: i64 = 10_000;
/// How far out of order records may be, in milliseconds.
pub const DELAY: i64 = 1_000;
/// Only bids above this price count; nine of ten are.
pub const PRICE: i64 = 100;

/// A bid: 40 bytes.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Bid {
    /// What is bid for: the key.
    pub auction: i64,
    /// Who bids.
    pub bidder: i64,
    /// How much.
    pub price: i64,
    /// By which channel.
    pub channel: i64,
    /// When, in milliseconds.
    pub at: i64,
}

/// What comes out for an auction and a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub auction: i64,
    /// The window's start, in milliseconds.
    pub start: i64,
    /// How many bids.
    pub count: i64,
    /// Their sum.
    pub sum: i64,
}

impl Checked for Row {
    fn check(&self) -> u64 {
        let numbers = [self.auction, self.start, self.count, self.sum];
        numbers
            .iter()
            .fold(0, |sum: u64, number| (sum.rotate_left(5) ^ *number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
}

/// So many bids, ten a millisecond, up to the allowed disorder out of order, for so many auctions, in batches of so many.
#[must_use]
pub fn bids(count: u64, keys: u64, batch: usize) -> Vec<Vec<Bid>> {
    let mut state = 1;
    let mut below = move |bound: u64| {
        state = u64::wrapping_add(state, 0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    };
    let mut bid = |number: u64| Bid {
        auction: below(keys) as i64,
        bidder: below(1_000_000) as i64,
        price: below(1_000) as i64,
        channel: below(4) as i64,
        at: number as i64 / 10 + DELAY - below(DELAY as u64) as i64,
    };
    let all: Vec<Bid> = (0..count).map(&mut bid).collect();
    all.chunks(batch).map(<[Bid]>::to_vec).collect()
}

/// The loop that a good engineer writes by hand for this and nothing else.
#[must_use]
pub fn hand(batches: Vec<Vec<Bid>>) -> Answer {
    let mut windows = Windows::default();
    for batch in batches {
        for bid in &batch {
            windows.add(bid);
        }
    }
    while !windows.open.is_empty() {
        windows.fire();
    }
    windows.answer
}

#[derive(Default)]
struct Windows {
    /// Open windows in the order of their starts, without gaps, with counts and sums by key.
    open: VecDeque<FxHashMap<i64, (i64, i64)>>,
    /// The first open window's start.
    first: i64,
    newest: i64,
    rows: Vec<Row>,
    answer: Answer,
}

impl Windows {
    #[inline]
    fn add(&mut self, bid: &Bid) {
        // Late or not is a matter of the bids before this one.
        let late = bid.at < self.first;
        if bid.price > PRICE && !late {
            let number = ((bid.at - self.first) / WINDOW) as usize;
            while self.open.len() <= number {
                self.open.push_back(FxHashMap::default());
            }
            let (count, sum) = self.open[number].entry(bid.auction).or_default();
            *count += 1;
            *sum = sum.wrapping_add(bid.price);
        }
        self.newest = self.newest.max(bid.at);
        while self.newest - DELAY >= self.first + WINDOW {
            self.fire();
        }
    }

    /// Gives the rows of the first open window.
    fn fire(&mut self) {
        let start = self.first;
        self.first += WINDOW;
        let Some(window) = self.open.pop_front() else { return };
        self.rows.extend(window.into_iter().map(|(auction, (count, sum))| Row { auction, start, count, sum }));
        self.answer.take(&mut self.rows);
    }
}

/// The pipeline, on one core.
///
/// # Panics
/// When the pipeline fails.
#[must_use]
pub fn flow(batches: Vec<Vec<Bid>>) -> Answer {
    let (rows, taken) = checking::<Row>();
    let pipeline = pipeline! {
        name = "w1";
        parallelism = 1;

        source(sources::batches(batches))
            -> watermark(|bid| Timestamp::from_millis(bid.at), delay = 1s)
            -> filter(|bid| bid.price > PRICE)
            -> key_by(|bid| bid.auction)
            -> window(tumbling(10s))
            -> aggregate(|bid| Row { auction: key, start: window.start.millis(), count: count(), sum: sum(bid.price) })
            -> sink(rows);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(pipeline.run()).expect("the pipeline runs");
    crate::sink::answer(&taken)
}

#[cfg(test)]
mod tests {
    use super::{BATCH, Bid, KEYS, bids, flow, hand};

    #[test]
    fn the_loop_and_the_pipeline_agree() {
        assert_eq!(size_of::<Bid>(), 40);
        let answer = hand(bids(500_000, KEYS, BATCH));
        assert_eq!(answer, flow(bids(500_000, KEYS, BATCH)));
        assert!(answer.rows > 30_000, "{answer:?}");
    }
}
