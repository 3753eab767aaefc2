//! A misspelt setting.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        paralelism = 4;
        source(orders) -> sink(out);
    };
}
