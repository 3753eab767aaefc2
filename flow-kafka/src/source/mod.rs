//! Topics as a source.
//!
//! `topics` is what a program writes; `plan` asks the servers what there is to read, from where and how far; `poller` is a thread that
//! keeps a consumer alive in its group, and `reader` takes records from the partitions' queues and commits what is out.

mod ask;
mod commit;
mod context;
mod ends;
mod formats;
mod offsets;
mod plan;
mod poller;
mod reader;
mod shared;
mod slot;
mod topics;

pub use formats::{Reads, Unread};
pub use topics::KafkaSource;
pub(crate) use topics::Topics;
