//! Apache Kafka as a source and a sink of [`flow`] pipelines, over librdkafka.

mod client;
mod failure;
mod kafka;
mod options;
mod raw;
mod secret;
mod servers;
mod sink;
mod source;
mod stats;

pub use kafka::Kafka;
pub use raw::Raw;
pub use secret::Secret;
pub use sink::{Headers, KafkaSink, Key, Unwritten, Writes};
pub use source::{KafkaSource, Reads, Unread};
