//! The pipelines.

use flow::BlockingJob;
use flow::prelude::*;
use flow_kafka::Kafka;

use super::topic::Topic;
use super::{MIN_AMOUNT, Order, Work};

/// From one topic to the other, to its end.
pub(super) fn run(work: Work, from: &Topic, to: &Topic, group: &str) -> flow::Result<()> {
    let orders_in = Kafka::topic(&from.name).servers(&from.servers).group(group).until_end();
    let orders_out = Kafka::to(&to.name).servers(&to.servers);
    let pipeline = match work {
        Work::Pass => {
            let (bytes_in, bytes_out) = (orders_in.bytes(), orders_out.bytes());
            pipeline! {
                name = "pass";
                source(bytes_in) -> sink(bytes_out);
            }
        }
        Work::Json => {
            let (orders_in, orders_out) = (orders_in.json::<Order>(), orders_out.json::<Order>());
            pipeline! {
                name = "large";
                source(orders_in)
                    -> filter(|o| o.amount > MIN_AMOUNT)
                    -> sink(orders_out);
            }
        }
    };
    pipeline.run_blocking()?;
    Ok(())
}

/// Copies from one topic to the other until it is stopped.
pub(super) fn copying(from: &Topic, to: &Topic, group: &str) -> flow::Result<BlockingJob> {
    let bytes_in = Kafka::topic(&from.name).servers(&from.servers).group(group).bytes();
    let bytes_out = Kafka::to(&to.name).servers(&to.servers).bytes();
    let pipeline = pipeline! {
        name = "copy";
        source(bytes_in) -> sink(bytes_out);
    };
    pipeline.start_blocking()
}
