//! The services themselves, started and ended for real.

#![allow(missing_docs, reason = "tests")]

#[path = "all/compose.rs"]
mod compose;
#[path = "all/own_kafka.rs"]
mod own_kafka;
#[path = "all/own_redis.rs"]
mod own_redis;
#[path = "all/stack.rs"]
mod stack;
