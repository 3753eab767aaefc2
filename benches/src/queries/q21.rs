//! `q21`: `SELECT auction, bidder, price, channel, CASE WHEN LOWER(channel) = 'apple' THEN '0' WHEN LOWER(channel) =
//! 'google' THEN '1' WHEN LOWER(channel) = 'facebook' THEN '2' WHEN LOWER(channel) = 'baidu' THEN '3' ELSE
//! REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2) END AS channel_id FROM bid WHERE REGEXP_EXTRACT(url,
//! '(&|^)channel_id=([^&]*)', 2) IS NOT NULL OR LOWER(channel) IN ('apple', 'google', 'facebook', 'baidu')`

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
    channel_id: i64,
    channel: u16,
}

/// A row of texts.
#[derive(Clone, Debug, Hash, PartialEq, Record)]
pub struct StringsRow {
    auction: i64,
    bidder: i64,
    price: i64,
    channel: String,
    channel_id: String,
}
checked!(CopiedRow, StringsRow);

impl super::Row for CopiedRow {
    fn print(&self) -> Value {
        let Self { auction, bidder, price, channel_id, channel } = *self;
        StringsRow { auction, bidder, price, channel: text::channel(channel), channel_id: channel_id.to_string() }
            .print()
    }
}

impl super::Row for StringsRow {
    fn print(&self) -> Value {
        json!({
            "auction": self.auction, "bidder": self.bidder, "price": self.price, "channel": self.channel,
            "channel_id": self.channel_id,
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
            name = "q21";
            parallelism = workers;

            source(partitions(input)) -> filter_map(of_codes) -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<CopiedRow>) -> Taken<CopiedRow> {
        stateless(input, empty, |batch, rows| rows.extend(batch.into_iter().filter_map(of_codes)))
    }
}

/// Over events with strings. No regular expression gives back what it finds in the portable subset, so this is plain Rust.
#[derive(Debug)]
pub struct Strings;

impl Query for Strings {
    type In = Batches<strings::Bid>;
    type Row = StringsRow;

    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = StringsRow>) -> Pipeline {
        let workers = input.len();
        pipeline! {
            name = "q21";
            parallelism = workers;

            source(partitions(input)) -> filter_map(of_texts) -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<StringsRow>) -> Taken<StringsRow> {
        stateless(input, empty, |batch, rows| rows.extend(batch.into_iter().filter_map(of_texts)))
    }
}

#[inline]
fn of_codes(b: copied::Bid) -> Option<CopiedRow> {
    let channel_id = b.channel_id()?;
    Some(CopiedRow { auction: b.auction, bidder: b.bidder, price: b.price, channel_id, channel: b.channel })
}

#[inline]
fn of_texts(b: strings::Bid) -> Option<StringsRow> {
    let great = ["apple", "google", "facebook", "baidu"].iter().position(|name| b.channel.eq_ignore_ascii_case(name));
    let channel_id = match great {
        Some(number) => number.to_string(),
        None => b.url.split('&').find_map(|part| part.strip_prefix("channel_id="))?.to_owned(),
    };
    Some(StringsRow { auction: b.auction, bidder: b.bidder, price: b.price, channel: b.channel, channel_id })
}
