//! A window of one stream, and a row that belongs to it.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A stretch of event time: from `start`, which is part of it, to `end`, which is not.
///
/// Time ends somewhere: a window that would reach beyond [`Timestamp::MIN`] or [`Timestamp::MAX`] is cut there. The one that
/// holds `Timestamp::MAX` itself therefore shows `Timestamp::MAX` as its end, and fires when the input ends.
///
/// ```
/// use flow::{Timestamp, windows::TimeWindow};
/// let window = TimeWindow { start: Timestamp::from_millis(0), end: Timestamp::from_millis(60_000) };
/// assert_eq!(window.to_string(), "[1970-01-01T00:00:00.000Z, 1970-01-01T00:01:00.000Z)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimeWindow {
    /// The first moment of the window.
    pub start: Timestamp,
    /// The first moment after the window.
    pub end: Timestamp,
}

impl fmt::Display for TimeWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.start, self.end)
    }
}

/// What a window of one key came to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Windowed<K, V> {
    /// The key.
    pub key: K,
    /// The window.
    pub window: TimeWindow,
    /// What its records came to.
    pub value: V,
}

/// A window as the operators see it: its first and its *last* moment, so that both ends of time can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) start: i64,
    pub(crate) last: i64,
}

impl Span {
    #[inline]
    pub(crate) fn holds(self, time: i64) -> bool {
        self.start <= time && time <= self.last
    }

    /// The watermark from which on a record is late for this window.
    pub(crate) fn late_from(self, lateness: i64) -> i64 {
        self.last.saturating_add(lateness)
    }

    pub(crate) fn window(self) -> TimeWindow {
        TimeWindow {
            start: Timestamp::from_millis(self.start),
            end: Timestamp::from_millis(self.last.saturating_add(1)),
        }
    }
}
