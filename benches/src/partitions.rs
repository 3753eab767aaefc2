//! A source of several partitions, each of whole batches.

use std::fmt;

use async_trait::async_trait;
use flow::connector::{
    Endpoint, Position, ReadBuffer, ReadState, Source, SourceContext, SourceReader, Split, SplitStart,
};

/// Reads every partition's batches in order, as many partitions side by side as there are tasks.
#[must_use]
pub fn partitions<P: IntoIterator>(partitions: Vec<P>) -> Partitions<P::IntoIter> {
    Partitions(partitions.into_iter().map(|batches| Some(batches.into_iter())).collect())
}

/// Made by [`partitions()`].
pub struct Partitions<I>(Vec<Option<I>>);

impl<I> fmt::Debug for Partitions<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} partitions", self.0.len())
    }
}

#[async_trait]
impl<I, T> Source for Partitions<I>
where
    I: Iterator<Item = Vec<T>> + Send + 'static,
    T: Send + 'static,
{
    type Item = T;

    fn describe(&self) -> Endpoint {
        // No other engine knows it: whoever takes a query elsewhere puts there in what the events are read from.
        Endpoint::described("partitions")
    }

    fn bounded(&self) -> bool {
        true
    }

    fn replays(&self) -> bool {
        false
    }

    async fn splits(&mut self, _: &SourceContext) -> flow::Result<Vec<Split>> {
        Ok((0..self.0.len()).map(|number| Split::new(number.to_string())).collect())
    }

    async fn open(&mut self, splits: Vec<SplitStart>, _: &SourceContext) -> flow::Result<Box<dyn SourceReader<T>>> {
        let number = |start: &SplitStart| start.split.name.parse::<usize>().ok();
        let mut take = |start: &SplitStart| self.0.get_mut(number(start)?)?.take();
        let partitions = splits.iter().filter_map(&mut take).collect();
        Ok(Box::new(Reader { partitions, next: 0 }))
    }
}

struct Reader<I> {
    partitions: Vec<I>,
    next: usize,
}

#[async_trait]
impl<I, T> SourceReader<T> for Reader<I>
where
    I: Iterator<Item = Vec<T>> + Send,
    T: Send + 'static,
{
    async fn read(&mut self, into: &mut ReadBuffer<T>) -> flow::Result<ReadState> {
        // In turn, so that event time moves on in all of them.
        for _ in 0..self.partitions.len() {
            let at = self.next % self.partitions.len();
            self.next = at + 1;
            if let Some(batch) = self.partitions[at].next() {
                into.select(at);
                into.extend(batch);
                return Ok(ReadState::More);
            }
        }
        Ok(ReadState::Finished)
    }

    fn position(&self, _: usize) -> flow::Result<Position> {
        Position::of(&())
    }
}
