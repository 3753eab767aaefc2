//! `sources::poll`: an async function, called again and again.

use super::single;
use crate::connector::{
    Endpoint, Position, ReadBuffer, ReadState, Source, SourceContext, SourceReader, Split, SplitStart,
};
use crate::error::{Error, ErrorKind, Result};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How often a failing call is repeated, and how long to wait before the first time; then twice as long each time.
const RETRIES: u32 = 5;
const BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

/// Calls an async function now and after each `interval`, and reads the records that it returns: a database's new rows, a page
/// of an HTTP service. Calls never overlap: one that takes longer than the interval is followed by the next at once.
///
/// # Delivery
/// At most once over a restart: what is returned once is not asked for again. A function that must lose nothing keeps its own mark
/// of what was worked on.
///
/// # Errors
/// A call that fails is repeated, 5 times unless [`retries`](PollSource::retries) says otherwise, after half a second, one second,
/// two seconds and so on up to 30; when the last one fails too, the job fails with its error.
///
/// ```
/// use flow::prelude::*;
/// use std::time::Duration;
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("rates");
/// let ask = || async {
///     Ok::<_, std::io::Error>(vec![("EUR", 1.08), ("GBP", 1.27)]) // here: ask the service
/// };
/// pipeline.source(sources::poll(Duration::from_secs(60), ask).times(1)).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!(rows.take(), [("EUR", 1.08), ("GBP", 1.27)]);
/// # Ok::<(), flow::Error>(())
/// ```
pub fn poll<T, E, F, Fut>(interval: Duration, call: F) -> PollSource<F>
where
    F: FnMut() -> Fut + Send + 'static,
    Fut: Future<Output = Result<Vec<T>, E>> + Send + 'static,
    E: fmt::Display + 'static,
    T: Send + 'static,
{
    PollSource { call: Some(call), interval, retries: RETRIES, times: None }
}

/// Made by [`poll()`].
pub struct PollSource<F> {
    call: Option<F>,
    interval: Duration,
    retries: u32,
    times: Option<u64>,
}

impl<F> PollSource<F> {
    /// Repeats a failing call so many times before the job fails.
    #[must_use]
    pub fn retries(self, retries: u32) -> Self {
        Self { retries, ..self }
    }

    /// Ends after so many calls that succeeded.
    #[must_use]
    pub fn times(self, calls: u64) -> Self {
        Self { times: Some(calls), ..self }
    }
}

impl<F> fmt::Debug for PollSource<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("sources::poll").field("interval", &self.interval).finish_non_exhaustive()
    }
}

#[async_trait]
impl<T, E, F, Fut> Source for PollSource<F>
where
    F: FnMut() -> Fut + Send + 'static,
    Fut: Future<Output = Result<Vec<T>, E>> + Send + 'static,
    E: fmt::Display + 'static,
    T: Send + 'static,
{
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("poll", "read from a file or a topic, which other engines can read too")
    }

    fn bounded(&self) -> bool {
        self.times.is_some()
    }

    fn replays(&self) -> bool {
        false
    }

    async fn splits(&mut self, _: &SourceContext) -> Result<Vec<Split>> {
        Ok(single::splits("poll"))
    }

    async fn open(&mut self, splits: Vec<SplitStart>, _: &SourceContext) -> Result<Box<dyn SourceReader<T>>> {
        let (interval, retries, times) = (self.interval, self.retries, self.times);
        single::open("poll", &mut self.call, &splits, |mut call, read| {
            // Whatever its error is, only its text is kept: it need not be `Send`.
            let call = move || -> Call<T> {
                let calling = call();
                Box::pin(async move { calling.await.map_err(|error| error.to_string()) })
            };
            Box::new(Reader {
                call,
                interval,
                retries,
                times,
                next: None,
                failed: 0,
                calling: None,
                ready: VecDeque::new(),
                read,
            })
        })
    }
}

type Call<T> = BoxFuture<'static, Result<Vec<T>, String>>;

struct Reader<T, F> {
    call: F,
    interval: Duration,
    retries: u32,
    /// How many more calls are to succeed.
    times: Option<u64>,
    /// When the next call is due; at once, before the first.
    next: Option<Instant>,
    /// How many calls have failed since one succeeded.
    failed: u32,
    /// Kept here, so that a call goes on when `read` is dropped and called again.
    calling: Option<Call<T>>,
    ready: VecDeque<T>,
    read: u64,
}

