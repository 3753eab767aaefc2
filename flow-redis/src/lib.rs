//! Redis in [`flow`] pipelines.
//!
//! * Sinks, a method of [`Redis`] for each command.
//! * [`RedisStages::number`]: numbers from a sequence in Redis.

mod arg;
mod ask;
mod commands;
mod fault;
mod flight;
mod link;
mod options;
mod sequence;
mod sink;

pub use arg::{Arg, Command, FromReply};
pub use commands::{HSet, Incr, LPush, Publish, SAdd, Script, Set, XAdd, ZAdd};
pub use options::Redis;
pub use sequence::{RedisStages, Sequence};
pub use sink::{Does, RedisSink};
