//! A window needs a key.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        source(orders) -> watermark(|o| o.at, delay = 5s) -> window(tumbling(1min)) -> aggregate(|o| count()) -> sink(out);
    };
}
