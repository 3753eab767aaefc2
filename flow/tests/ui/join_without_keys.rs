//! A join needs equal keys.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        a = source(orders) -> watermark(|o| o.at, delay = 5s);
        b = source(payments) -> watermark(|p| p.at, delay = 5s);
        join(a, b, window = tumbling(1min)) -> sink(out);
    };
}
