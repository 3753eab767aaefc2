//! Starts the real services that the tests talk to: Kafka, Redis and Flink, from packages, on free ports of 127.0.0.1.
//!
//! * [`kafka()`], [`redis()`] and [`flink()`] give the address of the shared service, for tests that have their own topics, keys and jobs ([`unique()`]).
//! * [`OwnKafka`], [`OwnRedis`] and [`OwnFlink`] are services of a test's own, to be killed, paused and started again.
//! * [`KafkaAdmin`] makes topics; [`KafkaTools`] and [`RedisTools`] call clients that share no code with ours.
//! * [`Stack`] is what `cargo xtask up` and `down` call.

#![allow(clippy::disallowed_methods, reason = "waits for real processes in real time")]

mod absent;
mod address;
mod cache;
mod error;
pub mod flink;
mod http;
pub mod kafka;
mod maven;
mod own;
mod ports;
mod process;
mod record;
pub mod redis;
mod service;
mod stack;
mod tools;
mod unique;
mod wait;

pub use address::{flink, kafka, redis, state_folder};
pub use error::{Error, Result};
pub use flink::FlinkAddress;
pub use kafka::KafkaOptions;
pub use kafka::admin::KafkaAdmin;
pub use own::{OwnFlink, OwnKafka, OwnRedis, owned_folder};
pub use process::Process;
pub use service::{Addresses, KAFKA, REDIS, Service};
pub use stack::{Stack, Status};
pub use tools::{KafkaTools, RedisTools};
pub use unique::unique;
pub use wait::until;
