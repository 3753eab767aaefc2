//! The one place that reads a clock.

use super::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Processing time: the wall clock at the job's start, moved on by tokio's clock, so that it stands still and jumps with
/// virtual time (`tokio::time::pause`).
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: i64,
    start: Instant,
}

impl Clock {
    /// A clock that shows the wall's time now.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the one place that reads the wall clock")]
    pub fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { wall: super::millis(since), start: Instant::now() }
    }

    /// A clock that shows the given time now; for tests.
    #[must_use]
    pub fn starting_at(now: Timestamp) -> Self {
        Self { wall: now.millis(), start: Instant::now() }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.wall.saturating_add(super::millis(self.start.elapsed())))
    }

    /// When this clock will show the given time; at once, if it does already.
    pub(crate) fn instant_of(&self, at: Timestamp) -> Instant {
        let ahead = at.millis().saturating_sub(self.wall).max(0);
        // Ten years ahead stands for never: `Instant` cannot hold every time that an `i64` can.
        let far = Duration::from_secs(60 * 60 * 24 * 3650);
        self.start + Duration::from_millis(ahead.unsigned_abs()).min(far)
    }
}
