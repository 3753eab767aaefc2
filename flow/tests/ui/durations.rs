//! Durations of nothing, or less.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        idle_timeout = 0s;
        source(a) -> watermark(|o| o.at, delay = -5s) -> sink(b);
        source(c) -> watermark(|o| o.at, delay = 5s) -> key_by(|o| o.region) -> window(tumbling(10)) -> aggregate(|o| count()) -> sink(d);
    };
}
