//! `flow`: one definition, two engines, the same answer.

pub mod connector;
pub mod element;
pub mod error;
pub mod expr;
mod graph;
pub mod ir;
pub mod operator;
pub mod ops;
pub mod record;
pub mod sinks;
pub mod sources;
pub mod state;
pub mod stream;
mod task;
pub mod time;
pub mod transforms;

pub use error::{Error, ErrorKind, Origin, Result};
pub use record::Record;
pub use stream::{KeyedStream, Stream, UpsertStream, WindowedStream};
pub use time::Timestamp;

/// What the macros' output names; not part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use serde;
}
