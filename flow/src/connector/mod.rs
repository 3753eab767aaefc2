//! What a source and a sink are, for this crate's own and for everyone's.

mod blocking;
mod buffer;
mod dead_letter;
mod describe;
mod gauge;
mod message;
#[cfg(test)]
pub(crate) mod probe;
mod sink;
mod source;
mod with_metadata;

pub use blocking::Blocking;
pub(crate) use buffer::Event;
pub use buffer::{Malformed, ReadBuffer};
pub use dead_letter::DeadLetter;
pub use describe::Endpoint;
pub use gauge::{Gauge, Gauges, Reading};
pub use message::{Message, Metadata};
pub use sink::{Delivery, Sink, SinkContext, SinkWriter, SinkWriters, WriteBatch};
pub use source::{Commits, Position, ReadState, Source, SourceContext, SourceReader, Split, SplitStart};
pub use with_metadata::WithMetadata;
