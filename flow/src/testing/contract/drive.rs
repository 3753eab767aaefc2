//! Opens and reads sources by hand, with every promise about a single call looked at.

use super::breach::Findings;
use crate::connector::{
    Commits, Event, Gauges, Position, ReadBuffer, ReadState, SinkContext, Source, SourceContext, SourceReader, Split,
    SplitStart,
};
use crate::element::PartitionState;
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::blocking;
use crate::time::{self, Clock};
use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// How many calls in a row may give nothing before that counts as not waiting.
const EMPTY_CALLS: usize = 100;
/// How many records more than twice the expected ones may come before a source is taken for one without end.
const TOO_MANY: usize = 10_000;
const ENDS: &str = "bounded() says whether the source ends";
/// How often in a row a call is dropped before it is waited for.
const DROPS: u32 = 3;

/// A runtime for checks; outside of any other.
pub(super) fn runtime(virtual_time: bool) -> Result<Runtime> {
    if tokio::runtime::Handle::try_current().is_ok() {
        return Err(Error::new(ErrorKind::Definition, "a contract was checked in async code")
            .help("it has a runtime of its own: check it in an ordinary `#[test]`"));
    }
    Ok(Builder::new_current_thread().enable_all().start_paused(virtual_time).build()?)
}

pub(super) fn source_context(batch_size: usize, tasks: usize) -> SourceContext {
    SourceContext {
        stage: "source".into(),
        pipeline: "contract".into(),
        task: 0,
        tasks,
        batch_size,
        commits: Commits::AtEnd,
        gauges: Gauges::default(),
        clock: Clock::start(),
        blocking: blocking(),
    }
}

pub(super) fn sink_context(task: usize, tasks: usize) -> SinkContext {
    SinkContext {
        stage: "sink".into(),
        pipeline: "contract".into(),
        task,
        tasks,
        gauges: Gauges::default(),
        clock: Clock::start(),
        blocking: blocking(),
    }
}

/// Waits for so long and no longer.
pub(super) async fn within<T>(patience: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Error::new(ErrorKind::Timeout, format!("it was not done after {patience:?}"));
    tokio::time::timeout(patience, work).await.unwrap_or_else(|elapsed| Err(late(elapsed)))
}

/// Polls a future a number of times and no more; `None` if it was not ready.
pub(super) async fn at_most<T>(polls: u32, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut left) = (pin!(work), polls);
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if left <= 1 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Numbers that look random and are the same in each run.
#[derive(Clone, Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as u32 % sides
    }
}

/// What was read of one split: rows as their `Debug` text and what stood beside them, in order. Malformed records are among
/// them.
pub(super) type Rows = Vec<String>;

/// Where a run stood after a call.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    /// How many rows of each split had been read, and the position of each.
    pub(super) read: Vec<usize>,
    pub(super) positions: Vec<Position>,
}

/// A run of one reader.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) splits: Vec<Split>,
    pub(super) rows: Vec<Rows>,
    /// The `Debug` texts alone of all records that could be decoded.
    pub(super) values: Vec<String>,
    pub(super) malformed: usize,
    /// Before the first call and after each.
    pub(super) stops: Vec<Stop>,
    ended: Vec<bool>,
    watermark: i64,
    timed: bool,
}

/// How a run goes.
#[derive(Clone, Debug)]
pub(super) struct How {
    pub(super) batch_size: usize,
    /// With it, calls are dropped before they are ready, at polls that it says.
    pub(super) dice: Option<Dice>,
    /// Reads no further when it has so many records; a source that does not end is read so.
    pub(super) enough: usize,
    pub(super) patience: Duration,
}

