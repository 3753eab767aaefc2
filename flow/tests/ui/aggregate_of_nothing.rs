//! An output without an aggregation, of one record, and of a misspelt aggregation.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        w = source(orders) -> watermark(|o| o.at, delay = 5s) -> key_by(|o| o.region);
        w -> window(tumbling(1min)) -> aggregate(|o| key) -> sink(a);
        w -> window(tumbling(1min)) -> aggregate(|o| (o.amount, count())) -> sink(b);
        w -> window(tumbling(1min)) -> aggregate(|o| summ(o.amount)) -> sink(c);
    };
}
