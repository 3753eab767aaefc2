//! A source of other records than its type says.

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
        source::<i64>(sources::vec(orders())) -> sink(sinks::null());
    };
}
