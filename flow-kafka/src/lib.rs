//! Apache Kafka as a source and a sink of [`flow`] pipelines, over [librdkafka](https://github.com/confluentinc/librdkafka).
//!
//! Everything begins with [`Kafka`]: [`Kafka::topic`] and its like read, [`Kafka::to`] writes. What is said next is where the servers are,
//! which group, from where to where, and how a value is read or written.
//!
//! ```no_run
//! use flow::prelude::*;
//! use flow_kafka::Kafka;
//! #[derive(serde::Deserialize, serde::Serialize)]
//! struct Order {
//!     region: String,
//!     amount: i64,
//! }
//! let large = pipeline! {
//!     name = "large-orders";
//!     source::<Order>(Kafka::topic("orders").servers("localhost:9092").group("billing").json())
//!         -> filter(|o| o.amount > 100)
//!         -> sink(Kafka::to("large-orders").servers("localhost:9092").json::<Order>().key_by(|o| o.region.clone()));
//! };
//! large.run_blocking()?;
//! # Ok::<(), flow::Error>(())
//! ```
//!
//! # Delivery
//! At least once: an offset is committed when the effects of everything before it are out of every sink, and a flush returns when
//! the brokers have every row. See [`Kafka::topic`] and [`Kafka::to`].
//!
//! # What it shows
//! As gauges of its stages ([`StageMetrics::gauges`](flow::runtime::StageMetrics::gauges)), by partition: `lag`, `high_watermark`, `queued`,
//! `queued_bytes`, `rows_fetched`, `bytes_fetched`, `rows_sent`, `bytes_sent`; by broker: `reconnects`, `broker_errors`, `requests_waiting`; in all:
//! `errors`, `rows_in_client`, `bytes_in_client`. The client's log lines go to `tracing`, under the target `flow_kafka`.
//!
//! # Tuning
//! The page `docs/tuning-kafka.md` has the options, what they are set to ([`defaults`]), and what TLS needs.

mod client;
pub mod defaults;
mod failure;
mod hidden;
mod kafka;
mod options;
mod raw;
mod servers;
mod sink;
mod source;
mod stats;

pub use flow::Secret;
pub use kafka::Kafka;
pub use raw::Raw;
pub use sink::{Headers, KafkaSink, Key, Unwritten, Writes};
pub use source::{KafkaSource, Reads, Unread};
