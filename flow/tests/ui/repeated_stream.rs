//! A name for two streams.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        orders = source(a);
        orders = source(b);
        orders -> sink(out);
    };
}
