//! `sinks::collect`: rows kept in memory, for a program that wants them all.

use crate::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter, WriteBatch};
use crate::error::Result;
use async_trait::async_trait;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps all rows in memory, in the order in which they come. The handle reads them while the pipeline runs, and afterwards.
///
/// # Delivery
/// At least once: rows of a job that has failed stay in the handle.
///
/// # Errors
/// None.
///
/// ```
/// use flow::prelude::*;
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("even");
/// pipeline.source(sources::iter(0..6)).filter(|n| n % 2 == 0).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!(rows.take(), [0, 2, 4]);
/// # Ok::<(), flow::Error>(())
/// ```
#[must_use]
pub fn collect<T: Send + 'static>() -> (Collected<T>, CollectSink<T>) {
    let rows = Arc::new(Mutex::new(Vec::new()));
    (Collected { rows: Arc::clone(&rows) }, CollectSink { rows })
}

/// The rows that a [`collect()`] sink has taken. Clones see the same rows.
pub struct Collected<T> {
    rows: Arc<Mutex<Vec<T>>>,
}

impl<T> Collected<T> {
    /// A copy of the rows so far.
    #[must_use]
    pub fn rows(&self) -> Vec<T>
    where
        T: Clone,
    {
        locked(&self.rows).clone()
    }

    /// Takes the rows out.
    #[must_use]
    pub fn take(&self) -> Vec<T> {
        std::mem::take(&mut locked(&self.rows))
    }

    /// How many rows there are so far.
    #[must_use]
    pub fn len(&self) -> usize {
        locked(&self.rows).len()
    }

    /// Whether there is none so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A panic elsewhere leaves whole rows behind: `append` moves them all or none.
fn locked<T>(rows: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    rows.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Clone for Collected<T> {
    fn clone(&self) -> Self {
        Self { rows: Arc::clone(&self.rows) }
    }
}

impl<T> fmt::Debug for Collected<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collected").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// Made by [`collect()`].
pub struct CollectSink<T> {
    rows: Arc<Mutex<Vec<T>>>,
}

impl<T> fmt::Debug for CollectSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sinks::collect")
    }
}

#[async_trait]
impl<T: Send + 'static> Sink for CollectSink<T> {
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("collect", "write to a file or a topic, which other engines can write too")
    }

    fn delivery(&self) -> Delivery {
        Delivery::AtLeastOnce
    }

    async fn open(&mut self, _: &SinkContext) -> Result<Box<dyn SinkWriter<T>>> {
        Ok(Box::new(Writer { rows: Arc::clone(&self.rows) }))
    }
}

struct Writer<T> {
    rows: Arc<Mutex<Vec<T>>>,
}

#[async_trait]
impl<T: Send + 'static> SinkWriter<T> for Writer<T> {
    async fn write(&mut self, batch: &mut WriteBatch<T>) -> Result<()> {
        locked(&self.rows).append(&mut batch.rows);
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::probe;

    #[tokio::test]
    async fn the_handle_reads_what_was_written_during_the_run_and_after() {
        let (rows, sink) = collect();
        let mut writer = probe::open_sink(sink).await.unwrap();
        writer.write(&mut probe::rows(vec![1, 2])).await.unwrap();
        assert_eq!((rows.rows(), rows.len()), (vec![1, 2], 2));
        writer.write(&mut probe::rows(vec![3])).await.unwrap();
        drop(writer);
        assert_eq!(rows.clone().take(), [1, 2, 3]);
        assert!(rows.is_empty());
    }
}
