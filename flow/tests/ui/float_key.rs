//! Floats are no keys.

use flow::prelude::*;

#[derive(Clone, Debug, Record)]
struct Order {
    id: i64,
    region: String,
    price: f64,
    at: Timestamp,
}

fn orders() -> Vec<Order> {
    Vec::new()
}

fn main() {
    let _ = pipeline! {
        source(sources::vec(orders()))
            -> watermark(|o| o.at, delay = 5s)
            -> key_by(|o| o.price)
            -> window(tumbling(1min))
            -> aggregate(|o| count())
            -> sink(sinks::null());
    };
}
