//! What `flow` costs, beside loops written by hand: each workload is a module with its events, the pipeline, and the loop,
//! which are given the same owned batches and must give the same answer.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]

pub mod chain;
pub mod events;
pub mod file;
pub mod hand;
pub mod latency;
pub mod measure;
pub mod nexmark;
pub mod output;
pub mod partitions;
#[cfg(feature = "peers")]
pub mod peers;
pub mod plot;
pub mod queries;
pub mod scale;
pub mod sink;
pub mod w1;
