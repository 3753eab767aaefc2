//! Two mistakes are two errors, whatever they are.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        source(orders) -> fliter(|o| o.large) -> map(|o| o, nme = "a") -> sink(out);
    };
}
