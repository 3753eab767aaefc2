//! Redis in [`flow`] pipelines.
//!
//! * Sinks, a method of [`Redis`] for each command.
//! * [`RedisStages::number`]: numbers from a sequence in Redis.

mod arg;
mod ask;
mod cache;
mod commands;
mod fault;
mod flight;
mod link;
mod lookup;
mod options;
mod questions;
mod sequence;
mod sink;
mod stages;

pub use arg::{Arg, Command, FromReply};
pub use commands::{HSet, Incr, LPush, Publish, SAdd, Script, Set, XAdd, ZAdd};
pub use lookup::{Lookup, Otherwise};
pub use options::Redis;
pub use questions::{Asks, Findings, Get, HGet, MGet, Places};
pub use sequence::Sequence;
pub use sink::{Does, RedisSink};
pub use stages::RedisStages;
