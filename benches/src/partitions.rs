//! A source of several partitions, each of whole batches.

use std::fmt;

use async_trait::async_trait;
use flow::connector::{
    Endpoint, Position, ReadBuffer, ReadState, Source, SourceContext, SourceReader, Split, SplitStart,
};

type Batches<T> = std::vec::IntoIter<Vec<T>>;

/// Reads every partition's batches in order, as many partitions side by side as there are tasks.
#[must_use]
pub fn partitions<T>(partitions: Vec<Vec<Vec<T>>>) -> Partitions<T> {
    Partitions(partitions.into_iter().map(|batches| Some(batches.into_iter())).collect())
}

/// Made by [`partitions()`].
pub struct Partitions<T>(Vec<Option<Batches<T>>>);

impl<T> fmt::Debug for Partitions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} partitions", self.0.len())
    }
}

#[async_trait]
impl<T: Send + 'static> Source for Partitions<T> {
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("partitions", "it is for benchmarks only")
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
        let mut take = |start| self.0.get_mut(number(start)?)?.take();
        let partitions = splits.iter().map(|start| take(start).unwrap_or_default()).collect();
        Ok(Box::new(Reader { partitions, next: 0 }))
    }
}

struct Reader<T> {
    partitions: Vec<Batches<T>>,
    next: usize,
}

#[async_trait]
impl<T: Send + 'static> SourceReader<T> for Reader<T> {
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
