//! The conservation ledger: where every record that entered a stage has gone.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// The counters of one stage in one task. Only that task writes them; anyone may read.
#[derive(Debug)]
pub struct Ledger {
    entered: AtomicU64,
    passed: AtomicU64,
    filtered: AtomicU64,
    absorbed: AtomicU64,
    late: AtomicU64,
    dead_lettered: AtomicU64,
    skipped: AtomicU64,
    emitted: AtomicU64,
    watermark: AtomicI64,
}

impl Default for Ledger {
    fn default() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            entered: zero(),
            passed: zero(),
            filtered: zero(),
            absorbed: zero(),
            late: zero(),
            dead_lettered: zero(),
            skipped: zero(),
            emitted: zero(),
            watermark: AtomicI64::new(i64::MIN),
        }
    }
}

/// What a stage has counted. `entered = passed + filtered + absorbed + late + dead_lettered + skipped + held`, where `held`
/// is what is inside at the moment: nothing, once a job has ended well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Records that came in.
    pub entered: u64,
    /// Records that were handed on, as they were or made into others.
    pub passed: u64,
    /// Records that a condition kept back.
    pub filtered: u64,
    /// Records that became part of an aggregate, a join or other state.
    pub absorbed: u64,
    /// Records that were late for all of their windows.
    pub late: u64,
    /// Records that could not be worked on, and went to the dead letters.
    pub dead_lettered: u64,
    /// Records that could not be worked on, and were left out.
    pub skipped: u64,
    /// Records that came out.
    pub emitted: u64,
}

impl Counts {
    /// Records that are inside: not accounted for yet.
    #[must_use]
    pub fn held(&self) -> i128 {
        let gone = [self.passed, self.filtered, self.absorbed, self.late, self.dead_lettered, self.skipped];
        i128::from(self.entered) - gone.into_iter().map(i128::from).sum::<i128>()
    }

    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            entered: self.entered + other.entered,
            passed: self.passed + other.passed,
            filtered: self.filtered + other.filtered,
            absorbed: self.absorbed + other.absorbed,
            late: self.late + other.late,
            dead_lettered: self.dead_lettered + other.dead_lettered,
            skipped: self.skipped + other.skipped,
            emitted: self.emitted + other.emitted,
        }
    }
}

/// One task writes, so adding needs no atomic read-modify-write.
fn add(counter: &AtomicU64, count: usize) {
    if count > 0 {
        counter.store(counter.load(Relaxed).wrapping_add(count as u64), Relaxed);
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident => $field:ident),* $(,)?) => {
        $($(#[$doc])* pub(crate) fn $name(&self, count: usize) { add(&self.$field, count); })*
    };
}

impl Ledger {
    counters! {
        entered => entered, passed => passed, filtered => filtered, absorbed => absorbed, late => late,
        dead_lettered => dead_lettered, skipped => skipped, emitted => emitted,
    }

    /// The counts now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            entered: self.entered.load(Relaxed),
            passed: self.passed.load(Relaxed),
            filtered: self.filtered.load(Relaxed),
            absorbed: self.absorbed.load(Relaxed),
            late: self.late.load(Relaxed),
            dead_lettered: self.dead_lettered.load(Relaxed),
            skipped: self.skipped.load(Relaxed),
            emitted: self.emitted.load(Relaxed),
        }
    }

    pub(crate) fn set_watermark(&self, watermark: i64) {
        self.watermark.store(watermark, Relaxed);
    }

    /// The last watermark that was handed on.
    #[must_use]
    pub fn watermark(&self) -> i64 {
        self.watermark.load(Relaxed)
    }
}
