//! `q11`: `SELECT bidder, COUNT(*) AS bid_count, window_start AS starttime, window_end AS endtime FROM TABLE(SESSION(TABLE
//! bid PARTITION BY bidder, DESCRIPTOR(dateTime), INTERVAL '10' SECOND)) GROUP BY bidder, window_start, window_end`

mod hand;

use flow::prelude::*;

use super::Query;
pub use super::q12::Row;
use crate::events::feed::Batches;
use crate::events::{copied, strings};
use crate::partitions::partitions;
use crate::sink::Taken;

/// What ends a session, in milliseconds.
const GAP: i64 = 10_000;

/// Over copied events.
#[derive(Debug)]
pub struct Copied;

impl Query for Copied {
    type In = Batches<copied::Bid>;
    type Row = Row;

    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = Row>) -> Pipeline {
        let workers = input.len();
        pipeline! {
            name = "q11";
            parallelism = workers;

            source(partitions(input))
                -> watermark(|b| Timestamp::from_millis(b.at), delay = 4s)
                -> key_by(|b| b.bidder)
                -> window(session(10s))
                -> aggregate(|b| Row { bidder: key, bid_count: count(), starttime: window.start, endtime: window.end })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<Row>) -> Taken<Row> {
        hand::run(input, empty)
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
            name = "q11";
            portable;
            parallelism = workers;

            source(partitions(input))
                -> watermark(|b| b.date_time, delay = 4s)
                -> key_by(|b| b.bidder)
                -> window(session(10s))
                -> aggregate(|b| Row { bidder: key, bid_count: count(), starttime: window.start, endtime: window.end })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<Row>) -> Taken<Row> {
        hand::run(input, empty)
    }
}
