//! Queries that are measured in plain Rust, in the portable subset.

use flow::prelude::*;
use flow_benches::events::feed::Batches;
use flow_benches::events::strings::Bid;
use flow_benches::partitions::partitions;
use std::path::Path;

#[derive(Clone, Debug, Record)]
struct Highest {
    price: i64,
}

/// A row of `q7`.
#[derive(Clone, Debug, Record)]
#[record(rename_all = "camelCase")]
struct HighestBid {
    auction: i64,
    price: i64,
    bidder: i64,
    date_time: Timestamp,
    extra: String,
}

/// As its SQL has it: a window's highest price has the window's last moment as its time, and joins the bids of ten seconds before, and of the
/// moment after.
pub(crate) fn q7(bids: Vec<Batches<Bid>>, rows: &Path) -> Pipeline {
    pipeline! {
        name = "q7";
        portable;

        bids = source(partitions(bids)) -> watermark(|b| b.date_time, delay = 4s);
        highest = bids -> key_by(()) -> window(tumbling(10s)) -> aggregate(|b| Highest { price: max(b.price) });
        join(bids, highest, on = (|b| b.price, |h| h.price), between = -1ms ..= 9999ms, inner)
            -> map(|(b, _)| HighestBid {
                   auction: b.auction,
                   price: b.price,
                   bidder: b.bidder,
                   date_time: b.date_time,
                   extra: b.extra,
               })
            -> sink(sinks::files(rows).json_lines());
    }
}

/// A row of `q14`.
#[derive(Clone, Debug, Record)]
#[record(rename_all = "camelCase")]
struct DearBid {
    auction: i64,
    bidder: i64,
    price: i64,
    bid_time_type: String,
    date_time: Timestamp,
    extra: String,
    #[record(rename = "c_counts")]
    c_counts: i64,
}

/// How many `c` there are is by how much the text is longer than without them.
pub(crate) fn q14(bids: Vec<Batches<Bid>>, rows: &Path) -> Pipeline {
    pipeline! {
        name = "q14";
        portable;

        source(partitions(bids))
            -> filter(|b| b.price * 908 > 1_000_000_000 && b.price * 908 < 50_000_000_000)
            -> map(|b| DearBid {
                   auction: b.auction,
                   bidder: b.bidder,
                   price: b.price * 908,
                   bid_time_type: if b.date_time.hour() >= 8 && b.date_time.hour() <= 18 {
                       "dayTime".to_owned()
                   } else if b.date_time.hour() <= 6 || b.date_time.hour() >= 20 {
                       "nightTime".to_owned()
                   } else {
                       "otherTime".to_owned()
                   },
                   date_time: b.date_time,
                   c_counts: b.extra.chars().count() as i64 - b.extra.replace("c", "").chars().count() as i64,
                   extra: b.extra,
               })
            -> sink(sinks::files(rows).json_lines());
    }
}