/// Opens a reader of these splits and reads to the end, or until there are enough rows.
pub(super) async fn run<S: Source>(
    source: &mut S,
    starts: Vec<SplitStart>,
    how: How,
    findings: &mut Findings,
) -> Result<Run>
where
    S::Item: Debug,
{
    let cx = source_context(how.batch_size, 1);
    let splits: Vec<Split> = starts.iter().map(|start| start.split.clone()).collect();
    let mut run = Run {
        rows: vec![Vec::new(); splits.len()],
        values: Vec::new(),
        ended: vec![false; splits.len()],
        splits,
        malformed: 0,
        stops: Vec::new(),
        watermark: time::MIN,
        timed: source.timed(),
    };
    let bounded = source.bounded();
    let mut reader = within(how.patience, source.open(starts, &cx)).await?;
    if source.bounded() != bounded {
        findings.add(ENDS, format!("bounded() was {bounded} and is {} when the source is open", !bounded));
    }
    let (mut empty, mut dice) = (0, how.dice.clone());
    run.stop(&*reader)?;
    while run.count() < how.enough || bounded {
        if run.count() > how.enough.saturating_mul(2).saturating_add(TOO_MANY) {
            findings.add(ENDS, format!("{} records were read, and there are more", run.count()));
            break;
        }
        let (state, put) = within(how.patience, run.call(&mut *reader, &how, &mut dice, findings)).await?;
        run.stop(&*reader)?;
        empty = if put { 0 } else { empty + 1 };
        if state == ReadState::Finished {
            break;
        }
        if empty == EMPTY_CALLS {
            findings.add("read waits until there is something to read", format!("{empty} calls in a row gave nothing"));
            break;
        }
    }
    if let Some(last) = run.stops.last() {
        let positions = last.positions.iter().cloned();
        if source.commits_together().is_some() {
            let positions: Vec<_> = run.splits.iter().cloned().zip(positions).collect();
            within(how.patience, reader.commit_all(&positions)).await?;
        } else {
            within(how.patience, reader.commit(&positions.enumerate().collect::<Vec<_>>())).await?;
        }
    }
    within(how.patience, reader.close()).await?;
    Ok(run)
}

impl Run {
    /// How many records were read.
    pub(super) fn count(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }

    fn add(&mut self, split: Split) {
        self.splits.push(split);
        self.rows.push(Vec::new());
        self.ended.push(false);
    }

    fn stop<T: Send + 'static>(&mut self, reader: &dyn SourceReader<T>) -> Result<()> {
        let positions = (0..self.splits.len()).map(|split| reader.position(split)).collect::<Result<_>>()?;
        self.stops.push(Stop { read: self.rows.iter().map(Vec::len).collect(), positions });
        Ok(())
    }

    /// One call that is waited for, after some that may have been dropped.
    async fn call<T: Debug + Send + 'static>(
        &mut self,
        reader: &mut dyn SourceReader<T>,
        how: &How,
        dice: &mut Option<Dice>,
        findings: &mut Findings,
    ) -> Result<(ReadState, bool)> {
        let mut buffer = ReadBuffer::describing(how.batch_size);
        for _ in 0..DROPS {
            let Some(polls) = dice.as_mut().map(|dice| dice.roll(4)) else { break };
            if polls == 0 {
                continue;
            }
            if let Some(state) = at_most(polls, reader.read(&mut buffer)).await {
                let state = state?;
                return Ok((state, self.take(buffer, findings)));
            }
            tokio::task::yield_now().await;
        }
        let state = reader.read(&mut buffer).await?;
        Ok((state, self.take(buffer, findings)))
    }

    /// Takes what a call has put; whether it was anything.
    fn take<T: Debug + Send + 'static>(&mut self, mut buffer: ReadBuffer<T>, findings: &mut Findings) -> bool {
        let events = buffer.take();
        let any = !events.is_empty();
        for event in events {
            match event {
                Event::Records { split, mut batch, beside } => {
                    if batch.is_timed() && !self.timed {
                        findings.add(
                            "timed() says whether records carry event times",
                            "records with event times, and it says no",
                        );
                    }
                    let mut beside = beside.into_iter();
                    for item in batch.drain() {
                        let value = format!("{:?}", item.value);
                        let place = item.offset.map_or_else(String::new, |offset| format!(" at {offset}"));
                        let beside = beside.next().map_or_else(String::new, |beside| format!(" beside {beside:?}"));
                        self.row(split, value.clone() + &place + &beside, findings);
                        self.values.push(value);
                    }
                }
                Event::Malformed { split, record } => {
                    self.malformed += 1;
                    self.row(split, format!("malformed {:?}: {}", record.original, record.reason), findings);
                }
                Event::Watermark(watermark) if watermark.millis() < self.watermark => {
                    findings
                        .add("a source's watermark never goes back", format!("{watermark} after {}", self.watermark));
                }
                Event::Watermark(watermark) => self.watermark = watermark.millis(),
                Event::Partition { split, state: PartitionState::Ended | PartitionState::Gone } => {
                    if let Some(ended) = self.ended.get_mut(split) {
                        *ended = true;
                    }
                }
                Event::Split(split) => self.add(split),
                Event::Partition { .. } | Event::CommitSoon => {}
            }
        }
        any
    }

    fn row(&mut self, split: usize, row: String, findings: &mut Findings) {
        let Some(rows) = self.rows.get_mut(split) else {
            let found = format!("split {split} was selected, of {}", self.splits.len());
            return findings.add("select names a split that the reader was opened with", found);
        };
        if self.ended[split] {
            findings.add("a split that has ended gives no record", format!("`{}` gave {row}", self.splits[split].name));
        }
        rows.push(row);
    }
}
