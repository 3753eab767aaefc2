//! `sinks::channel`: rows that a program takes out as they come.

use crate::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter, WriteBatch};
use crate::error::{Error, ErrorKind, Result};
use async_trait::async_trait;
use futures::Stream;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Hands rows to the program, which takes them out of the receiver. The channel holds `capacity` rows: when it is full the pipeline
/// waits.
///
/// # Delivery
/// At most once: nobody waits for the program to take a row out, and what is in the channel when the process ends is lost.
///
/// # Errors
/// The job fails when the receiver is dropped before it ends.
///
/// # Panics
/// When `capacity` is 0.
///
/// ```
/// use flow::prelude::*;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let (mut rows, sink) = sinks::channel(100);
/// let pipeline = Pipeline::new("squares");
/// pipeline.source(sources::iter(1..=3)).map(|n| n * n).sink(sink);
/// let job = pipeline.start().await?;
/// let mut sum = 0;
/// while let Some(row) = rows.recv().await {
///     sum += row;
/// }
/// assert_eq!(sum, 1 + 4 + 9);
/// job.wait().await?;
/// # Ok::<(), flow::Error>(())
/// # })?;
/// # Ok::<(), flow::Error>(())
/// ```
#[must_use]
pub fn channel<T: Send + 'static>(capacity: usize) -> (ChannelReceiver<T>, ChannelSink<T>) {
    assert!(capacity > 0, "a channel holds at least one row");
    let (send, receive) = mpsc::channel(capacity);
    (ChannelReceiver { receive }, ChannelSink { send: Some(send) })
}

/// Takes the rows out of a [`channel()`] sink; also a [`futures::Stream`] of them. It ends when the job does.
pub struct ChannelReceiver<T> {
    receive: mpsc::Receiver<T>,
}

impl<T> ChannelReceiver<T> {
    /// The next row; `None` when the job has ended and all rows were taken.
    ///
    /// # Cancel safety
    /// Takes no row when it is dropped.
    pub async fn recv(&mut self) -> Option<T> {
        self.receive.recv().await
    }

    /// The next row, if there is one now.
    pub fn try_recv(&mut self) -> Option<T> {
        self.receive.try_recv().ok()
    }

    /// The next row, in a thread that may wait.
    ///
    /// # Panics
    /// When called from an async task.
    pub fn blocking_recv(&mut self) -> Option<T> {
        self.receive.blocking_recv()
    }

    /// How many rows wait to be taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.receive.len()
    }

    /// Whether none does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.receive.is_empty()
    }
}

impl<T> Stream for ChannelReceiver<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.receive.poll_recv(cx)
    }
}

impl<T> fmt::Debug for ChannelReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelReceiver").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// Made by [`channel()`].
pub struct ChannelSink<T> {
    /// Given to the writer, so that the receiver ends with it.
    send: Option<mpsc::Sender<T>>,
}

impl<T> fmt::Debug for ChannelSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sinks::channel")
    }
}

#[async_trait]
impl<T: Send + 'static> Sink for ChannelSink<T> {
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("channel", "write to a file or a topic, which other engines can write too")
    }

    fn delivery(&self) -> Delivery {
        Delivery::AtMostOnce
    }

    async fn open(&mut self, _: &SinkContext) -> Result<Box<dyn SinkWriter<T>>> {
        let send = self.send.take();
        let send = send.ok_or_else(|| Error::new(ErrorKind::Definition, "the sink `channel` is opened twice"))?;
        Ok(Box::new(Writer { send }))
    }
}

struct Writer<T> {
    send: mpsc::Sender<T>,
}

#[async_trait]
impl<T: Send + 'static> SinkWriter<T> for Writer<T> {
    async fn write(&mut self, batch: &mut WriteBatch<T>) -> Result<()> {
        for row in batch.rows.drain(..) {
            self.send.send(row).await.map_err(|_| {
                Error::new(ErrorKind::Io, "the receiver of the sink `channel` was dropped")
                    .help("keep it until the job has ended")
            })?;
        }
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
    use futures::{FutureExt, StreamExt};

    #[tokio::test]
    async fn a_full_channel_makes_the_pipeline_wait() {
        let (receive, sink) = channel(2);
        let mut writer = probe::open_sink(sink).await.unwrap();
        let mut batch = probe::rows(Vec::from_iter(0..5));
        let mut writing = Box::pin(async move { writer.write(&mut batch).await });
        assert!((&mut writing).now_or_never().is_none());
        assert_eq!(receive.len(), 2);
        let (written, rows) = futures::join!(writing, receive.collect::<Vec<_>>());
        written.unwrap();
        assert_eq!(rows, [0, 1, 2, 3, 4]);
    }

    #[tokio::test]
    async fn a_dropped_receiver_fails_the_job() {
        let (receive, sink) = channel(2);
        drop(receive);
        let error = probe::write_all(sink, vec![vec![1]]).await.unwrap_err();
        assert!(error.message().contains("receiver"), "{error}");
    }
}
