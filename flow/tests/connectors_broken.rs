//! The contract suite finds sources and sinks that break a promise, each by that promise. A12, A18.

use async_trait::async_trait;
use flow::connector::{
    Delivery, Endpoint, Position, ReadBuffer, ReadState, Sink, SinkContext, SinkWriter, Source, SourceContext,
    SourceReader, Split, SplitStart, WriteBatch,
};
use flow::testing::{SinkContract, SourceContract};
use flow::{Result, Timestamp};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is wrong with a source of the numbers 0 to 49 in each of two splits.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    None,
    LosesWhenDropped,
    PositionBehind,
    PositionAhead,
    ForgetsPosition,
    PositionOfTheOtherSplit,
    Hangs,
    Spins,
    Endless,
    LeavesOutTheLast,
    CountsByTheBatch,
    SameNames,
    OtherNames,
    SelectsNothing,
    GoesOnAfterTheEnd,
    TimesInSecret,
    WatermarkGoesBack,
    PlacesByTheCall,
    KeysByTheCall,
}

static SOURCES: AtomicUsize = AtomicUsize::new(0);

struct Numbers(Flaw);

#[async_trait]
impl Source for Numbers {
    type Item = u64;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("numbers", "nothing")
    }

    fn bounded(&self) -> bool {
        true
    }

    async fn splits(&mut self, _: &SourceContext) -> Result<Vec<Split>> {
        Ok(match self.0 {
            Flaw::SameNames => vec![Split::new("a"), Split::new("a")],
            Flaw::OtherNames => vec![Split::new("a"), Split::new(SOURCES.fetch_add(1, Ordering::Relaxed).to_string())],
            _ => vec![Split::new("a"), Split::new("b")],
        })
    }

    async fn open(&mut self, splits: Vec<SplitStart>, cx: &SourceContext) -> Result<Box<dyn SourceReader<u64>>> {
        let mut next = Vec::new();
        for split in &splits {
            let position = split.position.as_ref().filter(|_| self.0 != Flaw::ForgetsPosition);
            next.push(position.map_or(Ok(0), Position::get)?);
        }
        Ok(Box::new(Reader { flaw: self.0, next, batch_size: cx.batch_size as u64 }))
    }
}

struct Reader {
    flaw: Flaw,
    next: Vec<u64>,
    batch_size: u64,
}

#[async_trait]
impl SourceReader<u64> for Reader {
    async fn read(&mut self, into: &mut ReadBuffer<u64>) -> Result<ReadState> {
        let limit = match self.flaw {
            Flaw::Endless => u64::MAX,
            Flaw::LeavesOutTheLast => 49,
            Flaw::CountsByTheBatch => 50 / self.batch_size * self.batch_size,
            _ => 50,
        };
        let Some(split) = self.next.iter().position(|&next| next < limit) else {
            return match self.flaw {
                Flaw::Hangs => std::future::pending().await,
                Flaw::Spins => Ok(ReadState::More),
                _ => Ok(ReadState::Finished),
            };
        };
        into.select(if self.flaw == Flaw::SelectsNothing { 7 } else { split });
        while self.next[split] < limit && !into.is_full() {
            let number = self.next[split];
            self.next[split] += 1;
            if self.flaw == Flaw::LosesWhenDropped {
                tokio::task::yield_now().await;
            }
            match self.flaw {
                Flaw::TimesInSecret => into.push_timed(number, Timestamp::from_millis(1)),
                Flaw::PlacesByTheCall => into.push_at(number, into.room() as u64),
                Flaw::KeysByTheCall => {
                    let room = into.room().to_string();
                    into.push_with(number, number, |beside| beside.key = Some(room.into()));
                }
                _ => into.push_with(number, number, |beside| beside.key = Some(number.to_string().into())),
            }
            if self.flaw == Flaw::GoesOnAfterTheEnd {
                into.end_of_split();
            }
            if self.flaw == Flaw::WatermarkGoesBack {
                into.watermark(Timestamp::from_millis(-(number as i64)));
            }
        }
        Ok(ReadState::More)
    }

    fn position(&self, split: usize) -> Result<Position> {
        let next = self.next[split];
        Position::of(&match self.flaw {
            Flaw::PositionBehind => next.saturating_sub(1),
            Flaw::PositionAhead => next + 1,
            Flaw::PositionOfTheOtherSplit => self.next[self.next.len() - 1 - split],
            _ => next,
        })
    }
}

#[test]
fn broken_sources_are_found() {
    let goes_on = "a position is where reading goes on";
    for (flaw, promise) in [
        (Flaw::LosesWhenDropped, "read is cancel safe"),
        (Flaw::PositionBehind, goes_on),
        (Flaw::PositionAhead, goes_on),
        (Flaw::ForgetsPosition, goes_on),
        (Flaw::PositionOfTheOtherSplit, goes_on),
        (Flaw::Hangs, "a source can be opened and read"),
        (Flaw::Spins, "read waits until there is something to read"),
        (Flaw::Endless, "bounded() says whether the source ends"),
        (Flaw::LeavesOutTheLast, "every record is read"),
        (Flaw::CountsByTheBatch, "the records do not depend on the batch size"),
        (Flaw::PlacesByTheCall, "the records do not depend on the batch size"),
        (Flaw::KeysByTheCall, "the records do not depend on the batch size"),
        (Flaw::SameNames, "a split's name is unique"),
        (Flaw::OtherNames, "splits are the same each time"),
        (Flaw::SelectsNothing, "select names a split that the reader was opened with"),
        (Flaw::GoesOnAfterTheEnd, "a split that has ended gives no record"),
        (Flaw::TimesInSecret, "timed() says whether records carry event times"),
        (Flaw::WatermarkGoesBack, "a source's watermark never goes back"),
    ] {
        let contract = SourceContract::new(|| Numbers(flaw)).expects((0..50).chain(0..50)).virtual_time();
        let breaches = contract.patience(Duration::from_secs(1)).check().expect_err("a broken source is found");
        assert!(breaches.contain(promise), "{flaw:?}: {breaches}");
    }
    SourceContract::new(|| Numbers(Flaw::None)).expects((0..50).chain(0..50)).virtual_time().check().unwrap();
}

