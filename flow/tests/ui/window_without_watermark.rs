//! A window needs event times.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        source(orders) -> key_by(|o| o.region) -> window(tumbling(1min)) -> aggregate(|o| count()) -> sink(out);
    };
}
