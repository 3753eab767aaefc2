//! The contract of a source.

use super::buffer::ReadBuffer;
use super::describe::Endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::time::Clock;
use async_trait::async_trait;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A place that records come from.
///
/// A source has partitions, called splits; the engine spreads them over the source's tasks and opens one reader per task.
/// A source that cannot be divided has one split.
///
/// ```
/// use flow::connector::{Endpoint, ReadBuffer, ReadState, Source, SourceContext, SourceReader, Split, SplitStart, Position};
///
/// /// Counts from 0 up to a limit.
/// struct Count(u64);
/// struct Counting { next: u64, limit: u64 }
///
/// #[async_trait::async_trait]
/// impl Source for Count {
///     type Item = u64;
///     fn describe(&self) -> Endpoint { Endpoint::opaque("count", "a source that other engines can read") }
///     fn bounded(&self) -> bool { true }
///     async fn splits(&mut self, _: &SourceContext) -> flow::Result<Vec<Split>> { Ok(vec![Split::new("count")]) }
///     async fn open(&mut self, splits: Vec<SplitStart>, _: &SourceContext) -> flow::Result<Box<dyn SourceReader<u64>>> {
///         let next = match splits.first().and_then(|split| split.position.as_ref()) {
///             Some(position) => position.get()?,
///             None => 0,
///         };
///         Ok(Box::new(Counting { next, limit: self.0 }))
///     }
/// }
///
/// #[async_trait::async_trait]
/// impl SourceReader<u64> for Counting {
///     async fn read(&mut self, into: &mut ReadBuffer<u64>) -> flow::Result<ReadState> {
///         while self.next < self.limit && !into.is_full() {
///             into.push(self.next);
///             self.next += 1;
///         }
///         Ok(if self.next < self.limit { ReadState::More } else { ReadState::Finished })
///     }
///     fn position(&self, _split: usize) -> flow::Result<Position> { Position::of(&self.next) }
/// }
/// ```
#[async_trait]
pub trait Source: Send + 'static {
    /// Its records.
    type Item: Send + 'static;

    /// What the IR says of it.
    fn describe(&self) -> Endpoint;

    /// Whether it ends by itself.
    fn bounded(&self) -> bool;

    /// Whether it gives its records event times and sets watermarks itself, so that no watermark stage is needed.
    fn timed(&self) -> bool {
        false
    }

    /// Whether a reader that is opened at a position reads the same records again that stood behind it. A file does; a
    /// channel, whose records are gone once they are taken, does not, and a job over it may lose rows when it is run again.
    fn replays(&self) -> bool {
        true
    }

    /// Its partitions, called once before any reader is opened.
    ///
    /// # Errors
    /// When the place cannot be reached, or is not there.
    async fn splits(&mut self, cx: &SourceContext) -> Result<Vec<Split>>;

    /// Opens a reader of some of its partitions, once per task.
    ///
    /// # Errors
    /// When a partition cannot be opened, or a position does not fit.
    async fn open(&mut self, splits: Vec<SplitStart>, cx: &SourceContext) -> Result<Box<dyn SourceReader<Self::Item>>>;
}

/// Reads some partitions of a source, in one task.
#[async_trait]
pub trait SourceReader<T: Send + 'static>: Send {
    /// Waits until there is something to read, then puts what is there into the buffer, until that is full or nothing more is
    /// ready. A buffer takes records of one partition at a time: see [`ReadBuffer::select`]. Records that cannot be decoded
    /// are put there too, with [`ReadBuffer::malformed`].
    ///
    /// # Errors
    /// When reading fails; that ends the job. A record that cannot be decoded is no such error.
    ///
    /// # Cancel safety
    /// Must be cancel safe: what is not in the buffer when the future is dropped is read again by the next call.
    async fn read(&mut self, into: &mut ReadBuffer<T>) -> Result<ReadState>;

    /// Where reading goes on after all records that were put into buffers, for the split of this number (among those that
    /// the reader was opened with).
    ///
    /// # Errors
    /// When the position cannot be written.
    fn position(&self, split: usize) -> Result<Position>;

    /// All records before these positions have had their effects in every sink, and none is held in state.
    ///
    /// # Errors
    /// When the place that the positions are kept in refuses them.
    async fn commit(&mut self, positions: &[(usize, Position)]) -> Result<()> {
        let _ = positions;
        Ok(())
    }

    /// Nothing will be read any more.
    ///
    /// # Errors
    /// When something that was held open does not close well.
    async fn close(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What a reader says after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadState {
    /// There is, or will be, more.
    More,
    /// All of its partitions have been read to the end.
    Finished,
}

/// A partition of a source: what is read in order, by one task, with a watermark of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Its name for people, unique in the source: a path, a topic and number. Positions are stored under it.
    pub name: Arc<str>,
}

impl Split {
    /// A partition of that name.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into() }
    }
}

/// A partition that a reader is to read, and from where.
#[derive(Clone, Debug)]
pub struct SplitStart {
    /// The partition.
    pub split: Split,
    /// Where to go on; from the source's own beginning if there is none.
    pub position: Option<Position>,
}

/// Where in a partition reading goes on: whatever the source needs to know for that.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position(Vec<u8>);

impl Position {
    /// A position made of a value.
    ///
    /// # Errors
    /// When the value refuses to be serialised.
    pub fn of<T: Serialize>(value: &T) -> Result<Self> {
        postcard::to_stdvec(value)
            .map(Self)
            .map_err(|error| Error::new(ErrorKind::Snapshot, format!("a position cannot be written: {error}")))
    }

    /// The value that it was made of.
    ///
    /// # Errors
    /// When it was made of another type.
    pub fn get<T: DeserializeOwned>(&self) -> Result<T> {
        postcard::from_bytes(&self.0).map_err(|error| {
            Error::new(ErrorKind::Snapshot, format!("a position cannot be read: {error}"))
                .help("the snapshot is of another source")
        })
    }
}

/// What a source is told when it is opened.
#[derive(Clone, Debug)]
pub struct SourceContext {
    /// The stage's name.
    pub stage: Arc<str>,
    /// The pipeline's name.
    pub pipeline: Arc<str>,
    /// Which task this is, of how many.
    pub task: usize,
    /// How many tasks read this source.
    pub tasks: usize,
    /// How many records a buffer takes.
    pub batch_size: usize,
    /// Whether some stage of the pipeline holds state.
    pub stateful: bool,
    /// Processing time.
    pub clock: Clock,
    /// Runs a blocking call away from the tasks.
    pub blocking: crate::connector::Blocking,
}
