//! A test kit: stages and pipelines without services, in virtual time.
//!
//! * [`Harness`] runs one stage, or several, over elements that a test pushes by hand, and can rebuild them from a snapshot.
//! * [`run`] runs a whole pipeline to its end in virtual time.

mod harness;
mod outputs;
mod source;

pub use harness::{Harness, Untimed, run};
pub use outputs::{Handle, HarnessOutputs, Timed};
