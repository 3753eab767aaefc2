//! A watermark stands at its source: not after async work.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        source(orders) -> map_async(|o| enrich(o)) -> watermark(|o| o.at, delay = 5s) -> sink(out);
    };
}
