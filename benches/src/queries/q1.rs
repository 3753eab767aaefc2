//! `q1`: `SELECT auction, bidder, 0.908 * price AS price, dateTime, extra FROM bid`

use flow::prelude::*;
use serde_json::{Value, json};

use super::{Query, checked, decimal};
use crate::events::feed::Batches;
use crate::events::{copied, json, strings, text};
use crate::hand::stateless;
#[cfg(feature = "peers")]
use crate::nexmark::Engine;
use crate::partitions::partitions;
#[cfg(feature = "peers")]
use crate::peers;
use crate::sink::Taken;

/// A row of codes.
#[derive(Clone, Copy, Debug, Hash)]
pub struct CopiedRow {
    auction: i64,
    bidder: i64,
    /// In thousandths, as a DECIMAL(23, 3).
    price: i64,
    at: i64,
    extra: u16,
}

/// A row of texts.
#[derive(Clone, Debug, Hash, PartialEq, Record)]
#[record(rename_all = "camelCase")]
pub struct StringsRow {
    auction: i64,
    bidder: i64,
    /// In thousandths, as a DECIMAL(23, 3).
    price: i64,
    date_time: Timestamp,
    extra: String,
}
checked!(CopiedRow, StringsRow);

impl super::Row for CopiedRow {
    fn print(&self) -> Value {
        let Self { auction, bidder, price, at, extra } = *self;
        StringsRow { auction, bidder, price, date_time: Timestamp::from_millis(at), extra: text::extra(extra) }.print()
    }
}

impl super::Row for StringsRow {
    fn print(&self) -> Value {
        json!({
            "auction": self.auction, "bidder": self.bidder, "price": decimal(self.price),
            "dateTime": json::time(self.date_time), "extra": self.extra,
        })
    }
}

/// The bid in another currency.
#[inline]
pub(crate) fn convert(b: copied::Bid) -> CopiedRow {
    CopiedRow { auction: b.auction, bidder: b.bidder, price: b.price * 908, at: b.at, extra: b.extra }
}

/// Over copied events.
#[derive(Debug)]
pub struct Copied;

impl Query for Copied {
    type In = Batches<copied::Bid>;
    type Row = CopiedRow;

    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = CopiedRow>) -> Pipeline {
        let workers = input.len();
        pipeline! {
            name = "q1";
            parallelism = workers;

            source(partitions(input))
                -> map(|b| CopiedRow { auction: b.auction, bidder: b.bidder, price: b.price * 908, at: b.at, extra: b.extra })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<CopiedRow>) -> Taken<CopiedRow> {
        stateless(input, empty, move |batch, rows| *rows = batch.into_iter().map(convert).collect())
    }

    #[cfg(feature = "peers")]
    fn peer(peer: Engine, input: Vec<Self::In>, empty: &Taken<CopiedRow>) -> Option<Taken<CopiedRow>> {
        peers::q1(peer, input, empty)
    }
}

/// Over events with strings.
#[derive(Debug)]
pub struct Strings;

impl Query for Strings {
    type In = Batches<strings::Bid>;
    type Row = StringsRow;

    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = StringsRow>) -> Pipeline {
        let workers = input.len();
        pipeline! {
            name = "q1";
            portable;
            parallelism = workers;

            source(partitions(input))
                -> map(|b| StringsRow {
                       auction: b.auction,
                       bidder: b.bidder,
                       price: b.price * 908,
                       date_time: b.date_time,
                       extra: b.extra,
                   })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<StringsRow>) -> Taken<StringsRow> {
        let row = |b: strings::Bid| StringsRow {
            auction: b.auction,
            bidder: b.bidder,
            price: b.price * 908,
            date_time: b.date_time,
            extra: b.extra,
        };
        stateless(input, empty, move |batch, rows| rows.extend(batch.into_iter().map(row)))
    }
}
