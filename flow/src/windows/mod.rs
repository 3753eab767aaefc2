//! Windows: how the records of a key are cut into stretches of event time, and what is kept for each.
//!
//! A window fires when the watermark reaches its last moment, and its rows have that moment as their time. A record is late
//! for a window when the watermark before it has passed that moment by the allowed lateness; what is late for all of its
//! windows is left out, and counted. No answer depends on where batches end: the watermark stands beside every record.
//!
//! `Aligned` holds tumbling and sliding windows, `Sessions` those that records make; what they gather is a `Gather`.

mod ahead;
mod aligned;
mod bound;
mod cells;
mod firing;
mod gather;
mod grid;
mod open;
mod sessions;
mod table;
mod time_window;
mod total;
mod window;

pub(crate) use ahead::{Ahead, Parts};
pub(crate) use aligned::Aligned;
pub use bound::{Bound, after, before};
pub(crate) use firing::WATERMARK;
pub(crate) use gather::{Columns, Emit, Gather, Kept};
pub(crate) use grid::Number;
pub(crate) use sessions::Sessions;
pub(crate) use table::{Table, hash_of};
pub use time_window::{TimeWindow, Windowed};
pub(crate) use window::Plan;
pub use window::{Window, WindowKind, session, sliding, tumbling};
