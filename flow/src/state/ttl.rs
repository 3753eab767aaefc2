//! How long keyed state lives.

use crate::time::millis;
use std::time::Duration;

/// How long keyed state lives after it was last written. What has expired is never seen again; its memory is given back in
/// sweeps, at most one life later.
///
/// A life is written anew by each write; reading does not prolong it. Elements of a list and entries of a map live each by
/// itself.
///
/// ```
/// use flow::state::{Ttl, ValueState};
/// use std::time::Duration;
/// let last_seen: ValueState<String> = ValueState::new("last-seen").ttl(Ttl::event_time(Duration::from_secs(3600)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttl {
    pub(crate) life: i64,
    pub(crate) clock: TtlClock,
}

/// What a life is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TtlClock {
    Event,
    Processing,
}

impl Ttl {
    /// By event time: what was written at an event time (the record's, or the timer's) has expired when the watermark has
    /// come that far beyond it. The same input gives the same answer. Without a watermark stage nothing expires.
    #[must_use]
    pub fn event_time(life: Duration) -> Self {
        Self { life: millis(life).max(1), clock: TtlClock::Event }
    }

    /// By processing time: what was written has expired that long afterwards. When things expire depends on how fast records
    /// come, so the same input need not give the same answer.
    #[must_use]
    pub fn processing_time(life: Duration) -> Self {
        Self { life: millis(life).max(1), clock: TtlClock::Processing }
    }
}

/// A value, and when it was written by the clock of its state's [`Ttl`].
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Stamped<V> {
    pub(crate) at: i64,
    pub(crate) value: V,
}

/// Says of a time of writing whether it is to be seen now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lives {
    /// The latest time of writing that has expired, if any has.
    expired: Option<i64>,
    /// When something is written now, this is when.
    pub(crate) written: i64,
}

impl Lives {
    /// For a state with this `ttl`, where the clock of its life shows `now` and `written` is when a write happens by it.
    pub(crate) fn new(ttl: Option<Ttl>, written: i64, now: i64) -> Self {
        // Expired is what was written at `at` when `at + life <= now`.
        Self { expired: ttl.and_then(|ttl| now.checked_sub(ttl.life)), written }
    }

    pub(crate) fn sees(&self, at: i64) -> bool {
        self.expired.is_none_or(|expired| at > expired)
    }
}
