//! A chain that leads nowhere.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        source(orders) -> filter(|o| o.large);
    };
}
