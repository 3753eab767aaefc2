//! `sources::iter` and `sources::vec`: what an iterator gives.

use super::single;
use crate::connector::{
    Endpoint, Position, ReadBuffer, ReadState, Source, SourceContext, SourceReader, Split, SplitStart,
};
use crate::error::Result;
use async_trait::async_trait;
use std::fmt;

/// Reads what an iterator gives, on the task of the source: an iterator that waits for something stops that task's other work,
/// so use [`stream`](super::stream()) or [`channel`](super::channel()) for one that does.
///
/// # Delivery
/// A restored run skips as many records as were read before: it is right when the iterator gives the same again.
///
/// # Errors
/// None of its own; a panic in the iterator ends the job.
///
/// ```
/// use flow::prelude::*;
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("squares");
/// pipeline.source(sources::iter(1..=3)).map(|n| n * n).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!(rows.take(), [1, 4, 9]);
/// # Ok::<(), flow::Error>(())
/// ```
pub fn iter<I>(records: I) -> IterSource<I::IntoIter>
where
    I: IntoIterator,
    I::IntoIter: Send + 'static,
    I::Item: Send + 'static,
{
    let records = records.into_iter();
    // What an iterator without end says of itself, as `0..` and `repeat` do.
    let bounded = records.size_hint() != (usize::MAX, None);
    IterSource { records: Some(records), bounded }
}

/// Reads the records of a vector, in order. (To hand whole vectors on without moving each record, see
/// [`batches`](super::batches()).)
///
/// # Delivery
/// As [`iter()`]: a restored run skips what was read.
///
/// # Errors
/// None.
///
/// ```
/// use flow::prelude::*;
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("upper");
/// pipeline.source(sources::vec(vec!["a", "b"])).map(str::to_uppercase).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!(rows.take(), ["A", "B"]);
/// # Ok::<(), flow::Error>(())
/// ```
pub fn vec<T: Send + 'static>(records: Vec<T>) -> IterSource<std::vec::IntoIter<T>> {
    iter(records)
}

/// Made by [`iter()`] and [`vec()`].
pub struct IterSource<I> {
    records: Option<I>,
    bounded: bool,
}

impl<I> fmt::Debug for IterSource<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sources::iter")
    }
}

#[async_trait]
impl<I> Source for IterSource<I>
where
    I: Iterator + Send + 'static,
    I::Item: Send + 'static,
{
    type Item = I::Item;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("iter", "read from a file or a topic, which other engines can read too")
    }

    fn bounded(&self) -> bool {
        self.bounded
    }

    async fn splits(&mut self, _: &SourceContext) -> Result<Vec<Split>> {
        Ok(single::splits("iter"))
    }

    async fn open(&mut self, splits: Vec<SplitStart>, _: &SourceContext) -> Result<Box<dyn SourceReader<I::Item>>> {
        single::open("iter", &mut self.records, &splits, |records, read| Box::new(Reader { records, read, skip: read }))
    }
}

struct Reader<I> {
    records: I,
    read: u64,
    /// How many records a run before this one has read.
    skip: u64,
}

#[async_trait]
impl<I> SourceReader<I::Item> for Reader<I>
where
    I: Iterator + Send,
    I::Item: Send + 'static,
{
    async fn read(&mut self, into: &mut ReadBuffer<I::Item>) -> Result<ReadState> {
        while self.skip > 0 {
            let step = usize::try_from(self.skip).unwrap_or(usize::MAX);
            self.skip -= step as u64;
            if self.records.nth(step - 1).is_none() {
                return Ok(ReadState::Finished);
            }
        }
        let rows: Vec<_> = self.records.by_ref().take(into.room()).collect();
        let (first, ended) = (self.read, rows.len() < into.room());
        self.read += rows.len() as u64;
        into.extend_at(rows, first);
        Ok(if ended { ReadState::Finished } else { ReadState::More })
    }

    fn position(&self, _: usize) -> Result<Position> {
        Position::of(&self.read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::probe;

    #[tokio::test]
    async fn reads_all_in_order() {
        for batch_size in [1, 2, 3, 10, 11] {
            let read = probe::read_all(iter(0..10), batch_size).await.unwrap();
            assert_eq!(read.rows, Vec::from_iter(0..10));
        }
    }

    #[tokio::test]
    async fn a_restored_reader_reads_the_rest() {
        for batch_size in [1, 3, 10, 100] {
            probe::check_restore(|| vec((0..10).collect::<Vec<i64>>()), batch_size).await;
        }
    }

    #[tokio::test]
    async fn a_shorter_iterator_than_before_is_at_its_end() {
        let at = Position::of(&20_u64).unwrap();
        assert!(probe::read_from(iter(0..10), 4, at).await.unwrap().rows.is_empty());
    }

    #[tokio::test]
    async fn opened_again_it_refuses() {
        let (mut source, cx) = (iter(0..10), probe::source_context(4));
        assert!(probe::open(&mut source, &cx, None).await.is_ok());
        let again = probe::open(&mut source, &cx, None).await.err().unwrap();
        assert_eq!(
            again.to_string(),
            "wrong definition: the source `iter` is opened twice (make a new one for each run)"
        );
    }
}
