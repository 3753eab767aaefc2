//! Every example is run as its users run it, and what it prints is looked at.

mod backpressure;
#[cfg(all(unix, feature = "axum"))]
mod embed_in_axum;
mod high_value_orders;
#[cfg(unix)]
mod high_value_orders_on_flink;
#[cfg(unix)]
mod kafka_to_kafka;
mod orders;
mod program;
mod reckoning;
mod redis;
mod small_examples;
#[cfg(unix)]
mod topics;
