//! The handle to a pipeline that is written, described and run.

mod define;
mod explain;
#[cfg(feature = "from-ir")]
mod from_ir;
mod run;
mod to_ir;

pub use define::{OnError, Pipeline};
pub use explain::Explain;
#[cfg(feature = "from-ir")]
pub use from_ir::Bindings;
