//! The main job over topics, and its filter alone.

use flow::formats::{Decode, Json};
use flow::prelude::*;
use flow_kafka::Raw;

use crate::options::Options;

/// An order, as it stands in a value.
#[derive(Record)]
struct Order {
    id: i64,
    region: String,
    /// In cents.
    amount: i64,
    placed_at: Timestamp,
}

/// What comes out.
#[derive(Clone, Record)]
struct Revenue {
    region: String,
    window_start: Timestamp,
    total: i64,
    orders: i64,
}

/// Revenue by region and minute.
pub(crate) fn revenue(options: &Options) -> Pipeline {
    let orders_in = options.source().json::<Order>();
    let revenue_out = options.sink().json::<Revenue>().key_by(|row| row.region.clone());
    let min_amount = options.min_amount;
    let pipeline = pipeline! {
        /// Revenue of large orders, per region and minute.
        name = "kafka-to-kafka";
        parallelism = options.parallelism.get();
        on_error = dead_letter(options.dead_letters());

        orders = source(orders_in)
            -> watermark(|o| o.placed_at, delay = options.delay)
            -> filter(|o| o.amount > min_amount);

        orders
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
    if let Some(idle) = options.idle {
        pipeline.idle_timeout(idle);
    }
    pipeline
}

/// What the filter looks at, beside the bytes that it stood in: made into JSON again, they could differ.
struct Placed {
    amount: i64,
    value: Vec<u8>,
}

/// The large orders as they are.
pub(crate) fn large_orders(options: &Options) -> Pipeline {
    let json = Json::<Order>::new();
    let placed = move |raw: &Raw<'_>| {
        let value = raw.value().ok_or("there is no value (a tombstone)")?;
        let order = json.decode(value)?.ok_or("there is nothing in the value")?;
        Ok::<_, String>(Placed { amount: order.amount, value: value.to_vec() })
    };
    let orders_in = options.source().decode(placed).with_metadata();
    let as_it_was = |placed: &Placed, value: &mut Vec<u8>| {
        value.extend_from_slice(&placed.value);
        Ok::<_, String>(())
    };
    let orders_out = options.sink().encode(as_it_was).messages();
    let min_amount = options.min_amount;
    pipeline! {
        /// Large orders, as they were written.
        name = "large-orders";
        parallelism = options.parallelism.get();
        on_error = dead_letter(options.dead_letters());

        source(orders_in)
            -> filter(|m| m.value.amount > min_amount)
            -> sink(orders_out);
    }
}
