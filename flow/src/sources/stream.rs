//! `sources::stream`: what a `futures::Stream` gives.

use super::single;
use crate::connector::{
    Endpoint, Position, ReadBuffer, ReadState, Source, SourceContext, SourceReader, Split, SplitStart,
};
use crate::error::Result;
use async_trait::async_trait;
use futures::Stream;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// Reads what any [`futures::Stream`] gives; its end is the end of the source.
///
/// A batch is what the stream has ready: a record never waits for the next one.
///
/// # Delivery
/// At most once over a restart: a stream's records are gone once they were taken, so a run that is restored takes what its new
/// stream gives and skips nothing. (Records that can be had again: [`iter`](super::iter()).)
///
/// # Errors
/// None of its own; a panic in the stream ends the job.
///
/// ```
/// use flow::prelude::*;
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("copy");
/// pipeline.source(sources::stream(futures::stream::iter(["a", "b"]))).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!(rows.take(), ["a", "b"]);
/// # Ok::<(), flow::Error>(())
/// ```
pub fn stream<S>(records: S) -> StreamSource<S>
where
    S: Stream + Send + 'static,
    S::Item: Send + 'static,
{
    StreamSource { bounded: records.size_hint().1.is_some(), records: Some(Box::pin(records)) }
}

/// Made by [`stream()`].
pub struct StreamSource<S> {
    records: Option<Pin<Box<S>>>,
    bounded: bool,
}

impl<S> StreamSource<S> {
    /// Says that the stream ends by itself. Without it, a stream is taken for one that does if it knows how many records it has.
    #[must_use]
    pub fn finite(self) -> Self {
        Self { bounded: true, ..self }
    }
}

impl<S> fmt::Debug for StreamSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sources::stream")
    }
}

#[async_trait]
impl<S> Source for StreamSource<S>
where
    S: Stream + Send + 'static,
    S::Item: Send + 'static,
{
    type Item = S::Item;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("stream", "read from a file or a topic, which other engines can read too")
    }

    fn bounded(&self) -> bool {
        self.bounded
    }

    fn replays(&self) -> bool {
        false
    }

    async fn splits(&mut self, _: &SourceContext) -> Result<Vec<Split>> {
        Ok(single::splits("stream"))
    }

    async fn open(&mut self, splits: Vec<SplitStart>, _: &SourceContext) -> Result<Box<dyn SourceReader<S::Item>>> {
        single::open("stream", &mut self.records, &splits, |records, read| Box::new(Reader { records, read }))
    }
}

struct Reader<S> {
    records: Pin<Box<S>>,
    read: u64,
}

#[async_trait]
impl<S> SourceReader<S::Item> for Reader<S>
where
    S: Stream + Send,
    S::Item: Send + 'static,
{
    async fn read(&mut self, into: &mut ReadBuffer<S::Item>) -> Result<ReadState> {
        let Self { records, read } = self;
        // What is taken out of the stream goes into the buffer in the same poll, so nothing is lost when this is dropped.
        let state = poll_fn(|cx| {
            while !into.is_full() {
                match records.as_mut().poll_next(cx) {
                    Poll::Ready(Some(record)) => {
                        into.push_at(record, *read);
                        *read += 1;
                    }
                    Poll::Ready(None) => return Poll::Ready(ReadState::Finished),
                    Poll::Pending if into.is_empty() => return Poll::Pending,
                    Poll::Pending => break,
                }
            }
            Poll::Ready(ReadState::More)
        });
        Ok(state.await)
    }

    fn position(&self, _: usize) -> Result<Position> {
        Position::of(&self.read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::probe;
    use futures::{FutureExt, StreamExt};

    #[tokio::test]
    async fn reads_all_and_ends() {
        let read = probe::read_all(stream(futures::stream::iter(0..10)), 3).await.unwrap();
        assert_eq!(read.rows, Vec::from_iter(0..10));
    }

    #[tokio::test]
    async fn hands_on_what_is_ready_and_loses_nothing_when_dropped() {
        let (mut send, receive) = futures::channel::mpsc::channel(10);
        let mut source = stream(receive);
        assert!(!source.bounded());
        assert!(stream(futures::stream::pending::<i32>()).finite().bounded());
        let mut reader = probe::open(&mut source, &probe::source_context(3), None).await.unwrap();
        let mut buffer = ReadBuffer::new(3, false);
        assert!(reader.read(&mut buffer).now_or_never().is_none());
        for record in 0..4 {
            send.try_send(record).unwrap();
        }
        drop(send);
        assert_eq!(reader.read(&mut buffer).await.unwrap(), ReadState::More);
        assert_eq!(buffer.room(), 0);
        let rest = probe::read_rest(&mut *reader, 3).await.unwrap();
        assert_eq!(rest.rows, [3]);
    }

    #[tokio::test]
    async fn a_new_stream_is_read_from_its_start() {
        let at = Position::of(&5_u64).unwrap();
        let rest = probe::read_from(stream(futures::stream::iter(0..3).map(|x| x * 2)), 3, at).await.unwrap();
        assert_eq!(rest.rows, [0, 2, 4]);
    }
}
