//! The code in README.md compiles and runs: it is this crate's documentation, and its tests are documentation tests.
#![doc = include_str!("../README.md")]
