//! A watermark stands at its source: not after an exchange.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        source(orders) -> key_by(|o| o.region) -> watermark(|o| o.at, delay = 5s) -> sink(out);
    };
}
