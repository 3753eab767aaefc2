//! What is not portable in a portable pipeline, each at its token.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        portable;
        source(orders)
            -> filter(|o| o.name.len() > 3)
            -> map(|o| Out { a: lookup(o.a), b: o.b as u64 })
            -> flat_map(|o| [o])
            -> sink(out);
    };
}
