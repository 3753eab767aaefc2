//! How far apart in time the records of an interval join may be.

use crate::time::millis;
use std::time::Duration;

/// A bound of an interval join: how much earlier or later than the left record the right one may be. [`before`] and [`after`]
/// make it; a plain [`Duration`] is one after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bound(i64);

/// So much earlier.
///
/// ```
/// use flow::windows::{after, before};
/// use std::time::Duration;
/// assert!(before(Duration::from_secs(5)) < after(Duration::ZERO));
/// ```
#[must_use]
pub fn before(by: Duration) -> Bound {
    Bound(millis(by).saturating_neg())
}

/// So much later.
#[must_use]
pub fn after(by: Duration) -> Bound {
    Bound(millis(by))
}

impl Bound {
    /// In milliseconds; negative for earlier.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }
}

impl From<Duration> for Bound {
    fn from(by: Duration) -> Self {
        after(by)
    }
}
