//! `q22`: `SELECT auction, bidder, price, channel, SPLIT_INDEX(url, '/', 3) AS dir1, SPLIT_INDEX(url, '/', 4) AS dir2,
//! SPLIT_INDEX(url, '/', 5) AS dir3 FROM bid`

use flow::prelude::*;
use serde_json::{Value, json};

use super::{Query, checked};
use crate::events::feed::Batches;
use crate::events::{copied, strings, text};
use crate::hand::stateless;
use crate::partitions::partitions;
use crate::sink::Taken;

/// A row of codes.
#[derive(Clone, Copy, Debug, Hash)]
pub struct CopiedRow {
    auction: i64,
    bidder: i64,
    price: i64,
    channel: u16,
    dir1: u16,
    dir2: u16,
    dir3: u16,
}

/// A row of texts.
#[derive(Clone, Debug, Hash, PartialEq, Record)]
pub struct StringsRow {
    auction: i64,
    bidder: i64,
    price: i64,
    channel: String,
    dir1: String,
    dir2: String,
    dir3: String,
}
checked!(CopiedRow, StringsRow);

impl super::Row for CopiedRow {
    fn print(&self) -> Value {
        let [dir1, dir2, dir3] = [self.dir1, self.dir2, self.dir3].map(text::folder);
        let Self { auction, bidder, price, .. } = *self;
        StringsRow { auction, bidder, price, channel: text::channel(self.channel), dir1, dir2, dir3 }.print()
    }
}

impl super::Row for StringsRow {
    fn print(&self) -> Value {
        json!({
            "auction": self.auction, "bidder": self.bidder, "price": self.price, "channel": self.channel,
            "dir1": self.dir1, "dir2": self.dir2, "dir3": self.dir3,
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
            name = "q22";
            parallelism = workers;

            source(partitions(input)) -> map(of_codes) -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<CopiedRow>) -> Taken<CopiedRow> {
        stateless(input, empty, |batch, rows| rows.extend(batch.into_iter().map(of_codes)))
    }
}

/// Over events with strings. Nothing in the portable subset splits a text, so this is plain Rust.
#[derive(Debug)]
pub struct Strings;

impl Query for Strings {
    type In = Batches<strings::Bid>;
    type Row = StringsRow;

    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = StringsRow>) -> Pipeline {
        let workers = input.len();
        pipeline! {
            name = "q22";
            parallelism = workers;

            source(partitions(input)) -> map(of_texts) -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<StringsRow>) -> Taken<StringsRow> {
        stateless(input, empty, |batch, rows| rows.extend(batch.into_iter().map(of_texts)))
    }
}

#[inline]
fn of_codes(b: copied::Bid) -> CopiedRow {
    let [dir1, dir2, dir3] = b.folders();
    CopiedRow { auction: b.auction, bidder: b.bidder, price: b.price, channel: b.channel, dir1, dir2, dir3 }
}

#[inline]
fn of_texts(b: strings::Bid) -> StringsRow {
    let mut parts = b.url.split('/').skip(3);
    let mut dir = || parts.next().unwrap_or_default().to_owned();
    let (dir1, dir2, dir3) = (dir(), dir(), dir());
    StringsRow { auction: b.auction, bidder: b.bidder, price: b.price, channel: b.channel, dir1, dir2, dir3 }
}
