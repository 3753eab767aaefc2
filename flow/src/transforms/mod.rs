//! The stages, one file each: its operator, the method that attaches it, and its tests.

mod aggregate;
mod enrich;
mod filter;
mod filter_map;
mod flat_map;
mod fold;
mod inspect;
mod join;
mod key_by;
mod map;
mod map_async;
mod process;
mod reduce;
mod route;
mod running;
mod sink;
#[cfg(test)]
mod tests;
mod top;
mod try_map;
mod union;
mod watermark;
mod window;
#[cfg(test)]
mod window_laws;
mod window_operator;

pub use join::{BoundedJoin, Join};
pub use map_async::MapAsync;
pub use process::{Process, ProcessContext};
pub use route::Route;
pub use sink::SinkHandle;
pub use watermark::{Bounded, EventTime, Monotonic, Punctuated, WatermarkStrategy};
