//! `q12`, on event time: `SELECT bidder, COUNT(*) AS bid_count, window_start AS starttime, window_end AS endtime FROM
//! TABLE(TUMBLE(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '10' SECOND)) GROUP BY bidder, window_start, window_end`

use std::marker::PhantomData;

use flow::prelude::*;
use serde_json::{Value, json};

use super::{BidLike, Query, checked};
use crate::events::feed::Batches;
use crate::events::{copied, json, strings};
use crate::hand::maps::{self, Entries, Map};
use crate::hand::{Rows, panes};
use crate::partitions::partitions;
use crate::sink::Taken;

/// A window, in milliseconds.
const SIZE: i64 = 10_000;

/// How often somebody bid, from when to when.
#[derive(Clone, Debug, Hash, PartialEq, Record)]
pub struct Row {
    /// Who.
    pub bidder: i64,
    /// How often.
    pub bid_count: i64,
    /// The window's start.
    pub starttime: Timestamp,
    /// The window's end.
    pub endtime: Timestamp,
}
checked!(Row);

impl super::Row for Row {
    fn print(&self) -> Value {
        json!({
            "bidder": self.bidder, "bid_count": self.bid_count, "starttime": json::time(self.starttime),
            "endtime": json::time(self.endtime),
        })
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
            name = "q12";
            parallelism = workers;

            source(partitions(input))
                -> watermark(|b| Timestamp::from_millis(b.at), delay = 4s)
                -> key_by(|b| b.bidder)
                -> window(tumbling(10s))
                -> aggregate(|b| Row { bidder: key, bid_count: count(), starttime: window.start, endtime: window.end })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<Row>) -> Taken<Row> {
        panes::run::<Counts<copied::Bid>, _>(input, empty)
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
            name = "q12";
            portable;
            parallelism = workers;

            source(partitions(input))
                -> watermark(|b| b.date_time, delay = 4s)
                -> key_by(|b| b.bidder)
                -> window(tumbling(10s))
                -> aggregate(|b| Row { bidder: key, bid_count: count(), starttime: window.start, endtime: window.end })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<Row>) -> Taken<Row> {
        panes::run::<Counts<strings::Bid>, _>(input, empty)
    }
}

/// By hand: counts by bidder.
struct Counts<B>(PhantomData<B>);

impl<B: BidLike> panes::Windowed for Counts<B> {
    type In = B;
    type Row = Row;
    type Pane = Map<i64>;
    type Piece = Entries<i64>;
    type Step = ();
    const SIZE: i64 = SIZE;

    #[inline]
    fn time(bid: &B) -> i64 {
        bid.millis()
    }

    fn like(newest: &Self::Pane) -> Self::Pane {
        maps::like(newest)
    }

    #[inline]
    fn add(pane: &mut Self::Pane, _: i64, bid: &mut B) {
        *pane.entry(bid.bidder()).or_default() += 1;
    }

    fn split(pane: &mut Self::Pane, pieces: &mut [Self::Piece]) {
        maps::split(pane, pieces);
    }

    fn merge(pane: &mut Self::Pane, piece: Self::Piece) {
        maps::merge(pane, piece, |sum, part| *sum += part);
    }

    fn close((): &mut (), start: i64, pane: &mut Self::Pane, rows: &mut Rows<Row>) {
        let (starttime, endtime) = (Timestamp::from_millis(start), Timestamp::from_millis(start + SIZE));
        for (bidder, bid_count) in pane.drain() {
            rows.push(Row { bidder, bid_count, starttime, endtime });
        }
    }
}
