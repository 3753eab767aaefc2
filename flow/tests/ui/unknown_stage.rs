//! A misspelt stage.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        source(orders) -> fliter(|o| o.large) -> sink(out);
    };
}
