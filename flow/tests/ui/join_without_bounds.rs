//! A join needs bounds in time.

use flow::prelude::*;

fn main() {
    let _ = pipeline! {
        a = source(orders) -> watermark(|o| o.at, delay = 5s);
        b = source(payments) -> watermark(|p| p.at, delay = 5s);
        join(a, b, on = (|o| o.id, |p| p.order_id)) -> sink(out);
    };
}
