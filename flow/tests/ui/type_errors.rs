//! What rustc finds is reported at the user's own tokens.

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
        source(sources::vec(orders())) -> filter(|o| o.amuont > 3) -> map(|o| o.id + "x") -> sink(sinks::null());
    };
}
