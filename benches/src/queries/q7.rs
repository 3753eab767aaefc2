//! `q7`: `SELECT B.auction, B.price, B.bidder, B.dateTime, B.extra FROM bid B JOIN (SELECT MAX(price) AS maxprice,
//! window_end AS dateTime FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(dateTime), INTERVAL '10' SECOND)) GROUP BY window_start,
//! window_end) B1 ON B.price = B1.maxprice WHERE B.dateTime BETWEEN B1.dateTime - INTERVAL '10' SECOND AND B1.dateTime`
//!
//! `BETWEEN` includes both ends: a bid at the very end of a window, which is the start of the next one, counts too if it
//! has the window's highest price. So of each window its highest bids are kept, and those at its very start.

mod highest;
mod process;

use flow::prelude::*;
use serde_json::{Value, json};

use super::{Query, checked};
use crate::events::feed::Batches;
use crate::events::{copied, json, strings, text};
use crate::hand::panes;
use crate::partitions::partitions;
use crate::sink::Taken;
use highest::Keep;
use process::Follow;

/// A window, in milliseconds.
const SIZE: i64 = 10_000;

/// A row of codes.
#[derive(Clone, Copy, Debug, Hash)]
pub struct CopiedRow {
    auction: i64,
    price: i64,
    bidder: i64,
    at: i64,
    extra: u16,
}

/// A row of texts.
#[derive(Clone, Debug, Hash, PartialEq, Record)]
#[record(rename_all = "camelCase")]
pub struct StringsRow {
    auction: i64,
    price: i64,
    bidder: i64,
    date_time: Timestamp,
    extra: String,
}
checked!(CopiedRow, StringsRow);

impl super::Row for CopiedRow {
    fn print(&self) -> Value {
        let Self { auction, price, bidder, at, extra } = *self;
        StringsRow { auction, price, bidder, date_time: Timestamp::from_millis(at), extra: text::extra(extra) }.print()
    }
}

impl super::Row for StringsRow {
    fn print(&self) -> Value {
        json!({
            "auction": self.auction, "price": self.price, "bidder": self.bidder,
            "dateTime": json::time(self.date_time), "extra": self.extra,
        })
    }
}

impl From<copied::Bid> for CopiedRow {
    fn from(b: copied::Bid) -> Self {
        Self { auction: b.auction, price: b.price, bidder: b.bidder, at: b.at, extra: b.extra }
    }
}

impl From<strings::Bid> for StringsRow {
    fn from(b: strings::Bid) -> Self {
        Self { auction: b.auction, price: b.price, bidder: b.bidder, date_time: b.date_time, extra: b.extra }
    }
}

/// Into how many parts the bids are divided first, less one: there is one part, if there is nobody to share with.
fn parts(workers: usize) -> i64 {
    if workers == 1 { 0 } else { 15 }
}

/// Over copied events.
#[derive(Debug)]
pub struct Copied;

impl Query for Copied {
    type In = Batches<copied::Bid>;
    type Row = CopiedRow;

    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = CopiedRow>) -> Pipeline {
        let (workers, parts) = (input.len(), parts(input.len()));
        pipeline! {
            name = "q7";
            parallelism = workers;

            source(partitions(input))
                -> watermark(|b| Timestamp::from_millis(b.at), delay = 4s)
                -> key_by(move |b| b.bidder & parts)
                -> window(tumbling(10s))
                -> aggregate(|b| (window.start.millis(), custom(Keep, b)))
                -> key_by(())
                -> process(Follow::<copied::Bid, CopiedRow>::new(), name = "highest of all")
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<CopiedRow>) -> Taken<CopiedRow> {
        panes::run::<highest::Loop<copied::Bid, CopiedRow>, _>(input, empty)
    }
}

/// Over events with strings. The portable form of it, a join of all bids, would keep all bids.
#[derive(Debug)]
pub struct Strings;

impl Query for Strings {
    type In = Batches<strings::Bid>;
    type Row = StringsRow;

    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = StringsRow>) -> Pipeline {
        let (workers, parts) = (input.len(), parts(input.len()));
        pipeline! {
            name = "q7";
            parallelism = workers;

            source(partitions(input))
                -> watermark(|b| b.date_time, delay = 4s)
                -> key_by(move |b| b.bidder & parts)
                -> window(tumbling(10s))
                -> aggregate(|b| (window.start.millis(), custom(Keep, b)))
                -> key_by(())
                -> process(Follow::<strings::Bid, StringsRow>::new(), name = "highest of all")
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<StringsRow>) -> Taken<StringsRow> {
        panes::run::<highest::Loop<strings::Bid, StringsRow>, _>(input, empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::START;
    use crate::nexmark::Engine;

    #[test]
    fn a_bid_at_the_end_of_a_window_may_be_its_highest_too() {
        let bid = |(auction, at, price)| copied::Bid {
            auction,
            bidder: 1,
            price,
            at: START + at,
            channel: 0,
            extra: 0,
            url: 0,
        };
        // The second meets the first window's price, the third both windows', the fourth only its own window's; the
        // window from 30 s on begins with the price of one that is not right before it.
        let bids =
            [(1, 9_000, 50), (2, 10_000, 50), (3, 10_000, 50), (4, 10_001, 50), (5, 30_000, 50), (6, 31_000, 60)];
        let expected = [(1, 9_000), (2, 10_000), (2, 10_000), (3, 10_000), (3, 10_000), (4, 10_001), (6, 31_000)];
        for engine in [Engine::Flow, Engine::Hand] {
            let batches = vec![bids.map(bid).to_vec()];
            let input = vec![Box::new(batches.into_iter()) as Batches<copied::Bid>];
            let rows = engine.run::<Copied>(input, &Taken::keeping()).unwrap().kept.unwrap();
            let mut found: Vec<(i64, i64)> = rows.iter().map(|row| (row.auction, row.at - START)).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{engine:?}");
        }
    }
}
