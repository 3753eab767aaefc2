//! The stages, one file each: its operator, the method that attaches it, and its tests.

mod filter;
mod filter_map;
mod flat_map;
mod inspect;
mod key_by;
mod map;
mod process;
mod route;
mod sink;
#[cfg(test)]
mod tests;
mod try_map;
mod union;
mod watermark;

pub use process::{Process, ProcessContext};
pub use route::Route;
pub use sink::SinkHandle;
pub use watermark::{Bounded, EventTime, Monotonic, Punctuated, WatermarkStrategy};
