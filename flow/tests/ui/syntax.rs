//! Each statement that cannot be read is one error.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        a = source(orders) -> ;
        b -> filter(|o| ) -> sink(out);
        c = source(orders) sink(out);
    };
}
