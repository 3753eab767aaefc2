//! A portable `flat_map` is of a `Vec` of records: what else can be gone through has no counterpart in SQL.

use flow::prelude::*;

#[derive(Clone, Record)]
struct Item {
    article: String,
}

#[derive(Clone, Record)]
struct Order {
    items: Vec<Item>,
    gift: Option<Item>,
    tags: Vec<String>,
}

fn orders() -> Vec<Order> {
    Vec::new()
}

fn main() {
    let _ = pipeline! {
        portable;
        orders = source::<Order>(sources::vec(orders()));
        orders -> flat_map(|o| o.items) -> sink(sinks::null());
        orders -> flat_map(|o| o.gift) -> sink(sinks::null());
        orders -> flat_map(|o| o.tags) -> sink(sinks::null());
    };
}
