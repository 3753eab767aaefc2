//! `w1`: filter → key_by → tumbling 10 s → (count, sum).
//!
//! `SELECT auction, window_start AS starttime, COUNT(*) AS num, SUM(price) AS total FROM TABLE(TUMBLE(TABLE bid,
//! DESCRIPTOR(dateTime), INTERVAL '10' SECOND)) WHERE price > 100 GROUP BY auction, window_start, window_end`

use flow::prelude::*;
use serde_json::{Value, json};

use super::{BidLike, Query, checked};
use crate::events::feed::Batches;
use crate::events::uniform::Uniform;
use crate::events::{copied, json, strings};
use crate::hand::maps::{self, Entries, Map};
use crate::hand::{Rows, panes};
#[cfg(feature = "peers")]
use crate::nexmark::Engine;
use crate::partitions::partitions;
#[cfg(feature = "peers")]
use crate::peers;
use crate::sink::Taken;

/// `w1`'s bids: 6,000 auctions in a window, ten bids a millisecond.
pub const BIDS: Uniform = Uniform { keys: 6_000, rate: 10 };
/// `w1m`'s: a window sees nearly all of a million auctions.
pub const MANY_KEYS: Uniform = Uniform { keys: 1_000_000, rate: 500 };
/// A window, in milliseconds.
pub const WINDOW: i64 = 10_000;
/// How far out of order bids may be, in milliseconds.
pub const DELAY: i64 = 1_000;
/// Only bids above this price count; nine of ten are.
pub const PRICE: i64 = 100;

/// What comes out for an auction and a window.
#[derive(Clone, Debug, PartialEq, Hash, Record)]
pub struct Row {
    /// The key.
    pub auction: i64,
    /// The window's start.
    pub starttime: Timestamp,
    /// How many bids.
    pub num: i64,
    /// Their sum.
    pub total: i64,
}
checked!(Row);

impl super::Row for Row {
    fn print(&self) -> Value {
        json!({ "auction": self.auction, "starttime": json::time(self.starttime), "num": self.num, "total": self.total })
    }
}

/// Over copied events.
#[derive(Debug)]
pub struct Copied;

impl Query for Copied {
    type In = Batches<copied::Bid>;
    type Row = Row;

    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = Row>) -> Pipeline {
        let workers = input.len();
        pipeline! {
            name = "w1";
            parallelism = workers;

            source(partitions(input))
                -> watermark(|bid| Timestamp::from_millis(bid.at), delay = 1s)
                -> filter(|bid| bid.price > PRICE)
                -> key_by(|bid| bid.auction)
                -> window(tumbling(10s))
                -> aggregate(|bid| Row {
                       auction: key,
                       starttime: window.start,
                       num: count(),
                       total: sum(bid.price),
                   })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<Row>) -> Taken<Row> {
        panes::run::<Totals<copied::Bid>, _>(input, empty)
    }

    #[cfg(feature = "peers")]
    fn peer(peer: Engine, input: Vec<Self::In>, empty: &Taken<Row>) -> Option<Taken<Row>> {
        peers::w1(peer, input, empty)
    }
}

/// Over events with strings.
#[derive(Debug)]
pub struct Strings;

impl Query for Strings {
    type In = Batches<strings::Bid>;
    type Row = Row;

    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = Row>) -> Pipeline {
        let workers = input.len();
        pipeline! {
            name = "w1";
            portable;
            parallelism = workers;

            source(partitions(input))
                -> watermark(|bid| bid.date_time, delay = 1s)
                -> filter(|bid| bid.price > 100)
                -> key_by(|bid| bid.auction)
                -> window(tumbling(10s))
                -> aggregate(|bid| Row {
                       auction: key,
                       starttime: window.start,
                       num: count(),
                       total: sum(bid.price),
                   })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<Row>) -> Taken<Row> {
        panes::run::<Totals<strings::Bid>, _>(input, empty)
    }
}

/// By hand: count and sum by auction.
struct Totals<B>(std::marker::PhantomData<B>);

impl<B: BidLike> panes::Windowed for Totals<B> {
    type In = B;
    type Row = Row;
    type Pane = Map<(i64, i64)>;
    type Piece = Entries<(i64, i64)>;
    type Step = ();
    const SIZE: i64 = WINDOW;
    const DELAY: i64 = DELAY;

    #[inline]
    fn time(bid: &B) -> i64 {
        bid.millis()
    }

    #[inline]
    fn wants(bid: &B) -> bool {
        bid.price() > PRICE
    }

    fn like(newest: &Self::Pane) -> Self::Pane {
        maps::like(newest)
    }

    #[inline]
    fn add(pane: &mut Self::Pane, _: i64, bid: &mut B) {
        let (num, total) = pane.entry(bid.auction()).or_default();
        *num += 1;
        *total = total.wrapping_add(bid.price());
    }

    fn split(pane: &mut Self::Pane, pieces: &mut [Self::Piece]) {
        maps::split(pane, pieces);
    }

    fn merge(pane: &mut Self::Pane, piece: Self::Piece) {
        maps::merge(pane, piece, |sum, part| *sum = (sum.0 + part.0, sum.1.wrapping_add(part.1)));
    }

    fn close((): &mut (), start: i64, pane: &mut Self::Pane, rows: &mut Rows<Row>) {
        let starttime = Timestamp::from_millis(start);
        for (auction, (num, total)) in pane.drain() {
            rows.push(Row { auction, starttime, num, total });
        }
    }
}
