//! Drives readers and writers by hand, in the tests of sources and sinks.

use super::Blocking;
use super::buffer::{Event, Malformed, ReadBuffer};
use super::gauge::Gauges;
use super::sink::{Sink, SinkContext, SinkWriter, WriteBatch};
use super::source::{Commits, Position, ReadState, Source, SourceContext, SourceReader, SplitStart};
use crate::error::Result;
use crate::time::Clock;

#[allow(clippy::disallowed_methods, reason = "a test without the runtime")]
pub(crate) fn blocking() -> Blocking {
    Blocking::new(|call| {
        let running = tokio::task::spawn_blocking(call);
        Box::pin(async move { running.await.is_ok() })
    })
}

pub(crate) fn source_context(batch_size: usize) -> SourceContext {
    SourceContext {
        stage: "source".into(),
        pipeline: "probe".into(),
        task: 0,
        tasks: 1,
        batch_size,
        commits: Commits::AsItGoes,
        gauges: Gauges::default(),
        clock: Clock::start(),
        blocking: blocking(),
    }
}

pub(crate) fn sink_context() -> SinkContext {
    SinkContext {
        stage: "sink".into(),
        pipeline: "probe".into(),
        task: 0,
        tasks: 1,
        gauges: Gauges::default(),
        clock: Clock::start(),
        blocking: blocking(),
    }
}

/// Everything that was read, in order.
#[derive(Debug)]
pub(crate) struct Read<T> {
    pub(crate) rows: Vec<T>,
    /// The split of each row, and its offset if there is one.
    pub(crate) places: Vec<(usize, Option<u64>)>,
    pub(crate) malformed: Vec<Malformed>,
    /// How many records, malformed ones too, each call put; and the first split's position after it.
    pub(crate) calls: Vec<(usize, Position)>,
    pub(crate) ended: Vec<usize>,
}

/// Opens one reader of all splits.
pub(crate) async fn open<S: Source>(
    source: &mut S,
    cx: &SourceContext,
    position: Option<Position>,
) -> Result<Box<dyn SourceReader<S::Item>>> {
    let splits = source.splits(cx).await?;
    let starts = splits.into_iter().map(|split| SplitStart { split, position: position.clone() }).collect();
    source.open(starts, cx).await
}

/// Reads all there is.
pub(crate) async fn read_all<S: Source>(mut source: S, batch_size: usize) -> Result<Read<S::Item>> {
    let mut reader = open(&mut source, &source_context(batch_size), None).await?;
    read_rest(&mut *reader, batch_size).await
}

/// Reads all there is from a position on.
pub(crate) async fn read_from<S: Source>(mut source: S, batch_size: usize, at: Position) -> Result<Read<S::Item>> {
    let mut reader = open(&mut source, &source_context(batch_size), Some(at)).await?;
    read_rest(&mut *reader, batch_size).await
}

pub(crate) async fn read_rest<T: Send + 'static>(
    reader: &mut dyn SourceReader<T>,
    batch_size: usize,
) -> Result<Read<T>> {
    let (mut rows, mut places, mut malformed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut calls, mut ended) = (Vec::new(), Vec::new());
    loop {
        let mut buffer = ReadBuffer::new(batch_size, true);
        let state = reader.read(&mut buffer).await?;
        let mut put = 0;
        for event in buffer.take() {
            match event {
                Event::Records { split, mut batch, .. } => batch.drain().for_each(|item| {
                    put += 1;
                    places.push((split, item.offset));
                    rows.push(item.value);
                }),
                Event::Malformed { record, .. } => {
                    put += 1;
                    malformed.push(record);
                }
                Event::Partition { split, .. } => ended.push(split),
                Event::Watermark(_) | Event::Split(_) | Event::CommitSoon => {}
            }
        }
        calls.push((put, reader.position(0)?));
        if state == ReadState::Finished {
            return Ok(Read { rows, places, malformed, calls, ended });
        }
    }
}

/// The law of positions: whatever call of a reader a run stops after, a reader opened there reads exactly the rest.
pub(crate) async fn check_restore<S: Source>(make: impl Fn() -> S, batch_size: usize)
where
    S::Item: PartialEq + std::fmt::Debug,
{
    let whole = read_all(make(), batch_size).await.expect("the source is read");
    let (rows, bad) = (&whole.rows, &whole.malformed);
    let total = rows.len() + bad.len();
    let mut put = 0;
    for (records, position) in &whole.calls {
        put += records;
        let rest = read_from(make(), batch_size, position.clone()).await.expect("the rest is read");
        assert_eq!(rest.rows.len() + rest.malformed.len(), total - put, "the count of the rest after {put}");
        assert_eq!(rest.rows, rows[rows.len() - rest.rows.len()..], "the rest after {put} records");
        assert_eq!(rest.malformed, bad[bad.len() - rest.malformed.len()..], "the malformed after {put} records");
    }
}

pub(crate) async fn open_sink<S: Sink>(mut sink: S) -> Result<Box<dyn SinkWriter<S::Item>>> {
    sink.open(&sink_context()).await
}

/// A batch of untimed rows.
pub(crate) fn rows<T>(rows: Vec<T>) -> WriteBatch<T> {
    WriteBatch { rows, times: Vec::new() }
}

/// Writes all rows in batches and goes through the end of a job that ends well.
pub(crate) async fn write_all<S: Sink>(sink: S, batches: Vec<Vec<S::Item>>) -> Result<()> {
    let mut writer = open_sink(sink).await?;
    for batch in batches {
        writer.write(&mut rows(batch)).await?;
    }
    writer.flush().await?;
    writer.prepare(1).await?;
    writer.commit(1).await?;
    writer.close().await
}
