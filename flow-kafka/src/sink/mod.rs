//! Topics as a sink.
//!
//! `topics` is what a program writes; `formats` makes values of rows; `writer` hands them to the client's queue and waits until all of them are delivered, which
//! `deliveries` counts.

mod dead_letters;
mod deliveries;
mod formats;
mod keys;
mod outgoing;
mod producer;
mod topics;
mod writer;

pub use formats::{Unwritten, Writes};
pub use keys::Key;
pub use outgoing::Headers;
pub use topics::KafkaSink;
