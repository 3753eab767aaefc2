//! What kinds of windows there are.

use super::grid::Grid;
use crate::error::{Error, ErrorKind, Result};
use crate::time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How the records of a key are cut into windows of event time. [`tumbling`], [`sliding`] and [`session`] make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    kind: WindowKind,
    offset: Duration,
}

/// The kind of a [`Window`], with its lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WindowKind {
    /// Windows of one length, side by side.
    Tumbling {
        /// How long each is.
        size: Duration,
    },
    /// Windows of one length that begin at regular steps, and may overlap.
    Sliding {
        /// How long each is.
        size: Duration,
        /// How far the beginnings are apart.
        every: Duration,
    },
    /// Windows that end when nothing has come for a while.
    Session {
        /// For how long nothing comes.
        gap: Duration,
    },
}

/// Windows of one length, side by side: every record is in exactly one.
///
/// They begin at multiples of `size` since 1970, in UTC, moved by [`Window::offset`].
///
/// ```
/// use flow::windows::tumbling;
/// use std::time::Duration;
/// let per_minute = tumbling(Duration::from_secs(60));
/// let from_half_past = tumbling(Duration::from_secs(3600)).offset(Duration::from_secs(1800));
/// assert!(per_minute.check().is_ok() && from_half_past.check().is_ok());
/// assert!(tumbling(Duration::ZERO).check().is_err());
/// ```
#[must_use]
pub fn tumbling(size: Duration) -> Window {
    Window { kind: WindowKind::Tumbling { size }, offset: Duration::ZERO }
}

/// Windows of length `size`, one beginning at every multiple of `every`: a record is in each that holds its time.
///
/// ```
/// use flow::windows::sliding;
/// use std::time::Duration;
/// let last_ten_seconds = sliding(Duration::from_secs(10), Duration::from_secs(2));
/// assert!(last_ten_seconds.check().is_ok());
/// let gaps = sliding(Duration::from_secs(2), Duration::from_secs(10));
/// assert!(gaps.check().is_err(), "records between the windows would be lost");
/// ```
#[must_use]
pub fn sliding(size: Duration, every: Duration) -> Window {
    Window { kind: WindowKind::Sliding { size, every }, offset: Duration::ZERO }
}

/// Windows that last as long as records of the key keep coming: a session ends when none has come for `gap`. Records that are
/// exactly `gap` apart are in the same session.
///
/// ```
/// use flow::windows::session;
/// use std::time::Duration;
/// assert!(session(Duration::from_secs(30)).check().is_ok());
/// ```
#[must_use]
pub fn session(gap: Duration) -> Window {
    Window { kind: WindowKind::Session { gap }, offset: Duration::ZERO }
}

/// The most windows that one record may be in.
const MOST_OVERLAP: i64 = 100_000;

impl Window {
    /// Moves the beginnings of the windows: days that begin at 02:00 UTC are `tumbling(day).offset(two_hours)`.
    #[must_use]
    pub fn offset(mut self, offset: Duration) -> Self {
        self.offset = offset;
        self
    }

    /// The kind and its lengths.
    #[must_use]
    pub fn kind(&self) -> WindowKind {
        self.kind
    }

    /// By how much the beginnings are moved.
    #[must_use]
    pub fn offset_by(&self) -> Duration {
        self.offset
    }

    /// Whether the lengths make sense.
    ///
    /// # Errors
    /// [`ErrorKind::Definition`], when a length is zero, no whole number of milliseconds, or longer than 2^62 milliseconds;
    /// when a sliding window's step is longer than its size, or so short that a record would be in more than 100,000
    /// windows; or when a session has an offset.
    pub fn check(&self) -> Result<()> {
        self.plan().map(|_| ())
    }

    /// The window in milliseconds.
    pub(crate) fn plan(&self) -> Result<Plan> {
        let offset = if self.offset.is_zero() { 0 } else { millis("offset", self.offset)? };
        match self.kind {
            WindowKind::Tumbling { size } => {
                let size = millis("size", size)?;
                Ok(Plan::Aligned(Grid::new(size, size, offset)))
            }
            WindowKind::Sliding { size, every } => {
                let (size, slide) = (millis("size", size)?, millis("step", every)?);
                if slide > size {
                    return wrong("the step of a sliding window is longer than its size, so records would be lost")
                        .map_err(|error| error.help("use a step of at most the size"));
                }
                if size / slide > MOST_OVERLAP {
                    return wrong("every record would be in more than 100,000 sliding windows")
                        .map_err(|error| error.help("use a longer step or a shorter size"));
                }
                Ok(Plan::Aligned(Grid::new(size, slide, offset)))
            }
            WindowKind::Session { gap } => {
                if offset != 0 {
                    return wrong("a session window has no offset: it begins with its first record");
                }
                Ok(Plan::Session { gap: millis("gap", gap)? })
            }
        }
    }
}

/// A window in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    /// Windows whose places are known before any record comes.
    Aligned(Grid),
    /// Windows that records make.
    Session { gap: i64 },
}

fn wrong<T>(what: impl Into<String>) -> Result<T> {
    Err(Error::new(ErrorKind::Definition, what))
}

fn millis(what: &str, duration: Duration) -> Result<i64> {
    if duration.is_zero() {
        return wrong(format!("a window's {what} is zero")).map_err(|error| error.help("use at least 1 ms"));
    }
    if !duration.subsec_nanos().is_multiple_of(1_000_000) {
        return wrong(format!("a window's {what} of {duration:?} is no whole number of milliseconds"))
            .map_err(|error| error.help("event times are in milliseconds"));
    }
    let millis = time::millis(duration);
    if millis > 1 << 62 {
        return wrong(format!("a window's {what} of {duration:?} is longer than event time"));
    }
    Ok(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_make_no_sense_are_refused() {
        let (ms, long) = (Duration::from_millis, Duration::from_secs(u64::MAX / 1000));
        let check = |window: Window, remedy: &str| {
            let error = window.check().expect_err(remedy);
            assert_eq!(error.kind(), ErrorKind::Definition);
            assert!(error.to_string().contains(remedy), "{error}");
        };
        check(tumbling(Duration::ZERO), "zero");
        check(tumbling(Duration::from_micros(1500)), "whole number");
        check(tumbling(long), "longer than event time");
        check(tumbling(ms(5)).offset(Duration::from_secs(u64::MAX)), "longer than event time");
        check(sliding(ms(5), Duration::ZERO), "step is zero");
        check(sliding(ms(5), ms(6)), "at most the size");
        check(sliding(ms(1_000_000), ms(1)), "more than 100,000");
        check(session(Duration::ZERO), "gap is zero");
        check(session(ms(5)).offset(ms(1)), "no offset");
        for good in [tumbling(ms(1)), sliding(ms(5), ms(5)), session(ms(1)), tumbling(ms(5)).offset(ms(12))] {
            assert!(good.check().is_ok(), "{good:?}");
        }
    }
}
