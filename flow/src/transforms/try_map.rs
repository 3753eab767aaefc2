//! `try_map`: makes each record into another, by something that can fail.

use crate::element::{Batch, Item};
use crate::error::{ErrorKind, Origin, Result};
use crate::graph::Description;
use crate::operator::{Nothing, Operator, Outputs, Rejected, StageContext};
use crate::stream::{NewStage, Stream};
use serde::Serialize;
use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;

/// Makes records one by one; those that fail go the way of the pipeline's error policy.
pub(crate) struct TryMap<T, R, F> {
    make: Arc<F>,
    records: PhantomData<fn(T) -> R>,
}

impl<T, R, F> TryMap<T, R, F> {
    pub(crate) fn new(make: Arc<F>) -> Self {
        Self { make, records: PhantomData }
    }
}

impl<T, U, E, F> Operator for TryMap<T, Result<U, E>, F>
where
    T: Serialize + Send + 'static,
    U: Send + 'static,
    E: Display + 'static,
    F: Fn(&T) -> Result<U, E> + Send + Sync + 'static,
{
    type In = T;
    type Out = U;
    type Side = Nothing;

    fn on_batch(
        &mut self,
        mut batch: Batch<T>,
        out: &mut Outputs<U, Nothing>,
        cx: &mut StageContext<'_>,
    ) -> Result<()> {
        let (split, timed) = (batch.split(), batch.is_timed());
        let mut made: Batch<U> = batch.empty_like();
        for Item { value, time, mark, offset } in batch.drain() {
            match (self.make)(&value) {
                Ok(value) => made.push_item(Item { value, time, mark, offset }, timed),
                Err(error) => {
                    let (kind, reason) = (ErrorKind::User, error.to_string());
                    cx.reject(Rejected { kind, reason, attempts: 1, split, offset, original: || as_json(&value) })?;
                }
            }
        }
        cx.passed(made.len());
        out.main.batch(made);
        Ok(())
    }
}

impl<T: Serialize + Send + 'static> Stream<T> {
    /// Makes each record into another, by something that can fail. What fails goes the way of the pipeline's error policy:
    /// it ends the job, is left out and counted, or goes to the dead letters as JSON.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("numbers");
    /// pipeline.on_error(OnError::Skip);
    /// pipeline.source(sources::iter(["1", "two", "3"])).try_map(|text| text.parse::<i64>()).sink(sink);
    /// let report = pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [1, 3]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    pub fn try_map<U, E>(self, make: impl Fn(&T) -> Result<U, E> + Send + Sync + 'static) -> Stream<U>
    where
        U: Send + 'static,
        E: Display + 'static,
    {
        let description = Description::opaque("`try_map` runs in this process only: write `map` or `filter_map`");
        let (stage, make) = (NewStage::new("try_map", Origin::here(), description), Arc::new(make));
        self.attach(stage, move |_| TryMap::new(Arc::clone(&make)))
    }
}

/// The record as it goes to the dead letters. What JSON cannot hold (a map whose keys are no text) is said in its place.
pub(super) fn as_json<T: Serialize>(record: &T) -> Vec<u8> {
    serde_json::to_vec(record)
        .unwrap_or_else(|error| format!("the record cannot be written as JSON: {error}").into_bytes())
}
