//! A stream that nothing takes.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        orders = source(a);
        source(b) -> sink(out);
    };
}
