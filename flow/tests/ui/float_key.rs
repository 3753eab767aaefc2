//! Floats are no keys: not alone, not as a part of one, not in a join.

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
    let _ = pipeline! {
        source(sources::vec(orders())) -> key_by(|o| (o.region, o.price)) -> aggregate(|o| count()) -> sink(sinks::table().1);
    };
    let _ = pipeline! {
        a = source(sources::vec(orders())) -> watermark(|o| o.at, delay = 5s);
        b = source(sources::vec(orders())) -> watermark(|o| o.at, delay = 5s);
        join(a, b, on = (|x| x.price, |y| y.price), window = tumbling(1min)) -> sink(sinks::null());
    };
}
