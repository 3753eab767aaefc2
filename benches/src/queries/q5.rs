//! `q5`: `SELECT AuctionBids.auction, AuctionBids.num FROM (SELECT auction, COUNT(*) AS num, window_start AS starttime,
//! window_end AS endtime FROM TABLE(HOP(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
//! GROUP BY auction, window_start, window_end) AS AuctionBids JOIN (SELECT MAX(CountBids.num) AS maxn, …) AS MaxBids ON
//! AuctionBids.starttime = MaxBids.starttime AND AuctionBids.endtime = MaxBids.endtime AND AuctionBids.num >= MaxBids.maxn`

use flow::aggregates::Aggregate;
use flow::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Query, checked};
use crate::events::feed::Batches;
use crate::events::{copied, strings};
use crate::hand::panes;
#[cfg(feature = "peers")]
use crate::nexmark::Engine;
use crate::partitions::partitions;
#[cfg(feature = "peers")]
use crate::peers;
use crate::sink::Taken;

mod hand;

/// An auction that got the most bids in a window.
#[derive(Clone, Debug, Hash, PartialEq, Record)]
pub struct Row {
    /// Which.
    pub auction: i64,
    /// How many bids.
    pub num: i64,
}
checked!(Row);

impl super::Row for Row {
    fn print(&self) -> Value {
        json!({ "auction": self.auction, "num": self.num })
    }
}

/// How many bids an auction got in a window.
#[derive(Clone, Debug, Record)]
struct AuctionBids {
    auction: i64,
    starttime: Timestamp,
    num: i64,
}

/// The most bids in a window.
#[derive(Clone, Debug, Record)]
struct MaxBids {
    starttime: Timestamp,
    num: i64,
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
            name = "q5";
            parallelism = workers;

            // A window's counts have its last moment as their time, so each window has a tumbling one to itself.
            source(partitions(input))
                -> watermark(|b| Timestamp::from_millis(b.at), delay = 4s)
                -> key_by(|b| b.auction)
                -> window(sliding(10s, every = 2s))
                -> aggregate(|b| Row { auction: key, num: count() })
                -> key_by(())
                -> window(tumbling(2s))
                -> aggregate(|c| custom(Most, (c.auction, c.num)))
                -> flat_map(|rows| rows)
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<Row>) -> Taken<Row> {
        panes::run::<hand::Counts<copied::Bid>, _>(input, empty)
    }

    #[cfg(feature = "peers")]
    fn peer(peer: Engine, input: Vec<Self::In>, empty: &Taken<Row>) -> Option<Taken<Row>> {
        peers::q5(peer, input, empty)
    }
}

/// Over events with strings: the join of the SQL, in the portable subset.
#[derive(Debug)]
pub struct Strings;

impl Query for Strings {
    type In = Batches<strings::Bid>;
    type Row = Row;

    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = Row>) -> Pipeline {
        let workers = input.len();
        pipeline! {
            name = "q5";
            portable;
            parallelism = workers;

            counts = source(partitions(input))
                -> watermark(|b| b.date_time, delay = 4s)
                -> key_by(|b| b.auction)
                -> window(sliding(10s, every = 2s))
                -> aggregate(|b| AuctionBids { auction: key, starttime: window.start, num: count() });

            most = counts
                -> key_by(|c| c.starttime)
                -> window(tumbling(2s))
                -> aggregate(|c| MaxBids { starttime: key, num: max(c.num) });

            join(counts, most, on = (|c| (c.starttime, c.num), |m| (m.starttime, m.num)), window = tumbling(2s), inner)
                -> map(|(c, _)| Row { auction: c.auction, num: c.num })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<Row>) -> Taken<Row> {
        panes::run::<hand::Counts<strings::Bid>, _>(input, empty)
    }
}

/// The auctions with the highest count.
struct Most;

/// The highest count so far, and whose it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Best {
    num: i64,
    auctions: Vec<i64>,
}

impl Best {
    #[inline]
    fn add(&mut self, auction: i64, num: i64) {
        if num > self.num {
            self.num = num;
            self.auctions.clear();
        }
        if num == self.num {
            self.auctions.push(auction);
        }
    }
}

impl Aggregate<(i64, i64)> for Most {
    type Accumulator = Best;
    type Output = Vec<Row>;

    fn create(&self) -> Best {
        Best::default()
    }

    #[inline]
    fn add(&self, best: &mut Best, &(auction, num): &(i64, i64)) {
        best.add(auction, num);
    }

    fn merge(&self, best: &mut Best, other: Best) {
        for auction in other.auctions {
            best.add(auction, other.num);
        }
    }

    fn result(&self, best: &Best) -> Vec<Row> {
        best.auctions.iter().map(|auction| Row { auction: *auction, num: best.num }).collect()
    }
}
