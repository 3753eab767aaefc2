//! Too many arguments, and too few.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        source(orders) -> filter(|o| o.large, |o| o.small) -> map() -> sink(out);
    };
}
