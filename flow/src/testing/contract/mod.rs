//! What every source and sink promises, checked: for this crate's own and for everyone's.
//!
//! [`check_source`] and [`check_sink`] put a connector through the promises in the documentation of its traits;
//! [`SourceContract`] and [`SinkContract`] do the same with settings.

mod breach;
mod drive;
mod sink;
mod source;

pub use breach::{Breach, Breaches};
pub use sink::{SinkContract, check_sink};
pub use source::{SourceContract, check_source};
