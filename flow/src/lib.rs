//! `flow`: one definition, two engines, the same answer.

pub mod aggregates;
pub mod connector;
pub mod element;
pub mod error;
pub mod expr;
pub mod formats;
mod graph;
pub mod ir;
pub mod operator;
pub mod ops;
pub mod pipeline;
pub mod prelude;
pub mod record;
pub mod runtime;
pub mod sinks;
pub mod sources;
pub mod state;
pub mod stream;
mod task;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod transforms;
pub mod windows;

pub use error::{Error, ErrorKind, Origin, Result};
pub use flow_macros::{Record, expr, pipeline};
pub use pipeline::{OnError, Pipeline};
pub use record::Record;
pub use runtime::{Job, Report};
pub use stream::{KeyedStream, Stream, UpsertStream, WindowedStream};
pub use time::Timestamp;
pub use transforms::MapAsync;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
