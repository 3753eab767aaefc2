//! A stream that nothing defines.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        orders = source(a);
        ordres -> sink(out);
        orders -> sink(other);
    };
}
