//! A captured value without a literal form.

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
    let limit = std::path::PathBuf::new();
    let _ = pipeline! {
        portable;
        source(sources::vec(orders())) -> filter(|o| o.region == limit) -> sink(sinks::null());
    };
}
