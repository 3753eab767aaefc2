//! What `flow` costs, beside loops written by hand, which are given the same owned batches and must give the same answer:
//! [`queries`] over Nexmark's [`events`], and a few questions of their own.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]

pub mod chain;
pub mod events;
pub mod file;
pub mod hand;
pub mod latency;
pub mod nexmark;
pub mod output;
pub mod partitions;
#[cfg(feature = "peers")]
pub mod peers;
pub mod plot;
pub mod queries;
pub mod redis;
pub mod scale;
pub mod sink;
