//! `sources::generator`: records made by a function, at a rate.

use super::single;
use crate::connector::{
    Endpoint, Position, ReadBuffer, ReadState, Source, SourceContext, SourceReader, Split, SplitStart,
};
use crate::error::{Error, ErrorKind, Result};
use async_trait::async_trait;
use std::fmt;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Makes records by calling `make` with 0, 1, 2, …, so many of them per second; without end, unless there is a
/// [`limit`](GeneratorSource::limit).
///
/// It goes by a schedule: record `n` is due `n / rate` seconds after the first. What a busy pipeline did not take in time it
/// gets as soon as it can. The clock is tokio's, so that a paused one is followed.
///
/// # Delivery
/// A restored run goes on with the number that it had come to.
///
/// # Errors
/// When the pipeline starts, if the rate is 0.
///
/// ```
/// use flow::prelude::*;
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("clicks");
/// pipeline.source(sources::generator(10_000, |n| format!("click {n}")).limit(3)).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!(rows.take(), ["click 0", "click 1", "click 2"]);
/// # Ok::<(), flow::Error>(())
/// ```
pub fn generator<T, F>(rate_per_second: u64, make: F) -> GeneratorSource<F>
where
    F: Fn(u64) -> T + Send + 'static,
    T: Send + 'static,
{
    GeneratorSource {
        make: Some(make),
        pace: Some(Pace { records: rate_per_second, per: Duration::from_secs(1) }),
        limit: None,
    }
}

/// As [`generator()`], as fast as the pipeline takes them.
///
/// # Delivery
/// A restored run goes on with the number that it had come to.
///
/// # Errors
/// None of its own; a panic in `make` ends the job.
///
/// ```
/// use flow::prelude::*;
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("squares");
/// pipeline.source(sources::generator_unlimited(|n| n * n).limit(4)).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!(rows.take(), [0, 1, 4, 9]);
/// # Ok::<(), flow::Error>(())
/// ```
pub fn generator_unlimited<T, F>(make: F) -> GeneratorSource<F>
where
    F: Fn(u64) -> T + Send + 'static,
    T: Send + 'static,
{
    GeneratorSource { make: Some(make), pace: None, limit: None }
}

/// Made by [`generator()`] and [`generator_unlimited()`].
pub struct GeneratorSource<F> {
    make: Option<F>,
    pace: Option<Pace>,
    limit: Option<u64>,
}

impl<F> GeneratorSource<F> {
    /// Ends after this many records.
    #[must_use]
    pub fn limit(self, records: u64) -> Self {
        Self { limit: Some(records), ..self }
    }

    /// One record each `interval`: for rates below one per second.
    #[must_use]
    pub fn every(self, interval: Duration) -> Self {
        Self { pace: Some(Pace { records: 1, per: interval }), ..self }
    }
}

impl<F> fmt::Debug for GeneratorSource<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("sources::generator")
            .field("pace", &self.pace)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// So many records in so much time.
#[derive(Clone, Copy, Debug)]
struct Pace {
    records: u64,
    per: Duration,
}

