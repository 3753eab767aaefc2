//! The stages, one file each: its operator, the method that attaches it, and its tests.

mod key_by;
mod sink;
mod union;

pub use sink::SinkHandle;
