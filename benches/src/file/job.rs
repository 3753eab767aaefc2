//! The job as a pipeline: that of README.md and `examples/high_value_orders`.

use std::path::Path;

use flow::prelude::*;

use super::{MIN_AMOUNT, Result};

#[derive(Record)]
struct Order {
    id: i64,
    region: String,
    amount: i64,
    placed_at: Timestamp,
}

#[derive(Record)]
struct Revenue {
    region: String,
    window_start: Timestamp,
    total: i64,
    orders: i64,
}

/// From one file to the other.
pub(super) fn run(input: &Path, output: &Path) -> Result<()> {
    let orders_in = sources::files(input).json_lines::<Order>();
    let revenue_out = sinks::files(output).json_lines::<Revenue>();
    let pipeline = pipeline! {
        name = "high-value-orders";
        portable;

        source(orders_in)
            -> watermark(|o| o.placed_at, delay = 5s)
            -> filter(|o| o.amount > MIN_AMOUNT)
            -> key_by(|o| o.region)
            -> window(tumbling(1min))
            -> aggregate(|o| Revenue {
                region: key,
                window_start: window.start,
                total: sum(o.amount),
                orders: count(),
            })
            -> sink(revenue_out);
    };
    pipeline.run_blocking()?;
    Ok(())
}
