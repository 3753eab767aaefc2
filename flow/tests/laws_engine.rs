//! Laws of whole pipelines: rebuilt after any element, cut into any batches, in any number of tasks, the answer is the same.

use async_trait::async_trait;
use flow::connector::{Endpoint, Position, ReadBuffer, ReadState, SourceContext, SourceReader, Split, SplitStart};
use flow::prelude::*;
use flow::state::Snapshot;
use flow::testing::Harness;
use flow::windows::{after, before, session, sliding, tumbling};
use proptest::prelude::*;
use std::time::Duration;

/// A record: key, event time, amount.
type Row = (u8, i64, i64);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// State of every kind that one input has: watermarks, windows with lateness, sessions.
fn windows(rows: Stream<Row>) -> Stream<String> {
    let rows = rows.watermark(|row| Timestamp::from_millis(row.1), millis(20));
    let (windowed, late) =
        rows.tee().key_by(|row| row.0).window(tumbling(millis(50))).lateness(millis(30)).split_late();
    let finish = |key: &u8, window: flow::windows::TimeWindow, (sum, count)| {
        format!("window {key} {} {sum} {count}", window.start.millis())
    };
    let windows = windowed.aggregate(|of| (of.sum(|row: &Row| row.2), of.count()), finish).named("windows");
    let panes = rows.tee().key_by(|row| row.0 % 2).window(sliding(millis(60), millis(20)));
    let panes = panes.fold(0i64, |sum, row| sum.wrapping_add(row.2)).named("panes");
    let panes = panes.map(|pane| format!("pane {} {} {}", pane.key, pane.window.start.millis(), pane.value));
    let sessions = rows.key_by(|row| row.0).window(session(millis(15)));
    let sessions = sessions.reduce(|a, b| (a.0, a.1.max(b.1), a.2.wrapping_add(b.2))).named("sessions");
    let sessions = sessions.map(|found| format!("session {} {:?}", found.window.start.millis(), found.value));
    windows.union([panes, sessions, late.map(|row| format!("late {row:?}"))])
}

/// Windows whose records are gathered in front of the exchange, where there is one; and sliding ones that carry their totals on.
fn totals(rows: Stream<Row>) -> Stream<String> {
    let rows = rows.watermark(|row| Timestamp::from_millis(row.1), millis(20));
    let tumbled = rows.tee().key_by(|row| row.0).window(tumbling(millis(50))).lateness(millis(30));
    let tumbled = tumbled.aggregate(
        |of| (of.sum(|row: &Row| row.2), of.count().filter(|row| row.2 > 0)),
        |key, window, totals| format!("window {key} {} {totals:?}", window.start.millis()),
    );
    let slid = rows.tee().key_by(|row| row.0 % 2).window(sliding(millis(60), millis(20))).lateness(millis(20));
    let slid = slid.aggregate(
        |of| (of.count(), of.avg(|row: &Row| row.2)),
        |key, window, totals| format!("sliding {key} {} {totals:?}", window.start.millis()),
    );
    let highest = rows.key_all().window(sliding(millis(60), millis(20)));
    let highest = highest.aggregate(
        |of| (of.max(|row: &Row| row.2), of.sum(|row: &Row| Some(row.2).filter(|amount| *amount > 0))),
        |(), window, highest| format!("highest {} {highest:?}", window.start.millis()),
    );
    tumbled.named("tumbled").union([slid.named("slid"), highest.named("highest")])
}

/// Joins have two inputs, so a record that is late beyond the bound meets another watermark in every run: theirs is the law of
/// records within the bound.
fn joins(rows: Stream<Row>) -> Stream<String> {
    let rows = rows.watermark(|row| Timestamp::from_millis(row.1), millis(20));
    let left = rows.tee().filter(|row| row.2 % 2 == 0).key_by(|row| row.0);
    let odd = rows.tee().filter(|row| row.2 % 2 != 0).key_by(|row| row.0);
    let joined = left.tee().join(odd).window(tumbling(millis(40))).full().named("joined");
    let third = rows.filter(|row| row.2 % 3 == 0).key_by(|row| row.0);
    let near = left.join(third).between(before(millis(10)), after(millis(10))).left().named("near");
    joined.map(|pair| format!("pair {pair:?}")).union([near.map(|pair| format!("near {pair:?}"))])
}

type Write = fn(Stream<Row>) -> Stream<String>;

/// Everything that comes out when rows are pushed one by one, sorted: order between tasks is not specified.
fn run(write: Write, rows: &[Row], parallelism: usize, rebuilds: &[(usize, usize)]) -> Vec<String> {
    let settings = move |pipeline: &Pipeline| _ = pipeline.parallelism(parallelism);
    let mut test = Harness::with(1, settings, write).unwrap();
    for (at, row) in rows.iter().enumerate() {
        for &(_, tasks) in rebuilds.iter().filter(|(after, _)| *after == at) {
            test.rebuild(tasks).unwrap();
        }
        test.push_to(0, *row).unwrap();
    }
    let report = test.finish().unwrap();
    assert!(report.is_balanced(), "{report}");
    let mut all = test.rows();
    all.sort();
    all
}

