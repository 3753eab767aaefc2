//! The queries: one file each, with the pipeline and the loop by hand, for [`copied`](crate::events::copied) events and for
//! those with [`strings`](crate::events::strings).

pub mod q0;
pub mod q1;
pub mod q11;
pub mod q12;
pub mod q14;
pub mod q2;
pub mod q21;
pub mod q22;
pub mod q5;
pub mod q7;
pub mod q8;
pub mod w1;

use std::fmt::Debug;

use flow::connector::Sink;
use flow::prelude::Pipeline;
use serde_json::Value;

use crate::events::feed::Input;
#[cfg(feature = "peers")]
use crate::nexmark::Engine;
use crate::sink::{Checked, Taken};

/// A row that can be shown, with the suite's columns.
pub trait Row: Checked + Debug {
    /// The row as JSON; codes are written out.
    fn print(&self) -> Value;
}

/// A query over one workload.
pub trait Query: 'static {
    /// What a worker is handed.
    type In: Input;
    /// What comes out.
    type Row: Row;

    /// The pipeline, with as many tasks as there are parts of the input.
    fn flow(input: Vec<Self::In>, rows: impl Sink<Item = Self::Row>) -> Pipeline;

    /// The loop that a good engineer writes by hand for this and nothing else, on as many threads. Each
    /// begins with a copy of what is empty.
    fn hand(input: Vec<Self::In>, empty: &Taken<Self::Row>) -> Taken<Self::Row>;

    /// What a peer answers, where one is written for this query.
    #[cfg(feature = "peers")]
    fn peer(_: Engine, _: Vec<Self::In>, _: &Taken<Self::Row>) -> Option<Taken<Self::Row>> {
        None
    }
}

/// Rows whose number is that of all their fields.
macro_rules! checked {
    ($($row:ty),+) => { $(
        impl $crate::sink::Checked for $row {
            #[inline]
            fn check(&self) -> u64 {
                $crate::sink::hashed(self)
            }
        }
    )+ };
}
use checked;

/// The events that do not differ in what a query reads of them.
pub trait BidLike: Send + 'static {
    /// What is bid for.
    fn auction(&self) -> i64;
    /// Who bids.
    fn bidder(&self) -> i64;
    /// How much.
    fn price(&self) -> i64;
    /// When, in milliseconds.
    fn millis(&self) -> i64;
}

impl BidLike for crate::events::copied::Bid {
    #[inline]
    fn auction(&self) -> i64 {
        self.auction
    }
    #[inline]
    fn bidder(&self) -> i64 {
        self.bidder
    }
    #[inline]
    fn price(&self) -> i64 {
        self.price
    }
    #[inline]
    fn millis(&self) -> i64 {
        self.at
    }
}

impl BidLike for crate::events::strings::Bid {
    #[inline]
    fn auction(&self) -> i64 {
        self.auction
    }
    #[inline]
    fn bidder(&self) -> i64 {
        self.bidder
    }
    #[inline]
    fn price(&self) -> i64 {
        self.price
    }
    #[inline]
    fn millis(&self) -> i64 {
        self.date_time.millis()
    }
}

/// Thousandths, as a JSON number with three digits after the point.
#[must_use]
pub fn decimal(thousandths: i64) -> Value {
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.parse::<serde_json::Number>().map_or(Value::Null, Value::Number)
}
