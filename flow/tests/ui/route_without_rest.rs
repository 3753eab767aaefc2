//! A route that does not say where the rest goes.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        source(orders) -> route(big = |o| o.large);
        big -> sink(out);
    };
}
