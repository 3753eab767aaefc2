//! `q8`: `SELECT P.id, P.name, P.starttime FROM (SELECT id, name, window_start AS starttime, window_end AS endtime FROM
//! TABLE(TUMBLE(TABLE person, DESCRIPTOR(dateTime), INTERVAL '10' SECOND)) GROUP BY id, name, window_start, window_end) P
//! JOIN (SELECT seller, window_start AS starttime, window_end AS endtime FROM TABLE(TUMBLE(TABLE auction, …)) GROUP BY
//! seller, window_start, window_end) A ON P.id = A.seller AND P.starttime = A.starttime AND P.endtime = A.endtime`
//!
//! A person comes once, so only the sellers have to be told apart.

mod hand;

use flow::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Query, checked};
use crate::events::feed::Batches;
use crate::events::{copied, json, strings, text};
use crate::hand::panes;
#[cfg(feature = "peers")]
use crate::nexmark::Engine;
use crate::partitions::partitions;
#[cfg(feature = "peers")]
use crate::peers;
use crate::sink::Taken;

/// A window, in milliseconds.
pub(crate) const SIZE: i64 = 10_000;

/// A row of codes.
#[derive(Clone, Copy, Debug, Hash)]
pub struct CopiedRow {
    /// Who.
    pub id: i64,
    /// The window's start, in milliseconds.
    pub start: i64,
    /// The name's code.
    pub name: u32,
}

/// A row of texts.
#[derive(Clone, Debug, Hash, PartialEq, Record)]
pub struct StringsRow {
    id: i64,
    name: String,
    starttime: Timestamp,
}
checked!(CopiedRow, StringsRow);

impl super::Row for CopiedRow {
    fn print(&self) -> Value {
        StringsRow { id: self.id, name: text::name(self.name), starttime: Timestamp::from_millis(self.start) }.print()
    }
}

impl super::Row for StringsRow {
    fn print(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "starttime": json::time(self.starttime) })
    }
}

/// What is asked of a person.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct CopiedName {
    id: i64,
    name: u32,
}

/// What is asked of a person.
#[derive(Clone, Debug, Record)]
struct StringsName {
    id: i64,
    name: String,
}

/// Somebody who sells in a window.
#[derive(Clone, Debug, Record)]
struct Seller {
    seller: i64,
    starttime: Timestamp,
    /// Nobody asks; but an aggregation is what makes one row of many.
    sales: i64,
}

/// Over copied events.
#[derive(Debug)]
pub struct Copied;

impl Query for Copied {
    type In = (Batches<copied::Person>, Batches<copied::Auction>);
    type Row = CopiedRow;

    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = CopiedRow>) -> Pipeline {
        let workers = input.len();
        let (persons_in, auctions_in): (Vec<_>, Vec<_>) = input.into_iter().unzip();
        pipeline! {
            name = "q8";
            parallelism = workers;

            persons = source(partitions(persons_in))
                -> watermark(|p| Timestamp::from_millis(p.at), delay = 4s)
                -> map(|p| CopiedName { id: p.id, name: p.name });
            sellers = source(partitions(auctions_in))
                -> watermark(|a| Timestamp::from_millis(a.at), delay = 4s)
                -> key_by(|a| a.seller)
                -> window(tumbling(10s))
                -> aggregate(|a| Seller { seller: key, starttime: window.start, sales: count() });

            join(persons, sellers, on = (|p| p.id, |s| s.seller), window = tumbling(10s), inner)
                -> map(|(p, s)| CopiedRow { id: p.id, start: s.starttime.millis(), name: p.name })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<CopiedRow>) -> Taken<CopiedRow> {
        panes::run::<hand::NewSellers<copied::Person, copied::Auction, CopiedRow>, _>(input, empty)
    }

    #[cfg(feature = "peers")]
    fn peer(peer: Engine, input: Vec<Self::In>, empty: &Taken<CopiedRow>) -> Option<Taken<CopiedRow>> {
        peers::q8(peer, input, empty)
    }
}

/// Over events with strings.
#[derive(Debug)]
pub struct Strings;

impl Query for Strings {
    type In = (Batches<strings::Person>, Batches<strings::Auction>);
    type Row = StringsRow;

    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = StringsRow>) -> Pipeline {
        let workers = input.len();
        let (persons_in, auctions_in): (Vec<_>, Vec<_>) = input.into_iter().unzip();
        pipeline! {
            name = "q8";
            portable;
            parallelism = workers;

            persons = source(partitions(persons_in))
                -> watermark(|p| p.date_time, delay = 4s)
                -> map(|p| StringsName { id: p.id, name: p.name });
            sellers = source(partitions(auctions_in))
                -> watermark(|a| a.date_time, delay = 4s)
                -> key_by(|a| a.seller)
                -> window(tumbling(10s))
                -> aggregate(|a| Seller { seller: key, starttime: window.start, sales: count() });

            join(persons, sellers, on = (|p| p.id, |s| s.seller), window = tumbling(10s), inner)
                -> map(|(p, s)| StringsRow { id: p.id, name: p.name, starttime: s.starttime })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<StringsRow>) -> Taken<StringsRow> {
        panes::run::<hand::NewSellers<strings::Person, strings::Auction, StringsRow>, _>(input, empty)
    }
}
