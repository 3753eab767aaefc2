//! One request, with its attempts.

use super::MapAsync;
use crate::error::{Error, ErrorKind};
use futures::FutureExt;
use futures::future::BoxFuture;
use smallvec::{SmallVec, smallvec};
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// What a request came to: the number of its first record, and what became of each, in their order. An error is a panic of the
/// user's code, which ends the job.
pub(in crate::transforms) type Done<T, U> = (u64, Result<Outcomes<T, U>, Error>);

/// One outcome stands by itself.
pub(in crate::transforms) type Outcomes<T, U> = SmallVec<[Result<U, GivenUp<T>>; 1]>;

/// A request that is being made.
pub(in crate::transforms) type Request<T, U> = BoxFuture<'static, Done<T, U>>;

/// A record for which all attempts have failed: what is wrong, and how often it was tried.
pub(in crate::transforms) struct GivenUp<T> {
    pub(in crate::transforms) record: T,
    pub(in crate::transforms) kind: ErrorKind,
    pub(in crate::transforms) reason: String,
    pub(in crate::transforms) attempts: u32,
}

/// Makes a record's request until it succeeds, or has been tried often enough.
pub(super) fn run<T, U, E, F, Fut>(number: u64, make: Arc<F>, mut record: T, how: MapAsync) -> Request<T, U>
where
    T: Clone + Send + 'static,
    U: Send + 'static,
    E: Display + Send + 'static,
    F: Fn(T) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<U, E>> + Send + 'static,
{
    caught(number, async move {
        // Held alone: a shared reference would ask for records that are `Sync`.
        let held = &mut record;
        let outcome = match attempts(how, move || make(held.clone())).await {
            Ok(result) => Ok(result),
            Err((kind, reason, attempts)) => Err(GivenUp { record, kind, reason, attempts }),
        };
        smallvec![outcome]
    })
}

/// Makes a request until it succeeds; otherwise says why it did not, and how often it was tried.
pub(in crate::transforms) async fn attempts<R, E, Fut>(
    how: MapAsync,
    make: impl Fn() -> Fut,
) -> Result<R, (ErrorKind, String, u32)>
where
    E: Display,
    Fut: Future<Output = Result<R, E>>,
{
    let mut attempts = 0;
    loop {
        attempts += 1;
        let (kind, reason) = match within(how.timeout, make()).await {
            Some(Ok(result)) => return Ok(result),
            Some(Err(error)) => (ErrorKind::User, error.to_string()),
            None => (ErrorKind::Timeout, format!("no answer within {:?}", how.timeout.unwrap_or_default())),
        };
        if attempts > how.retries {
            return Err((kind, reason, attempts));
        }
        tokio::time::sleep(pause(how.backoff, attempts)).await;
    }
}

/// A request with the number of its first record. Nothing that a panic leaves half-done is looked at again: the job ends.
pub(in crate::transforms) fn caught<T, U>(
    first: u64,
    outcomes: impl Future<Output = Outcomes<T, U>> + Send + 'static,
) -> Request<T, U>
where
    T: Send + 'static,
    U: Send + 'static,
{
    let caught = AssertUnwindSafe(outcomes).catch_unwind();
    Box::pin(caught.map(move |outcomes| (first, outcomes.map_err(|payload| Error::from_panic(&*payload)))))
}

/// `None` when it takes longer.
async fn within<F: Future>(timeout: Option<Duration>, future: F) -> Option<F::Output> {
    match timeout {
        Some(timeout) => tokio::time::timeout(timeout, future).await.ok(),
        None => Some(future.await),
    }
}

/// How long to wait after so many attempts.
fn pause((first, most): (Duration, Duration), attempts: u32) -> Duration {
    let doubled = 2u32.checked_pow(attempts.saturating_sub(1)).and_then(|times| first.checked_mul(times));
    doubled.unwrap_or(most).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit() {
        let millis = |attempts| pause((Duration::from_millis(100), Duration::from_secs(1)), attempts).as_millis();
        assert_eq!([1, 2, 3, 4, 5, 40, u32::MAX].map(millis), [100, 200, 400, 800, 1000, 1000, 1000]);
    }
}
