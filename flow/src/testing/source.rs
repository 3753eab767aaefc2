//! A source whose every element comes from the test.

use crate::connector::{
    Endpoint, Position, ReadBuffer, ReadState, Source, SourceContext, SourceReader, Split, SplitStart,
};
use crate::element::PartitionState;
use crate::error::Result;
use crate::time::Timestamp;
use async_trait::async_trait;
use tokio::sync::mpsc;

/// What a test pushes.
#[derive(Debug)]
pub(super) enum Pushed<T> {
    Record { partition: usize, record: T, time: Option<Timestamp> },
    Watermark(Timestamp),
    Partition { partition: usize, state: PartitionState },
}

pub(super) struct PushSource<T> {
    pub(super) partitions: usize,
    pub(super) pushed: Option<mpsc::Receiver<Pushed<T>>>,
}

struct PushReader<T>(Option<mpsc::Receiver<Pushed<T>>>);

#[async_trait]
impl<T: Send + 'static> Source for PushSource<T> {
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("test", "a source that other engines can read")
    }

    fn bounded(&self) -> bool {
        true
    }

    fn timed(&self) -> bool {
        true
    }

    async fn splits(&mut self, _: &SourceContext) -> Result<Vec<Split>> {
        Ok((0..self.partitions).map(|partition| Split::new(format!("partition {partition}"))).collect())
    }

    async fn open(&mut self, _: Vec<SplitStart>, _: &SourceContext) -> Result<Box<dyn SourceReader<T>>> {
        Ok(Box::new(PushReader(self.pushed.take())))
    }
}

#[async_trait]
impl<T: Send + 'static> SourceReader<T> for PushReader<T> {
    async fn read(&mut self, into: &mut ReadBuffer<T>) -> Result<ReadState> {
        let Some(pushed) = &mut self.0 else { return Ok(ReadState::Finished) };
        let Some(mut element) = pushed.recv().await else { return Ok(ReadState::Finished) };
        loop {
            match element {
                Pushed::Record { partition, record, time } => {
                    into.select(partition);
                    match time {
                        Some(time) => into.push_timed(record, time),
                        None => into.push(record),
                    }
                }
                Pushed::Watermark(watermark) => into.watermark(watermark),
                Pushed::Partition { partition, state } => {
                    into.select(partition);
                    into.partition(state);
                }
            }
            if into.is_full() {
                return Ok(ReadState::More);
            }
            match pushed.try_recv() {
                Ok(next) => element = next,
                Err(_) => return Ok(ReadState::More),
            }
        }
    }

    fn position(&self, _: usize) -> Result<Position> {
        Position::of(&())
    }
}
