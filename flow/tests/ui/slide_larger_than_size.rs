//! A slide that would lose records.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        source(orders) -> watermark(|o| o.at, delay = 5s) -> key_by(|o| o.region) -> window(sliding(10s, every = 20s)) -> aggregate(|o| count()) -> sink(out);
    };
}
