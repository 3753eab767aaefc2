//! Names that nobody else has.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A name for a topic, a group or a key that no other test has, and no earlier run: `orders-18f3a2b4c5d6e-0`.
#[must_use]
pub fn unique(name: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{name}-{:x}-{}", number(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A number of this process: the time of the first call, and something random below it.
pub(crate) fn number() -> u64 {
    static NUMBER: OnceLock<u64> = OnceLock::new();
    *NUMBER.get_or_init(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        (now << 16) | (RandomState::new().hash_one(std::process::id()) & 0xffff)
    })
}