/// The same when rows are given all at once, so that batches are as full as they can be.
fn run_at_once(write: Write, rows: Vec<Row>, batch_size: usize, parallelism: usize) -> Vec<String> {
    let pipeline = Pipeline::new("at once");
    pipeline.batch_size(batch_size).channel_capacity(batch_size * 2).parallelism(parallelism);
    let (collected, sink) = sinks::collect();
    write(pipeline.source(sources::vec(rows))).sink(sink);
    let report = flow::testing::run(pipeline).unwrap();
    assert!(report.is_balanced(), "{report}");
    let mut all = collected.take();
    all.sort();
    all
}

/// Rows that are out of order by up to 15, within the delay of 20; and with `late`, some far beyond it.
fn rows(late: bool) -> impl Strategy<Value = Vec<Row>> {
    let row = (0u8..3, 0i64..12, -60i64..40, -9i64..9);
    proptest::collection::vec(row, 1..40).prop_map(move |rows| {
        let mut now = 0;
        let row = |(key, step, off, amount): (u8, i64, i64, i64)| {
            now += step;
            (key, now - if late && off % 3 == 0 { off } else { off.rem_euclid(15) }, amount)
        };
        rows.into_iter().map(row).collect()
    })
}

fn any_write() -> impl Strategy<Value = (Write, Vec<Row>)> {
    prop_oneof![
        rows(true).prop_map(|rows| (windows as Write, rows)),
        rows(true).prop_map(|rows| (totals as Write, rows)),
        rows(false).prop_map(|rows| (joins as Write, rows))
    ]
}

proptest! {
    #![proptest_config(crate::cases())]

    /// H2: a run that is snapshotted and rebuilt after any element, in any number of tasks, gives what an undisturbed run gives.
    #[test]
    fn rebuilt_after_any_element(
        (write, rows) in any_write(),
        rebuilds in proptest::collection::vec((0usize..40, 1usize..5), 1..3),
        tasks in 1usize..4,
    ) {
        prop_assert_eq!(run(write, &rows, tasks, &rebuilds), run(write, &rows, 1, &[]));
    }

    /// No answer depends on where batches end, nor on how many tasks there are: one source partition, late records and
    /// updates under allowed lateness among them.
    #[test]
    fn any_batches_any_parallelism((write, rows) in any_write(), batch_size in 1usize..9, tasks in 1usize..5) {
        let expected = run(write, &rows, 1, &[]);
        prop_assert_eq!(&run_at_once(write, rows.clone(), batch_size, tasks), &expected);
        prop_assert_eq!(&run_at_once(write, rows, 1024, tasks), &expected);
    }
}

/// A source of 0, 1, 2, …, a record a call; every third call waits without end once it has put its record, until it is given up.
struct Hesitant;

#[async_trait]
impl Source for Hesitant {
    type Item = u64;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("hesitant", "nothing")
    }

    fn bounded(&self) -> bool {
        false
    }

    async fn splits(&mut self, _: &SourceContext) -> flow::Result<Vec<Split>> {
        Ok(vec![Split::new("hesitant")])
    }

    async fn open(&mut self, starts: Vec<SplitStart>, _: &SourceContext) -> flow::Result<Box<dyn SourceReader<u64>>> {
        let position = starts.first().and_then(|start| start.position.as_ref());
        Ok(Box::new(Hesitating(position.map_or(Ok(0), Position::get)?)))
    }
}

struct Hesitating(u64);

#[async_trait]
impl SourceReader<u64> for Hesitating {
    async fn read(&mut self, into: &mut ReadBuffer<u64>) -> flow::Result<ReadState> {
        into.push(self.0);
        self.0 += 1;
        if self.0.is_multiple_of(3) {
            std::future::pending::<()>().await;
        }
        Ok(ReadState::More)
    }

    fn position(&self, _: usize) -> flow::Result<Position> {
        Position::of(&self.0)
    }
}

/// Counts what `Hesitant` gives, for so many milliseconds of virtual time.
async fn count_hesitant(snapshot: Option<Snapshot>, timeout: Duration, wait: u64) -> (sinks::Collected<u64>, Job) {
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("hesitant");
    pipeline.idle_timeout(timeout);
    let counts = pipeline.source(Hesitant).key_all().fold(0, |count: u64, _| count + 1).changes();
    counts.filter_map(|count| count.value().copied()).sink(sink);
    let job = pipeline.start_at(flow::time::Clock::start(), snapshot).await.unwrap();
    tokio::time::sleep(millis(wait)).await;
    (rows, job)
}

/// A barrier, a stop and the idle time-out give up a read that waits: what it has put counts as read, and comes before them.
#[test]
fn what_a_given_up_read_has_put_is_handed_on() {
    let check = |end: fn(&Job)| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let hour = Duration::from_secs(3600);
            let (rows, job) = count_hesitant(None, hour, 1).await;
            assert_eq!(rows.rows(), [1, 2], "the third waits");
            let snapshot = job.snapshot().await.unwrap();
            tokio::time::sleep(millis(1)).await;
            assert_eq!(rows.rows(), [1, 2, 3, 4, 5]);
            end(&job);
            assert_eq!((job.wait().await.unwrap().read(), rows.take()), (6, vec![1, 2, 3, 4, 5, 6]));
            let (rows, job) = count_hesitant(Some(snapshot), hour, 1).await;
            end(&job);
            job.wait().await.unwrap();
            assert_eq!(rows.take(), [4, 5, 6], "the third came before the barrier");
            let (rows, job) = count_hesitant(None, millis(1000), 1500).await;
            assert_eq!(rows.rows(), [1, 2, 3, 4, 5], "after the time-out");
            job.cancel();
        });
    };
    check(Job::stop);
    check(Job::drain);
}
