//! A source whose records come with where they were read.

use super::buffer::{Event, ReadBuffer};
use super::describe::Endpoint;
use super::message::{Message, Metadata};
use super::source::{Position, ReadState, Source, SourceContext, SourceReader, Split, SplitStart};
use crate::element::Batch;
use crate::error::Result;
use crate::time::Timestamp;
use async_trait::async_trait;
use std::sync::Arc;

/// Made by [`Source::with_metadata`].
#[derive(Clone, Debug)]
pub struct WithMetadata<S>(pub(super) S);

#[async_trait]
impl<S: Source> Source for WithMetadata<S> {
    type Item = Message<S::Item>;

    fn describe(&self) -> Endpoint {
        let kind = format!("{} with metadata", self.0.describe().kind());
        Endpoint::opaque(&kind, "read without metadata, and let the records hold what the pipeline needs")
    }

    fn bounded(&self) -> bool {
        self.0.bounded()
    }

    fn timed(&self) -> bool {
        self.0.timed()
    }

    fn replays(&self) -> bool {
        self.0.replays()
    }

    fn keeps_positions(&self) -> bool {
        self.0.keeps_positions()
    }

    fn commits_together(&self) -> Option<String> {
        self.0.commits_together()
    }

    async fn splits(&mut self, cx: &SourceContext) -> Result<Vec<Split>> {
        self.0.splits(cx).await
    }

    async fn open(&mut self, splits: Vec<SplitStart>, cx: &SourceContext) -> Result<Box<dyn SourceReader<Self::Item>>> {
        let names = splits.iter().map(|start| start.split.clone()).collect();
        Ok(Box::new(Reader { reader: self.0.open(splits, cx).await?, splits: names }))
    }
}

struct Reader<T> {
    reader: Box<dyn SourceReader<T>>,
    splits: Vec<Split>,
}

#[async_trait]
impl<T: Send + 'static> SourceReader<Message<T>> for Reader<T> {
    async fn read(&mut self, into: &mut ReadBuffer<Message<T>>) -> Result<ReadState> {
        let mut taken = ReadBuffer::describing(into.room());
        taken.select(into.selected());
        let mut handing = HandOn { taken, splits: &mut self.splits, into };
        self.reader.read(&mut handing.taken).await
    }

    fn position(&self, split: usize) -> Result<Position> {
        self.reader.position(split)
    }

    async fn commit(&mut self, positions: &[(usize, Position)]) -> Result<()> {
        self.reader.commit(positions).await
    }

    async fn commit_all(&mut self, positions: &[(Split, Position)]) -> Result<()> {
        self.reader.commit_all(positions).await
    }

    async fn close(&mut self) -> Result<()> {
        self.reader.close().await
    }
}

/// Hands on what a call has put when it ends, in whatever way: what a dropped one has put counts as read.
struct HandOn<'a, T: Send + 'static> {
    taken: ReadBuffer<T>,
    splits: &'a mut Vec<Split>,
    into: &'a mut ReadBuffer<Message<T>>,
}

impl<T: Send + 'static> Drop for HandOn<'_, T> {
    fn drop(&mut self) {
        // A reader that goes on with the same partition need not say so again.
        self.into.select(self.taken.selected());
        for event in self.taken.take() {
            self.into.put(match event {
                Event::Records { split, batch, beside } => {
                    let mut batch = messages(batch, beside, self.splits.get(split));
                    if !self.into.locates() {
                        batch.clear_offsets();
                    }
                    Event::Records { split, batch, beside: Vec::new() }
                }
                Event::Malformed { split, record } => Event::Malformed { split, record },
                Event::Partition { split, state } => Event::Partition { split, state },
                Event::Watermark(watermark) => Event::Watermark(watermark),
                Event::Split(split) => {
                    self.splits.push(split.clone());
                    Event::Split(split)
                }
                Event::CommitSoon => Event::CommitSoon,
            });
        }
    }
}

