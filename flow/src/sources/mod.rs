//! Where records come from: a function for each, one file each.
//!
//! Every type here is a [`Source`](crate::connector::Source); a program's own are as good.

mod batches;
mod channel;
mod files;
mod generator;
mod iter;
mod poll;
mod single;
mod stream;

pub use batches::{BatchesSource, batches};
pub use channel::{ChannelHandle, ChannelSource, SendError, TrySendError, channel};
pub use files::{FileSource, Files, files};
pub use generator::{GeneratorSource, generator, generator_unlimited};
pub use iter::{IterSource, iter, vec};
pub use poll::{PollSource, poll};
pub use stream::{StreamSource, stream};
