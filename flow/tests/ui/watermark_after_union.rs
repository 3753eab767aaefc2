//! A watermark stands at its source: not after a union.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        a = source(web);
        b = source(shop);
        union(a, b) -> watermark(|o| o.at, delay = 5s) -> sink(out);
    };
}
