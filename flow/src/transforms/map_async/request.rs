//! One request, with its attempts.

use super::MapAsync;
use crate::error::{Error, ErrorKind};
use futures::FutureExt;
use futures::future::BoxFuture;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// What a request came to, with its number.
pub(super) type Done<T, U> = (u64, Result<U, Failed<T>>);

/// A request that is being made.
pub(super) type Request<T, U> = BoxFuture<'static, Done<T, U>>;

/// Why there is no result.
pub(super) enum Failed<T> {
    /// The user's code panicked, which ends the job.
    Panicked(Error),
    /// All attempts have failed: the record, what is wrong, and how often it was tried.
    GivenUp { record: T, kind: ErrorKind, reason: String, attempts: u32 },
}

/// Makes a request until it succeeds, or has been tried often enough.
pub(super) fn run<T, U, E, F, Fut>(number: u64, make: Arc<F>, record: T, how: MapAsync) -> Request<T, U>
where
    T: Clone + Send + 'static,
    U: Send + 'static,
    E: Display + Send + 'static,
    F: Fn(T) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<U, E>> + Send + 'static,
{
    let attempts = async move {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let copy = record.clone();
            let (kind, reason) = match within(how.timeout, make(copy)).await {
                Some(Ok(result)) => return Ok(result),
                Some(Err(error)) => (ErrorKind::User, error.to_string()),
                None => (ErrorKind::Timeout, format!("no answer within {:?}", how.timeout.unwrap_or_default())),
            };
            if attempts > how.retries {
                return Err(Failed::GivenUp { record, kind, reason, attempts });
            }
            tokio::time::sleep(pause(how.backoff, attempts)).await;
        }
    };
    // Nothing that a panic leaves half-done is looked at again: the job ends.
    let caught = AssertUnwindSafe(attempts).catch_unwind();
    Box::pin(caught.map(move |result| {
        (number, result.unwrap_or_else(|payload| Err(Failed::Panicked(Error::from_panic(&*payload)))))
    }))
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