impl Pace {
    /// How many records are due after that time; the first is at once.
    fn due(self, elapsed: Duration) -> u64 {
        let due = elapsed.as_nanos().saturating_mul(self.records.into()) / self.per.as_nanos().max(1);
        u64::try_from(due).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// When the record of this number is due.
    fn time_of(self, number: u64) -> Duration {
        let nanos = self.per.as_nanos().saturating_mul(number.into()).div_ceil(self.records.max(1).into());
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[async_trait]
impl<T, F> Source for GeneratorSource<F>
where
    F: Fn(u64) -> T + Send + 'static,
    T: Send + 'static,
{
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("generator", "read from a file or a topic, which other engines can read too")
    }

    fn bounded(&self) -> bool {
        self.limit.is_some()
    }

    async fn splits(&mut self, _: &SourceContext) -> Result<Vec<Split>> {
        if self.pace.is_some_and(|pace| pace.records == 0) {
            return Err(Error::new(ErrorKind::Config, "a generator with a rate of 0 would never make a record")
                .help("for rates below one per second: `.every(Duration::from_secs(10))`"));
        }
        Ok(single::splits("generator"))
    }

    async fn open(&mut self, splits: Vec<SplitStart>, _: &SourceContext) -> Result<Box<dyn SourceReader<T>>> {
        let (pace, limit) = (self.pace, self.limit.unwrap_or(u64::MAX));
        single::open("generator", &mut self.make, &splits, |make, next| {
            Box::new(Reader { make, pace, limit, start: None, first: next, next })
        })
    }
}

struct Reader<F> {
    make: F,
    pace: Option<Pace>,
    limit: u64,
    /// When the schedule began, and with which record.
    start: Option<Instant>,
    first: u64,
    next: u64,
}

impl<F: Send> Reader<F> {
    /// Waits until a record is due. The number of the first that is not.
    async fn wait(&mut self) -> u64 {
        let Some(pace) = self.pace else { return u64::MAX };
        let start = *self.start.get_or_insert_with(Instant::now);
        loop {
            let due = self.first.saturating_add(pace.due(start.elapsed()));
            if due > self.next {
                return due;
            }
            sleep_until(start + pace.time_of(self.next - self.first)).await;
        }
    }
}

#[async_trait]
impl<T, F> SourceReader<T> for Reader<F>
where
    F: Fn(u64) -> T + Send,
    T: Send + 'static,
{
    async fn read(&mut self, into: &mut ReadBuffer<T>) -> Result<ReadState> {
        if self.next >= self.limit {
            return Ok(ReadState::Finished);
        }
        let due = self.wait().await.min(self.limit);
        let until = due.min(self.next.saturating_add(into.room() as u64));
        into.extend_at((self.next..until).map(&self.make).collect(), self.next);
        self.next = until;
        Ok(if until >= self.limit { ReadState::Finished } else { ReadState::More })
    }

    fn position(&self, _: usize) -> Result<Position> {
        Position::of(&self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::probe;
    use futures::FutureExt;

    #[tokio::test(start_paused = true)]
    async fn keeps_its_schedule() {
        for (rate, count, seconds) in
            [(1000, 1, 0), (1000, 1001, 1), (10, 101, 10), (3, 4, 1), (1_000_000, 1_000_001, 1)]
        {
            let start = Instant::now();
            let read = probe::read_all(generator(rate, |n| n).limit(count), 1024).await.unwrap();
            assert_eq!(read.rows, Vec::from_iter(0..count));
            let took = start.elapsed();
            assert!(took.as_millis().abs_diff(seconds * 1000) <= 1, "{count} at {rate}/s took {took:?}");
        }
        let start = Instant::now();
        probe::read_all(generator(1, |n| n).every(Duration::from_secs(60)).limit(3), 10).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 120);
    }

    #[tokio::test(start_paused = true)]
    async fn catches_up_when_it_was_held_up() {
        let mut source = generator(100, |n| n);
        let mut reader = probe::open(&mut source, &probe::source_context(1000), None).await.unwrap();
        let mut buffer = ReadBuffer::new(1000, false);
        reader.read(&mut buffer).await.unwrap();
        assert_eq!(buffer.room(), 999);
        assert!(reader.read(&mut buffer).now_or_never().is_none());
        tokio::time::advance(Duration::from_secs(5)).await;
        reader.read(&mut buffer).await.unwrap();
        assert_eq!(buffer.room(), 499);
    }

    #[tokio::test(start_paused = true)]
    async fn a_restored_reader_goes_on_at_once() {
        probe::check_restore(|| generator(10, |n| n).limit(25), 3).await;
        probe::check_restore(|| generator_unlimited(|n| n).limit(25), 3).await;
    }

    #[tokio::test]
    async fn a_rate_of_zero_is_refused() {
        let error = probe::read_all(generator(0, |n| n), 3).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}
