//! Event time, and the clock that processing time is read from.

mod clock;
mod timestamp;

pub use clock::Clock;
pub use timestamp::{Timestamp, TimestampError};

/// The event time that every other is after: the watermark before the first one.
pub(crate) const MIN: i64 = i64::MIN;
/// The watermark after which nothing comes.
pub(crate) const MAX: i64 = i64::MAX;

/// A duration in whole milliseconds, saturating: what event times count in.
pub(crate) fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
