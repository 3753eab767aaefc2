//! Everything that a program which writes pipelines needs.
//!
//! ```
//! use flow::prelude::*;
//! let (rows, sink) = sinks::collect();
//! let pipeline = Pipeline::new("copy");
//! pipeline.source(sources::iter(0..3)).sink(sink);
//! pipeline.run_blocking()?;
//! assert_eq!(rows.take(), [0, 1, 2]);
//! # Ok::<(), flow::Error>(())
//! ```

pub use crate::aggregates::Aggregate;
pub use crate::connector::{DeadLetter, Delivery, Message, Sink, Source};
pub use crate::element::Upsert;
pub use crate::pipeline::{OnError, Pipeline};
pub use crate::record::Record;
pub use crate::runtime::{BlockingJob, Job, Report};
pub use crate::stream::{KeyedStream, Stream, UpsertStream, WindowedStream};
pub use crate::time::Timestamp;
pub use crate::transforms::MapAsync;
pub use crate::windows::{TimeWindow, Window, Windowed, after, before, session, sliding, tumbling};
pub use crate::{sinks, sources};
pub use flow_macros::Record;
pub use flow_macros::{expr, pipeline};
