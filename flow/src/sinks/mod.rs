//! Where records go to: a function for each, one file each.
//!
//! Every type here is a [`Sink`](crate::connector::Sink); a program's own are as good.

mod channel;
mod collect;
mod console;
mod files;
mod for_each;
mod from_sink;
mod null;
mod table;

pub use channel::{ChannelReceiver, ChannelSink, channel};
pub use collect::{CollectSink, Collected, collect};
pub use console::{ConsoleSink, console, console_text};
pub use files::{FileOut, FileSink, files};
pub use for_each::{ForEachSink, for_each};
pub use from_sink::{FuturesSink, from_sink};
pub use null::{NullSink, null};
pub use table::{Table, TableSink, table};
