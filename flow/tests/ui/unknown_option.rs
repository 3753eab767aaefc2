//! An option that the stage does not have.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        source(orders) -> watermark(|o| o.at, dealy = 5s) -> sink(out);
    };
}
