//! A misspelt head.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        sorce(orders) -> sink(out);
    };
}
