//! In a portable pipeline every record has a schema.

use flow::prelude::*;

#[derive(Clone, Debug)]
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
        portable;
        source(sources::vec(orders())) -> sink(sinks::null());
    };
}
