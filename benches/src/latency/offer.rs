//! The offering side: a schedule, and a thread that releases what is due.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use flow::connector::{
    Endpoint, Position, ReadBuffer, ReadState, Source, SourceContext, SourceReader, Split, SplitStart,
};
use hdrhistogram::Histogram;
use tokio::sync::mpsc;

use super::{KEYS, Tick, histogram};

/// Records released at once, at most.
const BATCH: u64 = 1024;
/// How many releases may wait for the pipeline. When they do the offering waits, but the schedule does not.
const WAITING: usize = 64;
/// The offering thread sleeps at least this long, so that a high rate does not keep a core busy.
const PAUSE: Duration = Duration::from_micros(10);

/// Which records are due when.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    rate: u64,
    count: u64,
    next: u64,
}

impl Schedule {
    /// So many a second, evenly, for so long.
    pub(crate) fn new(rate: u64, lasting: Duration) -> Self {
        let rate = rate.max(1);
        Self { rate, count: (u128::from(rate) * lasting.as_nanos() / 1_000_000_000) as u64, next: 0 }
    }

    /// When the next one is due, in nanoseconds; nothing after the last one.
    pub(crate) fn next_due(&self) -> Option<u64> {
        (self.next < self.count).then(|| self.due(self.next))
    }

    fn due(&self, number: u64) -> u64 {
        (u128::from(number) * 1_000_000_000 / u128::from(self.rate)) as u64
    }

    /// What is due by now and was not released before, a batch at most.
    pub(crate) fn release(&mut self, now: u64) -> Vec<Tick> {
        let by_now = (u128::from(now) * u128::from(self.rate) / 1_000_000_000) as u64 + 1;
        let end = by_now.min(self.count).min(self.next + BATCH);
        let ticks = (self.next..end).map(|number| tick(number, self.due(number))).collect();
        self.next = self.next.max(end);
        ticks
    }
}

/// Keys and values look random, and are the same every time.
fn tick(number: u64, due: u64) -> Tick {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let mixed = mixed ^ (mixed >> 32);
    Tick { key: mixed % KEYS, value: ((mixed >> 20) % 1000) as i64 + 1, due: due as i64 }
}

/// Starts offering: a source of what is released, and the thread, which ends with how late each release was.
pub(super) fn start(schedule: Schedule, start: Instant) -> (Ticks, JoinHandle<Histogram<u64>>) {
    let (send, receive) = mpsc::channel(WAITING);
    (Ticks(Some(receive)), thread::spawn(move || offer(schedule, start, &send)))
}

fn offer(mut schedule: Schedule, start: Instant, send: &mpsc::Sender<Vec<Tick>>) -> Histogram<u64> {
    let mut late = histogram();
    let now = || start.elapsed().as_nanos() as u64;
    while let Some(due) = schedule.next_due() {
        let early = Duration::from_nanos(due.saturating_sub(now()));
        if !early.is_zero() {
            thread::sleep(early.max(PAUSE));
        }
        let ticks = schedule.release(now());
        late.saturating_record(now().saturating_sub(due).max(1));
        if send.blocking_send(ticks).is_err() {
            break;
        }
    }
    late
}

/// The source: each release is handed on as it comes.
pub(super) struct Ticks(Option<mpsc::Receiver<Vec<Tick>>>);

#[async_trait]
impl Source for Ticks {
    type Item = Tick;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("ticks", "it is for benchmarks only")
    }

    fn bounded(&self) -> bool {
        false
    }

    fn replays(&self) -> bool {
        false
    }

    async fn splits(&mut self, _: &SourceContext) -> flow::Result<Vec<Split>> {
        Ok(vec![Split::new("ticks")])
    }

    async fn open(&mut self, _: Vec<SplitStart>, _: &SourceContext) -> flow::Result<Box<dyn SourceReader<Tick>>> {
        let receive = self.0.take().expect("a source of one split is opened once");
        Ok(Box::new(Reader { receive, read: 0 }))
    }
}

struct Reader {
    receive: mpsc::Receiver<Vec<Tick>>,
    read: u64,
}

#[async_trait]
impl SourceReader<Tick> for Reader {
    async fn read(&mut self, into: &mut ReadBuffer<Tick>) -> flow::Result<ReadState> {
        let Some(ticks) = self.receive.recv().await else { return Ok(ReadState::Finished) };
        self.read += ticks.len() as u64;
        into.extend(ticks);
        Ok(ReadState::More)
    }

    fn position(&self, _: usize) -> flow::Result<Position> {
        Position::of(&self.read)
    }
}

#[cfg(test)]
mod tests {
    use super::{BATCH, Schedule};
    use std::time::Duration;

    fn dues(schedule: &mut Schedule, now: u64) -> Vec<i64> {
        schedule.release(now).iter().map(|tick| tick.due).collect()
    }

    #[test]
    fn what_is_due_is_released_and_nothing_else() {
        let mut schedule = Schedule::new(1_000_000, Duration::from_micros(5));
        assert_eq!(dues(&mut schedule, 0), [0]);
        assert!(dues(&mut schedule, 999).is_empty());
        assert_eq!(dues(&mut schedule, 2_000), [1_000, 2_000]);
        assert_eq!(schedule.next_due(), Some(3_000));
        assert_eq!(dues(&mut schedule, 1_000_000), [3_000, 4_000]);
        assert_eq!(schedule.next_due(), None);
        assert!(dues(&mut schedule, 2_000_000).is_empty());
    }

    #[test]
    fn after_a_stall_each_record_is_still_due_at_its_own_time() {
        let mut schedule = Schedule::new(100_000, Duration::from_secs(1));
        let (stall, mut released) = (500_000_000, Vec::new());
        while schedule.next_due().is_some_and(|due| due <= stall) {
            let dues = dues(&mut schedule, stall);
            assert!(dues.len() as u64 <= BATCH);
            released.extend(dues);
        }
        assert_eq!(released, Vec::from_iter((0..=50_000).map(|number| number * 10_000)));
    }

    #[test]
    fn the_rate_holds_over_the_whole() {
        for rate in [1, 7, 1_000_000, 3_333_333] {
            let mut schedule = Schedule::new(rate, Duration::from_secs(2));
            let mut count = 0;
            while schedule.next_due().is_some() {
                count += schedule.release(2_000_000_000).len() as u64;
            }
            assert_eq!(count, 2 * rate);
        }
    }
}