/// What is wrong with a sink.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Leak {
    ShownBeforeTheCommit,
    LeftByTheAbort,
    HeldByTheFlush,
    LosesARow,
    ForgetsTheFirstEpoch,
    TwiceWhenDropped,
    Adds,
    Hangs,
    CannotBeOpened,
}

type Shown = Arc<Mutex<Vec<u64>>>;

struct Place(Leak, Shown);

struct Writer {
    leak: Leak,
    held: Vec<u64>,
    shown: Shown,
}

#[async_trait]
impl Sink for Place {
    type Item = u64;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("place", "nothing")
    }

    fn delivery(&self) -> Delivery {
        match self.0 {
            Leak::HeldByTheFlush | Leak::TwiceWhenDropped | Leak::LosesARow => Delivery::AtLeastOnce,
            Leak::Adds => Delivery::IdempotentByKey,
            _ => Delivery::Transactional,
        }
    }

    async fn open(&mut self, _: &SinkContext) -> Result<Box<dyn SinkWriter<u64>>> {
        if self.0 == Leak::CannotBeOpened {
            return Err(flow::Error::new(flow::ErrorKind::Config, "it is not there"));
        }
        Ok(Box::new(Writer { leak: self.0, held: Vec::new(), shown: Arc::clone(&self.1) }))
    }
}

impl Writer {
    fn show(&mut self) {
        self.shown.lock().unwrap().append(&mut self.held);
    }
}

#[async_trait]
impl SinkWriter<u64> for Writer {
    async fn write(&mut self, batch: &mut WriteBatch<u64>) -> Result<()> {
        self.held.append(&mut batch.rows);
        match self.leak {
            Leak::TwiceWhenDropped => {
                let copy = self.held.clone();
                self.show();
                self.held = copy;
                tokio::task::yield_now().await;
                self.held.clear();
            }
            Leak::Hangs => std::future::pending().await,
            Leak::LosesARow => self.held.retain(|&row| row != 5),
            _ => {}
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        if matches!(self.leak, Leak::ShownBeforeTheCommit | Leak::LosesARow | Leak::Adds) {
            self.show();
        }
        Ok(())
    }

    async fn commit(&mut self, _: u64) -> Result<()> {
        if self.leak == Leak::ForgetsTheFirstEpoch {
            self.shown.lock().unwrap().clear();
        }
        self.show();
        Ok(())
    }

    async fn abort(&mut self, _: u64) -> Result<()> {
        if matches!(self.leak, Leak::LeftByTheAbort | Leak::TwiceWhenDropped) {
            self.show();
        }
        Ok(())
    }
}

#[test]
fn broken_sinks_are_found() {
    for (leak, promise) in [
        (Leak::ShownBeforeTheCommit, "rows of a transactional sink are not seen before the commit"),
        (Leak::LeftByTheAbort, "abort takes back what was not committed"),
        (Leak::HeldByTheFlush, "flush returns when the rows are where they are to be"),
        (Leak::LosesARow, "what is written and committed can be read"),
        (Leak::ForgetsTheFirstEpoch, "each epoch's rows appear once, by its own commit"),
        (Leak::TwiceWhenDropped, "a write that is dropped writes no row twice and none that it was not given"),
        (Leak::Adds, "rows that come twice change nothing in a sink that is idempotent by key"),
        (Leak::Hangs, "a sink can be opened and written to"),
        (Leak::CannotBeOpened, "a sink can be opened and written to"),
    ] {
        let make = || {
            let shown = Shown::default();
            let read = Arc::clone(&shown);
            (Place(leak, shown), move || read.lock().unwrap().clone())
        };
        let contract = SinkContract::new(make, (0..50).collect()).expects((0..50).collect()).virtual_time();
        let breaches = contract.check().expect_err("a broken sink is found");
        assert!(breaches.contain(promise), "{leak:?}: {breaches}");
    }
}

#[test]
fn all_breaches_are_printed() {
    let breaches =
        SourceContract::new(|| Numbers(Flaw::LeavesOutTheLast)).expects((0..50).chain(0..50)).check().unwrap_err();
    assert_eq!(breaches.all().len(), 1);
    let wanted =
        "a promise is broken:\n  every record is read: 98 rows, where 100 were expected; the first difference is row ";
    assert!(breaches.to_string().starts_with(wanted), "{breaches}");
}

#[tokio::test]
async fn checked_in_async_code_it_says_so() {
    let breaches = SourceContract::new(|| Numbers(Flaw::None)).check().unwrap_err();
    assert!(breaches.to_string().contains("ordinary `#[test]`"), "{breaches}");
}
