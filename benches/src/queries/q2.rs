//! `q2`: `SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0`

use flow::prelude::*;
use serde_json::{Value, json};

use super::{BidLike, Query, checked};
use crate::events::feed::Batches;
use crate::events::{copied, strings};
use crate::hand::stateless;
use crate::partitions::partitions;
use crate::sink::Taken;

/// What is left of a bid.
#[derive(Clone, Debug, Hash, PartialEq, Record)]
pub struct Row {
    auction: i64,
    price: i64,
}
checked!(Row);

impl super::Row for Row {
    fn print(&self) -> Value {
        json!({ "auction": self.auction, "price": self.price })
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
            name = "q2";
            parallelism = workers;

            source(partitions(input))
                -> filter(|b| b.auction % 123 == 0)
                -> map(|b| Row { auction: b.auction, price: b.price })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<Row>) -> Taken<Row> {
        stateless(input, empty, few)
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
            name = "q2";
            portable;
            parallelism = workers;

            source(partitions(input))
                -> filter(|b| b.auction % 123 == 0)
                -> map(|b| Row { auction: b.auction, price: b.price })
                -> sink(rows);
        }
    }

    fn hand(input: Vec<Self::In>, empty: &Taken<Row>) -> Taken<Row> {
        stateless(input, empty, few)
    }
}

/// By hand.
fn few<B: BidLike>(batch: Vec<B>, rows: &mut Vec<Row>) {
    let some = batch.iter().filter(|b| b.auction() % 123 == 0);
    rows.extend(some.map(|b| Row { auction: b.auction(), price: b.price() }));
}
