//! A test kit: stages and pipelines without services, in virtual time.
//!
//! * [`Harness`] runs one stage, or several, over elements that a test pushes by hand, and can rebuild them from a snapshot.
//! * [`run`] runs a whole pipeline to its end in virtual time.
//! * [`check_source`] and [`check_sink`] put a source or sink through all that its trait promises.

mod contract;
mod harness;
mod outputs;
mod source;

pub use contract::{Breach, Breaches, SinkContract, SourceContract, check_sink, check_source};
pub use harness::{Harness, Untimed, run};
pub use outputs::{Handle, HarnessOutputs, Timed};
