//! A setting that is written twice.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        name = "a";
        name = "b";
        source(orders) -> sink(out);
    };
}
