//! `q14`: `SELECT auction, bidder, 0.908 * price AS price, CASE WHEN HOUR(dateTime) >= 8 AND HOUR(dateTime) <= 18 THEN
//! 'dayTime' WHEN HOUR(dateTime) <= 6 OR HOUR(dateTime) >= 20 THEN 'nightTime' ELSE 'otherTime' END AS bidTimeType,
//! dateTime, extra, count_char(extra, 'c') AS c_counts FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000`

use flow::prelude::*;
use serde_json::{Value, json};

use super::{Query, checked, decimal};
use crate::events::feed::Batches;
use crate::events::{copied, json, strings, text};
use crate::hand::stateless;
use crate::partitions::partitions;
use crate::sink::Taken;

/// In thousandths, as all prices after the change of currency.
const ABOVE: i64 = 1_000_000_000;
const BELOW: i64 = 50_000_000_000;
const TIMES: [&str; 3] = ["dayTime", "nightTime", "otherTime"];

/// A row of codes.
#[derive(Clone, Copy, Debug, Hash)]
pub struct CopiedRow {
    auction: i64,
    bidder: i64,
    price: i64,
    at: i64,
    extra: u16,
    time_type: u8,
    c_counts: i64,
}

/// A row of texts.
#[derive(Clone, Debug, Hash, PartialEq, Record)]
#[record(rename_all = "camelCase")]
pub struct StringsRow {
    auction: i64,
    bidder: i64,
    price: i64,
    bid_time_type: String,
    date_time: Timestamp,
    extra: String,
    #[record(rename = "c_counts")]
    c_counts: i64,
}
checked!(CopiedRow, StringsRow);

impl super::Row for CopiedRow {
    fn print(&self) -> Value {
        StringsRow {
            auction: self.auction,
            bidder: self.bidder,
            price: self.price,
            bid_time_type: TIMES[usize::from(self.time_type)].to_owned(),
            date_time: Timestamp::from_millis(self.at),
            extra: text::extra(self.extra),
            c_counts: self.c_counts,
        }
        .print()
    }
}

impl super::Row for StringsRow {
    fn print(&self) -> Value {
        json!({
            "auction": self.auction, "bidder": self.bidder, "price": decimal(self.price),
            "bidTimeType": self.bid_time_type, "dateTime": json::time(self.date_time), "extra": self.extra,
            "c_counts": self.c_counts,
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
            name = "q14";
            parallelism = workers;

            source(partitions(input))
                -> filter(|b| b.price * 908 > ABOVE && b.price * 908 < BELOW)
                -> map(|b| CopiedRow {
                       auction: b.auction,
                       bidder: b.bidder,
                       price: b.price * 908,
                       at: b.at,
                       extra: b.extra,
                       time_type: time_type(b.at),
                       c_counts: text::count_c(b.extra),
                   })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<CopiedRow>) -> Taken<CopiedRow> {
        stateless(input, empty, |batch, rows| {
            rows.extend(batch.iter().filter(|b| dear(b.price)).map(|b| CopiedRow {
                auction: b.auction,
                bidder: b.bidder,
                price: b.price * 908,
                at: b.at,
                extra: b.extra,
                time_type: time_type(b.at),
                c_counts: text::count_c(b.extra),
            }));
        })
    }
}

/// Over events with strings. `count_char` is a function of the suite's own, plain code on either engine.
#[derive(Debug)]
pub struct Strings;

impl Query for Strings {
    type In = Batches<strings::Bid>;
    type Row = StringsRow;

    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = StringsRow>) -> Pipeline {
        let workers = input.len();
        pipeline! {
            name = "q14";
            parallelism = workers;

            source(partitions(input))
                -> filter(|b| b.price * 908 > ABOVE && b.price * 908 < BELOW)
                -> map(of_texts)
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<StringsRow>) -> Taken<StringsRow> {
        stateless(input, empty, |batch: Vec<strings::Bid>, rows| {
            rows.extend(batch.into_iter().filter(|b| dear(b.price)).map(of_texts));
        })
    }
}

#[inline]
fn of_texts(b: strings::Bid) -> StringsRow {
    StringsRow {
        auction: b.auction,
        bidder: b.bidder,
        price: b.price * 908,
        bid_time_type: TIMES[usize::from(time_type(b.date_time.millis()))].to_owned(),
        date_time: b.date_time,
        c_counts: b.extra.bytes().filter(|byte| *byte == b'c').count() as i64,
        extra: b.extra,
    }
}

#[inline]
fn dear(price: i64) -> bool {
    price * 908 > ABOVE && price * 908 < BELOW
}

/// The place in [`TIMES`].
#[inline]
fn time_type(at: i64) -> u8 {
    match at.rem_euclid(86_400_000) / 3_600_000 {
        8..=18 => 0,
        0..=6 | 20.. => 1,
        _ => 2,
    }
}
