//! An option that is given twice.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        source(orders) -> filter(|o| o.large, name = "a", name = "b") -> sink(out);
    };
}
