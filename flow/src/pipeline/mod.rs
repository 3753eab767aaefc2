//! The handle to a pipeline that is written, described and run.

mod define;
mod explain;
mod run;
mod to_ir;

pub use define::{OnError, Pipeline};
pub use explain::Explain;
