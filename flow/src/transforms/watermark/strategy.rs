//! How event time is found in a record, and how far it has come.

use crate::state::Data;
use crate::time::{Timestamp, millis};
use std::time::Duration;

/// What a closure that finds a record's event time may return: a [`Timestamp`], or an `Option` of it, whose `None` is a null
/// event time. A null event time always ends the job, on both engines.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event time",
    note = "return a `flow::Timestamp`, or an `Option<Timestamp>`: `Timestamp::from_millis(…)` makes one of milliseconds"
)]
pub trait EventTime {
    /// The time; `None` if it is null.
    fn event_time(self) -> Option<Timestamp>;
}

impl EventTime for Timestamp {
    #[inline]
    fn event_time(self) -> Option<Timestamp> {
        Some(self)
    }
}

impl EventTime for Option<Timestamp> {
    #[inline]
    fn event_time(self) -> Option<Timestamp> {
        self
    }
}

/// Finds the event time of records, and says after each how far event time has come in its source partition.
///
/// Watermarks are kept for each source partition, with a `Partition` value of the strategy's own; the watermark of a task is
/// the lowest of its active partitions. Nothing is ever taken back: a watermark below an earlier one has no effect. A strategy
/// is asked for the times of all records of a batch before it is asked for the first watermark of that batch.
///
/// ```
/// use flow::{Timestamp, transforms::WatermarkStrategy};
///
/// /// Events carry a time; every hundredth says that all before it are there.
/// struct EveryHundredth;
///
/// impl WatermarkStrategy<i64> for EveryHundredth {
///     type Partition = u32;
///     fn time(&self, record: &i64) -> Option<Timestamp> {
///         Some(Timestamp::from_millis(*record))
///     }
///     fn watermark(&self, _: &i64, time: Timestamp, seen: &mut u32) -> Option<Timestamp> {
///         *seen = (*seen + 1) % 100;
///         (*seen == 0).then_some(time)
///     }
/// }
/// ```
pub trait WatermarkStrategy<T>: Send + Sync + 'static {
    /// What is kept of each source partition, from a default on; it is part of snapshots.
    type Partition: Data + Clone + Default;

    /// The record's event time; `None` if it is null, which ends the job.
    fn time(&self, record: &T) -> Option<Timestamp>;

    /// The watermark after this record: no record of its partition with this or an earlier time is expected any more.
    /// `None` leaves it as it was.
    fn watermark(&self, record: &T, time: Timestamp, partition: &mut Self::Partition) -> Option<Timestamp>;

    /// The distance at which the watermark follows the latest time of a partition, if it does so and nothing else: then
    /// [`watermark`](Self::watermark) is not called, for that is its answer.
    fn lag(&self) -> Option<Duration> {
        None
    }
}

/// Records are late by at most a given time: the watermark is the latest time seen, less that delay, less one millisecond.
///
/// ```
/// use flow::{Timestamp, transforms::{Bounded, WatermarkStrategy}};
/// use std::time::Duration;
/// let strategy = Bounded::new(|at: &i64| Timestamp::from_millis(*at), Duration::from_secs(5));
/// assert_eq!(strategy.watermark(&9000, Timestamp::from_millis(9000), &mut ()), Some(Timestamp::from_millis(3999)));
/// ```
#[derive(Clone, Debug)]
pub struct Bounded<F> {
    time: F,
    /// The delay and one millisecond.
    lag: Duration,
}

impl<F> Bounded<F> {
    /// The time by a closure, and the delay.
    pub fn new(time: F, delay: Duration) -> Self {
        Self { time, lag: delay.saturating_add(Duration::from_millis(1)) }
    }
}

impl<T, E: EventTime, F: Fn(&T) -> E + Send + Sync + 'static> WatermarkStrategy<T> for Bounded<F> {
    type Partition = ();

    #[inline]
    fn time(&self, record: &T) -> Option<Timestamp> {
        (self.time)(record).event_time()
    }

    #[inline]
    fn watermark(&self, _: &T, time: Timestamp, (): &mut ()) -> Option<Timestamp> {
        Some(Timestamp::from_millis(time.millis().saturating_sub(millis(self.lag))))
    }

    fn lag(&self) -> Option<Duration> {
        Some(self.lag)
    }
}

/// Times never go back within a partition: the watermark is the latest time less one millisecond, so that records of equal
/// times are not late.
///
/// ```
/// use flow::{Timestamp, transforms::{Monotonic, WatermarkStrategy}};
/// let strategy = Monotonic::new(|at: &Option<i64>| at.map(Timestamp::from_millis));
/// assert_eq!(strategy.time(&None), None);
/// assert_eq!(strategy.watermark(&Some(7), Timestamp::from_millis(7), &mut ()), Some(Timestamp::from_millis(6)));
/// ```
#[derive(Clone, Debug)]
pub struct Monotonic<F>(Bounded<F>);

impl<F> Monotonic<F> {
    /// The time by a closure.
    pub fn new(time: F) -> Self {
        Self(Bounded::new(time, Duration::ZERO))
    }
}

impl<T, E: EventTime, F: Fn(&T) -> E + Send + Sync + 'static> WatermarkStrategy<T> for Monotonic<F> {
    type Partition = ();

    #[inline]
    fn time(&self, record: &T) -> Option<Timestamp> {
        self.0.time(record)
    }

    #[inline]
    fn watermark(&self, record: &T, time: Timestamp, partition: &mut ()) -> Option<Timestamp> {
        self.0.watermark(record, time, partition)
    }

    fn lag(&self) -> Option<Duration> {
        WatermarkStrategy::<T>::lag(&self.0)
    }
}

/// Some records say themselves how far time has come.
///
/// ```
/// use flow::{Timestamp, transforms::{Punctuated, WatermarkStrategy}};
/// struct Reading { at: Timestamp, complete_up_to: Option<Timestamp> }
/// let strategy = Punctuated::new(|r: &Reading| r.at, |r: &Reading| r.complete_up_to);
/// let at = Timestamp::from_millis(7);
/// assert_eq!(strategy.watermark(&Reading { at, complete_up_to: None }, at, &mut ()), None);
/// ```
#[derive(Clone, Debug)]
pub struct Punctuated<F, P> {
    time: F,
    punctuation: P,
}

impl<F, P> Punctuated<F, P> {
    /// The time by a closure, and by another the watermark that stands after a record, if it says one.
    pub fn new<T, E: EventTime>(time: F, punctuation: P) -> Self
    where
        F: Fn(&T) -> E + Send + Sync + 'static,
        P: Fn(&T) -> Option<Timestamp> + Send + Sync + 'static,
    {
        Self { time, punctuation }
    }
}

impl<T, E, F, P> WatermarkStrategy<T> for Punctuated<F, P>
where
    E: EventTime,
    F: Fn(&T) -> E + Send + Sync + 'static,
    P: Fn(&T) -> Option<Timestamp> + Send + Sync + 'static,
{
    type Partition = ();

    #[inline]
    fn time(&self, record: &T) -> Option<Timestamp> {
        (self.time)(record).event_time()
    }

    #[inline]
    fn watermark(&self, record: &T, _: Timestamp, (): &mut ()) -> Option<Timestamp> {
        (self.punctuation)(record)
    }
}
