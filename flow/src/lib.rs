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
mod secret;
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
pub use flow_macros::Record;
/// ```
/// use flow::prelude::*;
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("large");
/// pipeline.source(sources::iter([5_i64, 50])).filter_expr(expr!(|n| *n > 10)).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!(rows.take(), [50]);
/// # Ok::<(), flow::Error>(())
/// ```
pub use flow_macros::expr;
#[doc = include_str!("language.md")]
pub use flow_macros::pipeline;
pub use pipeline::{OnError, Pipeline};
pub use record::Record;
pub use runtime::{BlockingJob, EdgeMetrics, Job, Metrics, Report, StageMetrics};
pub use secret::Secret;
pub use stream::{KeyedStream, Stream, UpsertStream, WindowedStream};
pub use time::Timestamp;
pub use transforms::MapAsync;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