impl<T, F> Reader<T, F>
where
    T: Send + 'static,
    F: FnMut() -> Call<T> + Send,
{
    /// Waits for the next call that succeeds.
    async fn fill(&mut self) -> Result<()> {
        loop {
            if self.calling.is_none() {
                if let Some(next) = self.next {
                    sleep_until(next).await;
                }
                self.next = Some(Instant::now() + self.interval);
            }
            let result = self.calling.get_or_insert_with(&mut self.call).await;
            self.calling = None;
            match result {
                Ok(rows) => {
                    self.failed = 0;
                    self.times = self.times.map(|times| times.saturating_sub(1));
                    self.ready = rows.into();
                    return Ok(());
                }
                Err(reason) if self.failed < self.retries => {
                    let wait = BACKOFF.saturating_mul(1 << self.failed.min(16)).min(LONGEST_BACKOFF);
                    self.failed += 1;
                    tracing::warn!(
                        reason,
                        attempt = self.failed,
                        "a polled function failed; it is called again in {wait:?}"
                    );
                    self.next = Some(Instant::now() + wait);
                }
                Err(reason) => {
                    let attempts = self.failed + 1;
                    return Err(Error::new(
                        ErrorKind::Io,
                        format!("the polled function failed {attempts} times: {reason}"),
                    ));
                }
            }
        }
    }
}

#[async_trait]
impl<T, F> SourceReader<T> for Reader<T, F>
where
    T: Send + 'static,
    F: FnMut() -> Call<T> + Send,
{
    async fn read(&mut self, into: &mut ReadBuffer<T>) -> Result<ReadState> {
        if self.ready.is_empty() && self.times != Some(0) {
            self.fill().await?;
        }
        let count = self.ready.len().min(into.room());
        let first = self.read;
        self.read += count as u64;
        if count == self.ready.len() {
            into.extend_at(std::mem::take(&mut self.ready).into(), first);
        } else {
            into.extend_at(self.ready.drain(..count).collect(), first);
        }
        Ok(if self.ready.is_empty() && self.times == Some(0) { ReadState::Finished } else { ReadState::More })
    }

    fn position(&self, _: usize) -> Result<Position> {
        Position::of(&self.read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::probe;
    use futures::FutureExt;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A function that fails on the calls that `fails` says, and otherwise returns the call's number twice.
    fn flaky(
        fails: impl Fn(u32) -> bool + Send + 'static,
    ) -> impl FnMut() -> BoxFuture<'static, Result<Vec<u32>, String>> + Send {
        let mut calls = 0;
        move || {
            calls += 1;
            let (call, fails) = (calls, fails(calls));
            Box::pin(async move { if fails { Err(format!("call {call}")) } else { Ok(vec![call; 2]) } })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_at_once_and_each_interval() {
        let start = Instant::now();
        let read = probe::read_all(poll(Duration::from_secs(60), flaky(|_| false)).times(3), 100).await.unwrap();
        assert_eq!(read.rows, [1, 1, 2, 2, 3, 3]);
        assert_eq!(start.elapsed().as_secs(), 120);
        let read = probe::read_all(poll(Duration::ZERO, flaky(|_| false)).times(3), 1).await.unwrap();
        assert_eq!(read.rows, [1, 1, 2, 2, 3, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn retries_with_backoff_then_gives_up() {
        let start = Instant::now();
        let read = probe::read_all(poll(Duration::from_secs(9), flaky(|call| call < 4)).times(1), 100).await.unwrap();
        assert_eq!(read.rows, [4, 4]);
        assert_eq!(start.elapsed().as_millis(), 500 + 1000 + 2000);

        let error = probe::read_all(poll(Duration::ZERO, flaky(|call| call > 1)).retries(2), 100).await.unwrap_err();
        assert_eq!(error.to_string(), "input/output: the polled function failed 3 times: call 4");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_goes_on_when_reading_is_dropped() {
        let calls = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&calls);
        let mut source = poll(Duration::ZERO, move || {
            count.fetch_add(1, Ordering::Relaxed);
            async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok::<_, String>(vec![7])
            }
        });
        let mut reader = probe::open(&mut source, &probe::source_context(3), None).await.unwrap();
        let mut buffer = ReadBuffer::new(3, false);
        for _ in 0..4 {
            assert!(reader.read(&mut buffer).now_or_never().is_none());
            tokio::time::advance(Duration::from_millis(300)).await;
        }
        reader.read(&mut buffer).await.unwrap();
        assert_eq!((buffer.room(), calls.load(Ordering::Relaxed)), (2, 1));
    }
}
