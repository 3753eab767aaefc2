//! How long a record takes through a pipeline that is offered so many a second.
//!
//! The records are offered by schedule: each has a time at which it is due, whatever happens to those before it, and its latency
//! counts from there. When the pipeline stalls, all that was due meanwhile has waited, and is counted so.

pub(crate) mod offer;
mod sink;

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use flow::prelude::*;
use hdrhistogram::Histogram;
use serde::Serialize;

use offer::Schedule;

/// How long records flow before they count: memory and threads are then in place.
pub(crate) const WARM_UP: Duration = Duration::from_secs(1);
/// Different keys.
const KEYS: u64 = 6_000;
/// Only records above this value pass; nine of ten do.
const VALUE: i64 = 100;

/// What is offered.
#[derive(Clone, Copy, Debug)]
pub struct Tick {
    /// The key.
    pub key: u64,
    /// What is summed.
    pub value: i64,
    /// When it was due, in nanoseconds from the start.
    pub due: i64,
}

/// A key's totals, given anew with every record.
#[derive(Clone, Copy, Debug)]
pub struct Totals {
    /// When the record that made this row was due: the last one of its key.
    pub due: i64,
    /// How many records.
    pub count: i64,
    /// Their sum.
    pub sum: i64,
}

/// What was measured at one rate, in microseconds.
#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    /// Records offered a second.
    pub rate: u64,
    /// For how many seconds.
    pub seconds: u64,
    /// Rows that were timed.
    pub rows: u64,
    /// Half of the rows took at most this.
    pub p50_us: f64,
    /// 99 of 100.
    pub p99_us: f64,
    /// 999 of 1,000.
    pub p999_us: f64,
    /// The slowest.
    pub max_us: f64,
    /// How late the offering side itself was, 99 times of 100: this is in the figures above.
    pub offered_p99_us: f64,
}

/// What is shown of a reading.
pub const COLUMNS: &[&str] = &["rate", "rows", "p50_us", "p99_us", "p999_us", "max_us", "offered_p99_us"];

/// Offers `rate` records a second for so many seconds, after a warm-up, and times each row that comes out.
///
/// # Errors
/// When the pipeline fails.
pub fn measure(rate: u64, seconds: u64) -> flow::Result<Reading> {
    let schedule = Schedule::new(rate, WARM_UP + Duration::from_secs(seconds));
    let start = Instant::now();
    let (ticks_in, offering) = offer::start(schedule, start);
    let (timed, times) = sink::timing(start, WARM_UP);
    let pipeline = pipeline! {
        name = "latency";
        parallelism = 1;

        source(ticks_in)
            -> watermark(|tick| Timestamp::from_millis(tick.due / 1_000_000), delay = 1s)
            -> filter(|tick| tick.value > VALUE)
            -> key_by(|tick| tick.key)
            -> aggregate(|tick| Totals { due: max(tick.due), count: count(), sum: sum(tick.value) })
            -> sink(timed);
    };
    pipeline.run_blocking()?;
    let late = offering.join().unwrap_or_else(|_| histogram());
    let times = times.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Reading {
        rate,
        seconds,
        rows: times.len(),
        p50_us: micros(times.value_at_quantile(0.5)),
        p99_us: micros(times.value_at_quantile(0.99)),
        p999_us: micros(times.value_at_quantile(0.999)),
        max_us: micros(times.max()),
        offered_p99_us: micros(late.value_at_quantile(0.99)),
    })
}

/// Nanoseconds, from 1 up to a minute, to three digits.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("the bounds are right")
}

pub(crate) fn micros(nanos: u64) -> f64 {
    nanos as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::measure;

    #[test]
    fn every_record_that_passes_is_timed_once() {
        let reading = measure(20_000, 1).expect("the pipeline runs");
        let expected = 20_000.0 * 0.9;
        assert!((reading.rows as f64 - expected).abs() < expected * 0.03, "{reading:?}");
        assert!(reading.p50_us > 0.0 && reading.p50_us <= reading.p99_us && reading.p99_us <= reading.max_us);
    }
}
