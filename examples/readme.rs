//! The code in README.md compiles and runs, and that of docs/flink.md compiles: it is this crate's documentation, and its tests are documentation tests.
#![doc = include_str!("../README.md")]

#[doc = include_str!("../docs/flink.md")]
pub mod flink {}
