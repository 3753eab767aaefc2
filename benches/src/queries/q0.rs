//! `q0`: `SELECT auction, bidder, price, dateTime, extra FROM bid`

use flow::prelude::*;
use serde_json::{Value, json};

use super::{Query, checked};
use crate::events::feed::Batches;
use crate::events::{copied, json, strings, text};
use crate::hand::stateless;
use crate::partitions::partitions;
use crate::sink::Taken;

/// A row of codes.
#[derive(Clone, Copy, Debug, Hash)]
pub struct CopiedRow {
    auction: i64,
    bidder: i64,
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
            "auction": self.auction, "bidder": self.bidder, "price": self.price,
            "dateTime": json::time(self.date_time), "extra": self.extra,
        })
    }
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
            name = "q0";
            parallelism = workers;

            source(partitions(input))
                -> map(|b| CopiedRow { auction: b.auction, bidder: b.bidder, price: b.price, at: b.at, extra: b.extra })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<CopiedRow>) -> Taken<CopiedRow> {
        let row = |b: copied::Bid| CopiedRow {
            auction: b.auction,
            bidder: b.bidder,
            price: b.price,
            at: b.at,
            extra: b.extra,
        };
        stateless(input, empty, move |batch, rows| *rows = batch.into_iter().map(row).collect())
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
            name = "q0";
            portable;
            parallelism = workers;

            source(partitions(input))
                -> map(|b| StringsRow {
                       auction: b.auction,
                       bidder: b.bidder,
                       price: b.price,
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
            price: b.price,
            date_time: b.date_time,
            extra: b.extra,
        };
        stateless(input, empty, move |batch, rows| rows.extend(batch.into_iter().map(row)))
    }
}
