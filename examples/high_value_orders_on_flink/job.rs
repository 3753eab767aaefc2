//! The job, the same for both engines.

use flow::prelude::*;

use crate::options::{Options, Run};

/// An order, as it stands in a value.
#[derive(Clone, Record)]
pub(crate) struct Order {
    id: i64,
    region: String,
    /// In cents.
    amount: i64,
    placed_at: Timestamp,
}

/// What comes out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Record)]
pub(crate) struct Revenue {
    window_start: Timestamp,
    region: String,
    total: i64,
    orders: i64,
}

/// Revenue by region and minute, from a topic to another.
pub(crate) fn revenue(options: &Options, run: &Run) -> Pipeline {
    let orders_in = options.source(&run.input).json::<Order>();
    let revenue_out = options.sink(&run.output).json::<Revenue>();
    let min_amount = options.min_amount;
    let pipeline = pipeline! {
        /// Revenue of large orders, per region and minute.
        name = "high-value-orders";
        portable;
        parallelism = run.parallelism;

        orders = source(orders_in)
            -> watermark(|o| o.placed_at, delay = options.delay)
            -> filter(|o| o.amount > min_amount);

        orders
            -> key_by(|o| o.region)
            -> window(tumbling(1min))
            -> aggregate(|o| Revenue {
                window_start: window.start,
                region: key,
                total: sum(o.amount),
                orders: count(),
            })
            -> sink(revenue_out);
    };
    // What Flink is told beside: rows in transactions come out when a checkpoint is complete, and what fails again and again has failed.
    for (option, value) in [
        ("execution.checkpointing.interval", "3 s"),
        ("restart-strategy.type", "fixed-delay"),
        ("restart-strategy.fixed-delay.attempts", "3"),
        ("restart-strategy.fixed-delay.delay", "1 s"),
    ] {
        pipeline.property(format!("flink.{option}"), value);
    }
    pipeline
}
