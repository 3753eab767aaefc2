//! An aggregate needs a key or a window.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        source(orders) -> aggregate(|o| sum(o.amount)) -> sink(out);
    };
}
