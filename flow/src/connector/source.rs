//! The contract of a source.

use super::buffer::ReadBuffer;
use super::describe::Endpoint;
use super::gauge::Gauges;
use super::with_metadata::WithMetadata;
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
    /// channel, whose records are gone once they are taken, does not: a job over it may lose rows when it is run again, and
    /// [`Report::delivery`](crate::Report::delivery) says so.
    fn replays(&self) -> bool {
        true
    }

    /// Whether it keeps positions itself, so that [`SourceReader::commit`] does something: then a job sends barriers for it
    /// every second, and waits with its last commit until all sinks have ended.
    fn keeps_positions(&self) -> bool {
        false
    }

    /// The place that its readers keep their positions in, if that takes the positions of all of them in one step.
    ///
    /// A job that commits at its end ([`Commits::AtEnd`]) then has one reader commit for all of this source, and of every other source that names
    /// the same place, with [`SourceReader::commit_all`]: either all positions are kept, or none. If each reader committed its own, a process that
    /// is killed in between would leave some partitions behind, and the next run would give windows of these alone. `None`: each does.
    fn commits_together(&self) -> Option<String> {
        None
    }

    /// Its partitions, called once before any reader is opened.
    ///
    /// # Errors
    /// When the place cannot be reached, or is not there.
    ///
    /// # Cancel safety
    /// Dropped when the program gives up [`Pipeline::start`](crate::Pipeline::start); the source is then dropped too.
    async fn splits(&mut self, cx: &SourceContext) -> Result<Vec<Split>>;

    /// Opens a reader of some of its partitions, once per task.
    ///
    /// # Errors
    /// When a partition cannot be opened, or a position does not fit.
    ///
    /// # Cancel safety
    /// Dropped when the program gives up [`Pipeline::start`](crate::Pipeline::start); the source is then dropped too.
    async fn open(&mut self, splits: Vec<SplitStart>, cx: &SourceContext) -> Result<Box<dyn SourceReader<Self::Item>>>;

    /// The same source with records that come with what it knows of them beside: where they were read, their key and headers.
    /// Without it nothing of that is kept.
    ///
    /// A pipeline over it runs in this process only.
    ///
    /// # Delivery
    /// As the source itself.
    ///
    /// # Errors
    /// None of its own.
    ///
    /// ```
    /// use flow::prelude::*;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("words.txt");
    /// # std::fs::write(&path, "one\ntwo\nthree\n")?;
    /// let (rows, sink) = sinks::collect();
    /// let long = pipeline! {
    ///     name = "long-words";
    ///     source::<Message<String>>(sources::files(&path).lines().with_metadata())
    ///         -> filter(|m| m.value.chars().count() > 3)
    ///         -> map(|m| format!("line {:?} of {}: {}", m.metadata.offset, m.metadata.topic, m.value))
    ///         -> sink(sink);
    /// };
    /// long.run_blocking()?;
    /// assert_eq!(rows.take(), [format!("line Some(3) of {}: three", path.display())]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    fn with_metadata(self) -> WithMetadata<Self>
    where
        Self: Sized,
    {
        WithMetadata(self)
    }
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

    /// All records before these positions have had their effects in every sink, and none is held in state. [`Commits`] says when
    /// it is called.
    ///
    /// # Errors
    /// When the place that the positions are kept in refuses them.
    ///
    /// # Cancel safety
    /// May be dropped when the job is cancelled, and is not called again: whether the positions were kept is then left open, and
    /// a new run reads again from the last ones that were.
    async fn commit(&mut self, positions: &[(usize, Position)]) -> Result<()> {
        let _ = positions;
        Ok(())
    }

    /// The same for all partitions of all readers that keep their positions where this one does, other sources' among them: all are kept in
    /// one step, or none. Called at the end of a job, on one reader for each place that [`Source::commits_together`] names; a partition
    /// that two sources read is there twice.
    ///
    /// # Errors
    /// When the place that the positions are kept in refuses them, or the source has no such place.
    ///
    /// # Cancel safety
    /// As [`commit`](Self::commit).
    async fn commit_all(&mut self, positions: &[(Split, Position)]) -> Result<()> {
        let _ = positions;
        Err(Error::new(ErrorKind::Definition, "positions cannot be committed in one step")
            .help("a source that `commits_together` has readers with `commit_all`"))
    }

    /// Nothing will be read any more: called once, when all was read, or after `stop` and `drain`. A job that fails or is
    /// cancelled drops the reader without it.
    ///
    /// # Errors
    /// When something that was held open does not close well.
    ///
    /// # Cancel safety
    /// May be dropped when the job is cancelled, and is not called again.
    async fn close(&mut self) -> Result<()> {
        Ok(())
    }
}

/// When a job commits the positions that its sources have come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Commits {
    /// Again and again while it runs, and at its end: no stage of the pipeline holds records back, and a row is out when its sink has
    /// flushed it. A source may ask for it, too, with [`ReadBuffer::commit_soon`].
    AsItGoes,
    /// At its end, and only if nothing is left in windows, joins or other state: when all was read, or after `drain`. A source that
    /// shared its partitions with other processes would have each of them give a part of a window's rows. All positions are committed in one
    /// step where the source can do so ([`Source::commits_together`]); sources that keep them in different places commit one after another,
    /// and a job that holds state says so in its log when it starts.
    AtEnd,
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
    /// What it is a partition of, for [`Metadata`](super::Metadata): a topic; otherwise its name.
    pub topic: Arc<str>,
    /// Its number in that.
    pub number: u32,
}

impl Split {
    /// A partition of that name, which is one of its kind.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        let name = name.into();
        Self { topic: Arc::clone(&name), name, number: 0 }
    }

    /// A topic's partition of that number, with the name `topic/number`.
    #[must_use]
    pub fn of_topic(topic: impl Into<Arc<str>>, number: u32) -> Self {
        let topic = topic.into();
        Self { name: format!("{topic}/{number}").into(), topic, number }
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
    /// When [`SourceReader::commit`] is called.
    pub commits: Commits,
    /// What the source shows of itself.
    pub gauges: Gauges,
    /// Processing time.
    pub clock: Clock,
    /// Runs a blocking call away from the tasks.
    pub blocking: crate::connector::Blocking,
}
