//! `sources::channel`: records that a program sends in.

use super::single;
use crate::connector::{
    Endpoint, Position, ReadBuffer, ReadState, Source, SourceContext, SourceReader, Split, SplitStart,
};
use crate::error::Result;
use async_trait::async_trait;
use std::fmt;
use tokio::sync::mpsc;

/// A source that a program sends records into, through a handle. The channel holds `capacity` records: when the pipeline cannot
/// keep up, [`send`](ChannelHandle::send) waits. The source ends when every handle was dropped.
///
/// # Delivery
/// At most once over a restart: records in the channel, and those that were under way when a job failed, are gone. A handle learns
/// of the job's end by its next `send`.
///
/// # Errors
/// None of its own.
///
/// # Panics
/// When `capacity` is 0.
///
/// ```
/// use flow::prelude::*;
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let (handle, source) = sources::channel(100);
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("fed");
/// pipeline.source(source).map(|n| n + 1).sink(sink);
/// let job = pipeline.start().await?;
/// for n in 0..3 {
///     handle.send(n).await.expect("the job reads until the handle is dropped");
/// }
/// drop(handle);
/// job.wait().await?;
/// assert_eq!(rows.take(), [1, 2, 3]);
/// # Ok::<(), flow::Error>(())
/// # })?;
/// # Ok::<(), flow::Error>(())
/// ```
#[must_use]
pub fn channel<T: Send + 'static>(capacity: usize) -> (ChannelHandle<T>, ChannelSource<T>) {
    assert!(capacity > 0, "a channel holds at least one record");
    let (send, receive) = mpsc::channel(capacity);
    (ChannelHandle { send }, ChannelSource { receive: Some(receive) })
}

/// Sends records into a pipeline; made by [`channel()`]. Clones send into the same source.
pub struct ChannelHandle<T> {
    send: mpsc::Sender<T>,
}

/// The pipeline has ended: the record that it did not take.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the pipeline reads no more from this channel")]
pub struct SendError<T>(pub T);

/// Why a record could not be sent at once, and the record.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrySendError<T> {
    /// The channel is full.
    #[error("the channel is full")]
    Full(T),
    /// The pipeline has ended.
    #[error("the pipeline reads no more from this channel")]
    Closed(T),
}

impl<T> TrySendError<T> {
    /// The record that was not sent.
    #[must_use]
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(record) | Self::Closed(record) => record,
        }
    }
}

// By hand, so that an error of records that cannot be printed can be.
impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::Closed(_) => "Closed(..)",
        })
    }
}

impl<T> ChannelHandle<T> {
    /// Sends a record; waits while the channel is full.
    ///
    /// # Errors
    /// When the pipeline has ended; the error holds the record.
    ///
    /// # Cancel safety
    /// When dropped before it is ready, the record was not sent and is lost.
    pub async fn send(&self, record: T) -> Result<(), SendError<T>> {
        self.send.send(record).await.map_err(|error| SendError(error.0))
    }

    /// Sends a record if there is room.
    ///
    /// # Errors
    /// When the channel is full or the pipeline has ended; the error holds the record.
    pub fn try_send(&self, record: T) -> Result<(), TrySendError<T>> {
        self.send.try_send(record).map_err(|error| match error {
            mpsc::error::TrySendError::Full(record) => TrySendError::Full(record),
            mpsc::error::TrySendError::Closed(record) => TrySendError::Closed(record),
        })
    }

    /// Sends a record from a thread that may wait.
    ///
    /// # Errors
    /// When the pipeline has ended; the error holds the record.
    ///
    /// # Panics
    /// When called from an async task.
    pub fn blocking_send(&self, record: T) -> Result<(), SendError<T>> {
        self.send.blocking_send(record).map_err(|error| SendError(error.0))
    }

    /// Whether the pipeline has ended, or was dropped.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.send.is_closed()
    }

    /// How many records there is room for now.
    #[must_use]
    pub fn room(&self) -> usize {
        self.send.capacity()
    }
}

impl<T> Clone for ChannelHandle<T> {
    fn clone(&self) -> Self {
        Self { send: self.send.clone() }
    }
}

impl<T> fmt::Debug for ChannelHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelHandle").field("room", &self.send.capacity()).finish_non_exhaustive()
    }
}

/// Made by [`channel()`].
pub struct ChannelSource<T> {
    receive: Option<mpsc::Receiver<T>>,
}

impl<T> fmt::Debug for ChannelSource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sources::channel")
    }
}

#[async_trait]
impl<T: Send + 'static> Source for ChannelSource<T> {
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("channel", "read from a file or a topic, which other engines can read too")
    }

    fn bounded(&self) -> bool {
        false
    }

    fn replays(&self) -> bool {
        false
    }

    async fn splits(&mut self, _: &SourceContext) -> Result<Vec<Split>> {
        Ok(single::splits("channel"))
    }

    async fn open(&mut self, splits: Vec<SplitStart>, _: &SourceContext) -> Result<Box<dyn SourceReader<T>>> {
        single::open("channel", &mut self.receive, &splits, |receive, read| Box::new(Reader { receive, read }))
    }
}

struct Reader<T> {
    receive: mpsc::Receiver<T>,
    read: u64,
}

#[async_trait]
impl<T: Send + 'static> SourceReader<T> for Reader<T> {
    async fn read(&mut self, into: &mut ReadBuffer<T>) -> Result<ReadState> {
        let mut rows = Vec::with_capacity(into.room().min(self.receive.len()));
        // Takes nothing when it is dropped.
        let taken = self.receive.recv_many(&mut rows, into.room().max(1)).await;
        into.extend_at(rows, self.read);
        self.read += taken as u64;
        Ok(if taken == 0 { ReadState::Finished } else { ReadState::More })
    }

    fn position(&self, _: usize) -> Result<Position> {
        Position::of(&self.read)
    }

    async fn close(&mut self) -> Result<()> {
        self.receive.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::probe;
    use futures::FutureExt;

    #[tokio::test]
    async fn what_is_sent_is_read_until_all_handles_are_dropped() {
        let (handle, source) = channel(2);
        let other = handle.clone();
        let sending = async move {
            for record in 0..50 {
                handle.send(record).await.unwrap();
            }
            other.send(50).await.unwrap();
        };
        let (read, ()) = futures::join!(probe::read_all(source, 3), sending);
        assert_eq!(read.unwrap().rows, Vec::from_iter(0..=50));
    }

    #[tokio::test]
    async fn a_full_channel_makes_the_sender_wait() {
        let (handle, mut source) = channel(1);
        let mut reader = probe::open(&mut source, &probe::source_context(3), None).await.unwrap();
        handle.try_send(1).unwrap();
        assert!(matches!(handle.try_send(2), Err(TrySendError::Full(2))));
        assert!(handle.send(2).now_or_never().is_none());
        let mut buffer = ReadBuffer::new(3, false);
        assert_eq!(reader.read(&mut buffer).await.unwrap(), ReadState::More);
        assert!(reader.read(&mut buffer).now_or_never().is_none());
        handle.try_send(2).unwrap();
        reader.close().await.unwrap();
        assert!(handle.is_closed());
        assert_eq!(handle.send(3).await.unwrap_err().0, 3);
    }
}
