//! `map_async`: makes each record into another, by a request that takes its time.

mod flight;
pub(super) mod request;
pub(super) mod task;
#[cfg(test)]
mod tests;

use crate::error::{Error, ErrorKind, Origin, Result, StageRef};
use crate::graph::{Description, HeadBody, HeadParts, Wiring};
use crate::stream::{NewStage, Stream, lock};
use crate::task::Task;
use serde::Serialize;
use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use task::{AsyncTask, MakeRequest};

/// How the requests of [`Stream::map_async`] and [`Stream::enrich`] are made: in which order their results come out, how many at a time, how long
/// each may take, and how often it is tried.
///
/// ```
/// use flow::MapAsync;
/// use std::time::Duration;
/// let how = MapAsync::unordered(16).timeout(Duration::from_secs(5)).retries(3);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MapAsync {
    ordered: bool,
    pub(super) concurrency: usize,
    timeout: Option<Duration>,
    retries: u32,
    /// How long to wait before the first retry, and before any.
    backoff: (Duration, Duration),
}

impl MapAsync {
    fn new(ordered: bool, concurrency: usize) -> Self {
        let backoff = (Duration::from_millis(100), Duration::from_secs(10));
        Self { ordered, concurrency, timeout: None, retries: 0, backoff }
    }

    /// Results come out in the order of their records. At most `concurrency` requests are being made, or wait for one
    /// before them.
    #[must_use]
    pub fn ordered(concurrency: usize) -> Self {
        Self::new(true, concurrency)
    }

    /// Results come out as soon as they are there. At most `concurrency` requests are being made. The watermark waits for
    /// the oldest of them, so that none becomes late.
    #[must_use]
    pub fn unordered(concurrency: usize) -> Self {
        Self::new(false, concurrency)
    }

    /// Gives each attempt so much time.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Tries again so many times, when a request fails or takes too long.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Waits so long before the first retry, twice as long before each further one, and at most so long; 100 ms and 10 s,
    /// unless this is called.
    #[must_use]
    pub fn backoff(mut self, first: Duration, most: Duration) -> Self {
        self.backoff = (first, most);
        self
    }

    /// Notes a mistake, if no request would ever be made.
    pub(super) fn check<T: Send + 'static>(self, stream: &Stream<T>, stage: &str, origin: Origin) {
        if self.concurrency == 0 {
            let none =
                Error::new(ErrorKind::Definition, "a concurrency of 0 never makes a request").help("use 1 or more");
            let stage = StageRef { name: stage.into(), origin };
            lock(stream.graph()).mistakes.push(none.at(&stage));
        }
    }
}

impl<T: Clone + Serialize + Send + 'static> Stream<T> {
    /// Makes each record into another, by a request that takes its time: several run at once, within this stage's task, so
    /// that they should wait rather than compute.
    ///
    /// A record whose request still fails after its retries goes the way of the pipeline's error policy. At a checkpoint's
    /// barrier, and at the end, all requests in flight are waited for.
    ///
    /// # Cancel safety
    /// The futures of requests in flight are dropped when a request takes too long, and when the job is cancelled or fails.
    ///
    /// # Delivery
    /// After a failure the records since the last checkpoint are read again, so that a request may be made twice.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use std::time::Duration;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("prices");
    /// pipeline
    ///     .source(sources::iter(1..=3))
    ///     .map_async(MapAsync::ordered(2).timeout(Duration::from_secs(5)).retries(3), |item| async move {
    ///         tokio::time::sleep(Duration::from_millis(10 - item)).await;
    ///         Ok::<_, std::io::Error>(item * 100)
    ///     })
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [100, 200, 300]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn map_async<U, E, F, Fut>(self, how: MapAsync, request: F) -> Stream<U>
    where
        U: Send + 'static,
        E: Display + Send + 'static,
        F: Fn(T) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<U, E>> + Send + 'static,
    {
        let origin = Origin::here();
        how.check(&self, "map_async", origin);
        let stage = NewStage::new("map_async", origin, Description::opaque("an asynchronous request is plain Rust"));
        self.attach_head(stage, MapAsyncBody { how, request: Arc::new(request), records: PhantomData })
    }
}

/// Makes the tasks of the stage.
struct MapAsyncBody<T, F> {
    how: MapAsync,
    request: Arc<F>,
    records: PhantomData<fn(T)>,
}

impl<T, U, E, F, Fut> HeadBody for MapAsyncBody<T, F>
where
    T: Clone + Serialize + Send + 'static,
    U: Send + 'static,
    E: Display + Send + 'static,
    F: Fn(T) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<U, E>> + Send + 'static,
{
    fn build(&self, parts: HeadParts, wiring: Wiring<'_>) -> Result<Box<dyn Task>> {
        let HeadParts { merger, push, chain, name } = parts;
        let (how, request) = (self.how, Arc::clone(&self.request));
        let make: MakeRequest<T, U> = Box::new(move |number, records| {
            let record = records.into_iter().next();
            // A request is for one record, as the task is told.
            record.map_or_else(
                || request::caught(number, std::future::ready(request::Outcomes::new())),
                |record| request::run(number, Arc::clone(&request), record, how),
            )
        });
        let chain = chain.chain::<U>(push.take());
        let Wiring { info, ledger, batch_size, .. } = wiring;
        Ok(Box::new(AsyncTask::<T, U>::new(name, merger.take(), chain, (info, ledger), make, how, (1, batch_size))))
    }
}
