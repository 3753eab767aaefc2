//! A stream that is made of itself.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        a = b -> filter(|o| o.large);
        b = a -> filter(|o| o.small);
        a -> sink(out);
    };
}
