//! `sources::batches`: whole vectors, handed on as they are.

use super::single;
use crate::connector::{
    Endpoint, Position, ReadBuffer, ReadState, Source, SourceContext, SourceReader, Split, SplitStart,
};
use crate::error::Result;
use async_trait::async_trait;
use std::fmt;

/// Reads vectors of records and hands each on as one batch, whatever its length, without touching its records.
///
/// The engine's batches hold [`BATCH_SIZE`](crate::element::BATCH_SIZE) records; vectors of about that length work best.
///
/// # Delivery
/// A restored run skips as many records as were read before: it is right when the iterator gives the same records again, in
/// vectors of any length.
///
/// # Errors
/// None of its own; a panic in the iterator ends the job.
///
/// ```
/// use flow::prelude::*;
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("copy");
/// pipeline.source(sources::batches([vec![1, 2, 3], vec![4, 5]])).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!(rows.take(), [1, 2, 3, 4, 5]);
/// # Ok::<(), flow::Error>(())
/// ```
pub fn batches<I, T>(batches: I) -> BatchesSource<I::IntoIter>
where
    I: IntoIterator<Item = Vec<T>>,
    I::IntoIter: Send + 'static,
    T: Send + 'static,
{
    let batches = batches.into_iter();
    let bounded = batches.size_hint() != (usize::MAX, None);
    BatchesSource { batches: Some(batches), bounded }
}

/// Made by [`batches()`].
pub struct BatchesSource<I> {
    batches: Option<I>,
    bounded: bool,
}

impl<I> fmt::Debug for BatchesSource<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sources::batches")
    }
}

#[async_trait]
impl<I, T> Source for BatchesSource<I>
where
    I: Iterator<Item = Vec<T>> + Send + 'static,
    T: Send + 'static,
{
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("batches", "read from a file or a topic, which other engines can read too")
    }

    fn bounded(&self) -> bool {
        self.bounded
    }

    async fn splits(&mut self, _: &SourceContext) -> Result<Vec<Split>> {
        Ok(single::splits("batches"))
    }

    async fn open(&mut self, splits: Vec<SplitStart>, _: &SourceContext) -> Result<Box<dyn SourceReader<T>>> {
        single::open("batches", &mut self.batches, &splits, |batches, read| {
            Box::new(Reader { batches, read, skip: read })
        })
    }
}

struct Reader<I> {
    batches: I,
    read: u64,
    /// How many records a run before this one has read.
    skip: u64,
}

#[async_trait]
impl<I, T> SourceReader<T> for Reader<I>
where
    I: Iterator<Item = Vec<T>> + Send,
    T: Send + 'static,
{
    async fn read(&mut self, into: &mut ReadBuffer<T>) -> Result<ReadState> {
        while !into.is_full() {
            let Some(mut batch) = self.batches.next() else { return Ok(ReadState::Finished) };
            if self.skip > 0 {
                let known = usize::try_from(self.skip).unwrap_or(usize::MAX).min(batch.len());
                self.skip -= known as u64;
                batch.drain(..known);
            }
            let first = self.read;
            self.read += batch.len() as u64;
            // A vector for each call: the engine can hand it on while the next one is made.
            if !batch.is_empty() {
                into.extend_at(batch, first);
                break;
            }
        }
        Ok(ReadState::More)
    }

    fn position(&self, _: usize) -> Result<Position> {
        Position::of(&self.read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::probe;

    fn of_lengths(lengths: &'static [usize]) -> impl Fn() -> BatchesSource<std::vec::IntoIter<Vec<usize>>> {
        move || {
            let mut next = 0..;
            batches(lengths.iter().map(|&length| next.by_ref().take(length).collect()).collect::<Vec<Vec<usize>>>())
        }
    }

    #[tokio::test]
    async fn vectors_come_out_as_they_went_in() {
        let vectors = [vec![1, 2, 3], vec![4], vec![5, 6]];
        let places: Vec<_> = vectors.iter().map(|vector| vector.as_ptr()).collect();
        let mut source = batches(vectors);
        let mut reader = probe::open(&mut source, &probe::source_context(2), None).await.unwrap();
        for place in places {
            let mut buffer = ReadBuffer::new(2, false);
            assert_eq!(reader.read(&mut buffer).await.unwrap(), ReadState::More);
            let [crate::connector::Event::Records { batch, .. }] = &buffer.take()[..] else { panic!("one batch") };
            assert_eq!(batch.items().as_ptr(), place);
        }
    }

    #[tokio::test]
    async fn a_restored_reader_reads_the_rest() {
        for lengths in [&[3, 0, 1, 4][..], &[], &[0], &[10]] {
            probe::check_restore(of_lengths(lengths), 2).await;
        }
        let at = Position::of(&4_u64).unwrap();
        let rest = probe::read_from(of_lengths(&[3, 3, 3])(), 10, at).await.unwrap();
        assert_eq!(rest.rows, [4, 5, 6, 7, 8]);
    }
}
