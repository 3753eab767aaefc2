//! What an operator is, and how operators are put together into a chain.
//!
//! An operator works on a batch at a time. A chain of operators is one tower of `Push` objects: each hands what it makes
//! straight to the next, and the last puts it on an edge. `erased` is the only place that forgets a record's type and
//! finds it again.

mod context;
mod contract;
pub(crate) mod erased;

mod ledger;
mod output;
#[cfg(test)]
pub(crate) mod probe;
mod push;
mod stage;

pub(crate) use context::TaskContext;
pub use context::{ErrorPolicy, Rejected, StageContext};
pub use contract::{Nothing, Operator};
pub use ledger::{Counts, Ledger};
pub use output::{Output, Outputs};
pub(crate) use push::{Push, Tee, poll_all};
pub(crate) use stage::{Stage, StageInfo};