/// The records of a batch with what stood beside them; their columns stay.
fn messages<T>(mut batch: Batch<T>, beside: Vec<Metadata>, split: Option<&Split>) -> Batch<Message<T>> {
    let (topic, partition) = split.map_or_else(Default::default, |split| (Arc::clone(&split.topic), split.number));
    let items = batch.take_items();
    let mut beside = beside.into_iter();
    let mut messages = Vec::with_capacity(items.len());
    for (at, value) in items.into_iter().enumerate() {
        let Metadata { time, key, headers, .. } = beside.next().unwrap_or_default();
        let offset = batch.offsets().get(at).copied();
        let time = time.or_else(|| batch.times().get(at).copied().map(Timestamp::from_millis));
        let metadata = Metadata { topic: Arc::clone(&topic), partition, offset, time, key, headers };
        messages.push(Message { value, metadata });
    }
    batch.with_items(messages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Malformed;
    use crate::connector::probe;
    use bytes::Bytes;
    use futures::FutureExt;

    /// Puts what the script says of two partitions of a topic, a step a call; waits in the middle of a step that ends with that.
    struct Scripted(Vec<Step>);

    type Step = (bool, fn(&mut ReadBuffer<i64>));

    #[async_trait]
    impl SourceReader<i64> for Scripted {
        async fn read(&mut self, into: &mut ReadBuffer<i64>) -> Result<ReadState> {
            let (waits, step) = self.0.remove(0);
            step(into);
            if waits {
                futures::future::pending::<()>().await;
            }
            Ok(if self.0.is_empty() { ReadState::Finished } else { ReadState::More })
        }

        fn position(&self, _: usize) -> Result<Position> {
            Position::of(&self.0.len())
        }
    }

    fn reader(steps: Vec<Step>) -> Reader<i64> {
        Reader {
            reader: Box::new(Scripted(steps)),
            splits: vec![Split::of_topic("orders", 0), Split::of_topic("orders", 7)],
        }
    }

    fn of(partition: u32, offset: Option<u64>) -> Metadata {
        Metadata { topic: "orders".into(), partition, offset, ..Metadata::default() }
    }

    #[tokio::test]
    async fn each_record_has_beside_it_what_was_put_with_it() {
        let steps: Vec<Step> = vec![
            (false, |into| {
                into.push(0);
                into.push_at(1, 11);
                into.push_with(2, 12, |beside| beside.key = Some(Bytes::from_static(b"key")));
                into.push_at(3, 13);
                into.select(1);
                into.push_with(4, 0, |beside| {
                    let header = |name: &str, value| (name.to_owned(), value);
                    let [one, two] = [b"1", b"2"].map(|value| Some(Bytes::from_static(value)));
                    beside.headers = vec![header("a", one), header("a", two), header("none", None)];
                });
                into.extend_at(vec![5, 6], 1);
            }),
            (false, |into| {
                into.push_timed(7, Timestamp::from_millis(70));
                into.malformed(Malformed { offset: Some(9), ..Malformed::default() });
            }),
        ];
        let read = probe::read_rest(&mut reader(steps), 100).await.unwrap();
        let key = Metadata { key: Some(Bytes::from_static(b"key")), ..of(0, Some(12)) };
        let metadata: Vec<_> = read.rows.iter().map(|message| message.metadata.clone()).collect();
        assert_eq!(Vec::from_iter(read.rows.iter().map(|message| message.value)), Vec::from_iter(0..8));
        assert_eq!(metadata[..4], [of(0, None), of(0, Some(11)), key, of(0, Some(13))]);
        assert_eq!(metadata[4].header("a"), Some(&Bytes::from_static(b"2")));
        assert_eq!((metadata[4].header("none"), metadata[4].headers.len()), (None, 3));
        assert_eq!(metadata[5..7], [of(7, Some(1)), of(7, Some(2))]);
        assert_eq!(metadata[7], Metadata { time: Some(Timestamp::from_millis(70)), ..of(0, None) });
        assert_eq!((read.malformed.len(), read.malformed[0].offset), (1, Some(9)));
        // What the engine keeps of a place is as without metadata.
        assert_eq!(read.places[..4], [(0, None), (0, Some(11)), (0, Some(12)), (0, Some(13))]);
    }

    #[tokio::test]
    async fn what_a_dropped_call_has_put_is_handed_on() {
        let mut reader = reader(vec![
            (true, |into| {
                into.select(1);
                into.push_at(1, 0);
            }),
            (false, |into| into.push_at(2, 1)),
        ]);
        let mut buffer = ReadBuffer::new(10, false);
        assert!(reader.read(&mut buffer).now_or_never().is_none());
        assert_eq!(reader.position(0).unwrap(), Position::of(&1_usize).unwrap());
        assert_eq!(buffer.room(), 9);
        reader.read(&mut buffer).await.unwrap();
        assert_eq!(buffer.room(), 8);
        let [Event::Records { split: 1, batch, .. }, Event::Records { split: 1, .. }] = &buffer.take()[..] else {
            panic!("a batch for each call, the second of the partition that was selected before");
        };
        assert!(batch.offsets().is_empty(), "nobody asked the engine for places");
    }

    #[test]
    fn without_metadata_nothing_is_asked_for() {
        let mut buffer = ReadBuffer::new(10, true);
        buffer.push_with(1, 0, |_| panic!("asked"));
        assert_eq!(buffer.room(), 9);
    }
}
