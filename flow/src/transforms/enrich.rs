//! `enrich`: makes each record and its answer into another, with requests that ask for many records at a time.

use super::map_async::MapAsync;
use super::map_async::request::{GivenUp, Outcomes, attempts, caught};
use super::map_async::task::{AsyncTask, MakeRequest, Records};
use crate::error::{ErrorKind, Origin, Result};
use crate::graph::{Description, HeadBody, HeadParts, Wiring};
use crate::stream::{NewStage, Stream};
use crate::task::Task;
use serde::Serialize;
use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;

impl<T: Serialize + Send + 'static> Stream<T> {
    /// Asks about the records that are there with one request, and makes each of them, with its answer, into another: a lookup of
    /// many keys at once.
    ///
    /// A request is given a batch as it comes, up to the pipeline's batch size; nothing waits for a batch to be full. It answers each
    /// record, in their order, with `Ok` or `Err`; a record that it refuses goes the way of the pipeline's error policy, as all of
    /// them do when the request itself still fails after its retries, or answers more or fewer records than it was asked for. At a
    /// checkpoint's barrier, and at the end, all requests in flight are waited for.
    ///
    /// # Cancel safety
    /// The futures of requests in flight are dropped when a request takes too long, and when the job is cancelled or fails.
    ///
    /// # Delivery
    /// After a failure the records since the last checkpoint are read again, so that a request may be made twice.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("names");
    /// pipeline
    ///     .source(sources::iter(1..=3))
    ///     .enrich(
    ///         MapAsync::ordered(4),
    ///         |numbers| {
    ///             // Here: one question about all of them.
    ///             let answers = numbers.iter().map(|n| if *n == 2 { Ok("two") } else { Ok("another") }).collect();
    ///             async move { Ok::<Vec<Result<_, String>>, String>(answers) }
    ///         },
    ///         |n, name| (n, name),
    ///     )
    ///     .sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [(1, "another"), (2, "two"), (3, "another")]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn enrich<A, U, E, F, Fut, J>(self, how: MapAsync, ask: F, join: J) -> Stream<U>
    where
        A: Send + 'static,
        U: Send + 'static,
        E: Display + Send + 'static,
        F: Fn(&[T]) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Vec<Result<A, E>>, E>> + Send + 'static,
        J: Fn(T, A) -> U + Send + Sync + 'static,
    {
        let origin = Origin::here();
        how.check(&self, "enrich", origin);
        let stage = NewStage::new("enrich", origin, Description::opaque("an asynchronous request is plain Rust"));
        self.attach_head(stage, EnrichBody { how, calls: Arc::new((ask, join)), records: PhantomData })
    }
}

/// Makes the tasks of the stage.
struct EnrichBody<T, A, F, J> {
    how: MapAsync,
    calls: Arc<(F, J)>,
    records: PhantomData<fn(T, A)>,
}

impl<T, A, U, E, F, Fut, J> HeadBody for EnrichBody<T, A, F, J>
where
    T: Serialize + Send + 'static,
    A: Send + 'static,
    U: Send + 'static,
    E: Display + Send + 'static,
    F: Fn(&[T]) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Vec<Result<A, E>>, E>> + Send + 'static,
    J: Fn(T, A) -> U + Send + Sync + 'static,
{
    fn build(&self, parts: HeadParts, wiring: Wiring<'_>) -> Result<Box<dyn Task>> {
        let HeadParts { merger, push, chain, name } = parts;
        let (how, calls) = (self.how, Arc::clone(&self.calls));
        let make: MakeRequest<T, U> = Box::new(move |first, mut records| {
            let calls = Arc::clone(&calls);
            caught(first, async move {
                let (ask, join) = &*calls;
                // Held alone: a shared reference would ask for records that are `Sync`.
                let held = &mut records;
                let answers = attempts(how, move || answered(ask(held), held.len())).await;
                outcomes(records, answers, join)
            })
        });
        let chain = chain.chain::<U>(push.take());
        let Wiring { info, ledger, batch_size, .. } = wiring;
        let sizes = (batch_size, batch_size);
        Ok(Box::new(AsyncTask::<T, U>::new(name, merger.take(), chain, (info, ledger), make, how, sizes)))
    }
}

/// One answer for each record, or no answer at all.
async fn answered<A, E: Display>(
    asking: impl Future<Output = Result<Vec<Result<A, E>>, E>>,
    records: usize,
) -> Result<Vec<Result<A, E>>, String> {
    let answers = asking.await.map_err(|error| error.to_string())?;
    match answers.len() {
        given if given == records => Ok(answers),
        given => Err(format!("a request about {records} records gave {given} answers")),
    }
}

type Answers<A, E> = Result<Vec<Result<A, E>>, (ErrorKind, String, u32)>;

fn outcomes<T, A, U, E: Display>(
    records: Records<T>,
    answers: Answers<A, E>,
    join: &impl Fn(T, A) -> U,
) -> Outcomes<T, U> {
    match answers {
        Ok(answers) => {
            let each = records.into_iter().zip(answers).map(|(record, answer)| match answer {
                Ok(answer) => Ok(join(record, answer)),
                Err(reason) => Err(GivenUp { record, kind: ErrorKind::User, reason: reason.to_string(), attempts: 1 }),
            });
            each.collect()
        }
        Err((kind, reason, attempts)) => {
            let give_up = |record| Err(GivenUp { record, kind, reason: reason.clone(), attempts });
            records.into_iter().map(give_up).collect()
        }
    }
}
