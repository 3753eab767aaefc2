//! `sinks::from_sink`: any `futures::Sink`.

use crate::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter, WriteBatch};
use crate::error::{Error, ErrorKind, Result};
use async_trait::async_trait;
use futures::SinkExt;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;

/// Writes rows to any [`futures::Sink`], flushes it when nothing more is ready, and closes it when the job has ended well.
///
/// # Delivery
/// At least once, if the sink's own flush returns only when its rows have arrived.
///
/// # Errors
/// The first error of the sink ends the job.
///
/// ```
/// use flow::prelude::*;
/// use futures::StreamExt;
/// let (send, receive) = futures::channel::mpsc::channel(10);
/// let pipeline = Pipeline::new("out");
/// pipeline.source(sources::iter(0..3)).sink(sinks::from_sink(send));
/// pipeline.run_blocking()?;
/// let rows: Vec<i32> = futures::executor::block_on(receive.collect());
/// assert_eq!(rows, [0, 1, 2]);
/// # Ok::<(), flow::Error>(())
/// ```
pub fn from_sink<T, S>(sink: S) -> FuturesSink<T, S>
where
    S: futures::Sink<T> + Send + 'static,
    S::Error: fmt::Display,
    T: Send + 'static,
{
    FuturesSink { sink: Some(Box::pin(sink)), rows: PhantomData }
}

/// Made by [`from_sink()`].
pub struct FuturesSink<T, S> {
    sink: Option<Pin<Box<S>>>,
    rows: PhantomData<fn(T)>,
}

impl<T, S> fmt::Debug for FuturesSink<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sinks::from_sink")
    }
}

#[async_trait]
impl<T, S> Sink for FuturesSink<T, S>
where
    S: futures::Sink<T> + Send + 'static,
    S::Error: fmt::Display,
    T: Send + 'static,
{
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("from_sink", "write to a file or a topic, which other engines can write too")
    }

    fn delivery(&self) -> Delivery {
        Delivery::AtLeastOnce
    }

    async fn open(&mut self, _: &SinkContext) -> Result<Box<dyn SinkWriter<T>>> {
        let sink = self.sink.take();
        let sink = sink.ok_or_else(|| Error::new(ErrorKind::Definition, "the sink `from_sink` is opened twice"))?;
        Ok(Box::new(Writer { sink }))
    }
}

struct Writer<S> {
    sink: Pin<Box<S>>,
}

fn failed(error: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Io, error.to_string())
}

#[async_trait]
impl<T, S> SinkWriter<T> for Writer<S>
where
    S: futures::Sink<T> + Send,
    S::Error: fmt::Display,
    T: Send + 'static,
{
    async fn write(&mut self, batch: &mut WriteBatch<T>) -> Result<()> {
        for row in batch.rows.drain(..) {
            self.sink.feed(row).await.map_err(failed)?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        self.sink.flush().await.map_err(failed)
    }

    async fn close(&mut self) -> Result<()> {
        self.sink.close().await.map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::probe;
    use futures::StreamExt;

    #[tokio::test]
    async fn rows_arrive_and_the_sink_is_closed() {
        let (send, receive) = futures::channel::mpsc::channel(1);
        // Another sender keeps the channel open but for the close.
        let _other = send.clone();
        let writing = probe::write_all(from_sink(send), vec![vec![1, 2], vec![], vec![3]]);
        let (written, rows) = futures::join!(writing, receive.take(3).collect::<Vec<_>>());
        written.unwrap();
        assert_eq!(rows, [1, 2, 3]);
    }

    #[tokio::test]
    async fn an_error_of_the_sink_ends_the_job() {
        let (send, receive) = futures::channel::mpsc::channel(1);
        drop(receive);
        let error = probe::write_all(from_sink(send), vec![vec![1]]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
    }
}
