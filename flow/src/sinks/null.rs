//! `sinks::null`: rows go nowhere.

use crate::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter, SinkWriters, WriteBatch};
use crate::error::Result;
use async_trait::async_trait;
use std::fmt;
use std::marker::PhantomData;

/// Drops every row: for measuring, and for pipelines that work by what they do on the way.
///
/// # Delivery
/// At most once: no row arrives anywhere.
///
/// # Errors
/// None.
///
/// ```
/// use flow::prelude::*;
/// let pipeline = Pipeline::new("dropped");
/// pipeline.source(sources::iter(0..1000)).sink(sinks::null());
/// let report = pipeline.run_blocking()?;
/// assert_eq!((report.written(), report.delivery), (1000, Delivery::AtMostOnce));
/// # Ok::<(), flow::Error>(())
/// ```
#[must_use]
pub fn null<T: Send + 'static>() -> NullSink<T> {
    NullSink { rows: PhantomData }
}

/// Made by [`null()`].
pub struct NullSink<T> {
    rows: PhantomData<fn(T)>,
}

impl<T> fmt::Debug for NullSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sinks::null")
    }
}

#[async_trait]
impl<T: Send + 'static> Sink for NullSink<T> {
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::described("null")
    }

    fn delivery(&self) -> Delivery {
        Delivery::AtMostOnce
    }

    fn writers(&self) -> SinkWriters {
        SinkWriters::Any
    }

    async fn open(&mut self, _: &SinkContext) -> Result<Box<dyn SinkWriter<T>>> {
        Ok(Box::new(Writer))
    }
}

struct Writer;

#[async_trait]
impl<T: Send + 'static> SinkWriter<T> for Writer {
    async fn write(&mut self, batch: &mut WriteBatch<T>) -> Result<()> {
        batch.rows.clear();
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
    async fn rows_are_dropped() {
        let mut writer = probe::open_sink(null()).await.unwrap();
        let mut batch = probe::rows(vec![1, 2]);
        writer.write(&mut batch).await.unwrap();
        assert!(batch.rows.is_empty());
    }
}
