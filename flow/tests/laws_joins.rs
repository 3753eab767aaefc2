//! Joins in the engine are nested loops: at any parallelism and batch size, with late records, rebuilt after any element.

use flow::prelude::*;
use flow::testing::{Harness, run};
use proptest::prelude::*;
use std::time::Duration;

fn ms(millis: i64) -> Duration {
    Duration::from_millis(millis.unsigned_abs())
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// The key, the time, and the number by which a record is known again.
type Record = (u8, i64, u16);
type Row = (Option<u16>, Option<u16>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Inner,
    Left,
    Right,
    Full,
}

#[derive(Clone, Copy, Debug)]
enum Bounds {
    Tumbling(i64),
    Between(i64, i64),
}

fn definition() -> impl Strategy<Value = (Kind, Bounds)> {
    let kind = prop_oneof![Just(Kind::Inner), Just(Kind::Left), Just(Kind::Right), Just(Kind::Full)];
    let between = (-12i64..12, 0i64..15).prop_map(|(lower, more)| Bounds::Between(lower, lower + more));
    (kind, prop_oneof![(1i64..15).prop_map(Bounds::Tumbling), between])
}

fn bound(millis: i64) -> flow::windows::Bound {
    if millis < 0 { before(ms(millis)) } else { after(ms(millis)) }
}

/// The same join, written as a program would.
fn join(left: Stream<Record>, right: Stream<Record>, (kind, bounds): (Kind, Bounds)) -> Stream<Row> {
    let join = left.key_by(|record| record.0).join(right.key_by(|record| record.0));
    let join = match bounds {
        Bounds::Tumbling(size) => join.window(tumbling(ms(size))),
        Bounds::Between(lower, upper) => join.between(bound(lower), bound(upper)),
    };
    match kind {
        Kind::Inner => join.inner().map(|(l, r)| (Some(l.2), Some(r.2))),
        Kind::Left => join.left().map(|(l, r)| (Some(l.2), r.map(|r| r.2))),
        Kind::Right => join.right().map(|(l, r)| (l.map(|l| l.2), Some(r.2))),
        Kind::Full => join.full().map(|(l, r)| (l.map(|l| l.2), r.map(|r| r.2))),
    }
}

/// A record as it arrives: its side, and the watermark before it.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    left: bool,
    record: Record,
    mark: i64,
}

/// When no partner of a record can come any more.
fn until(arrival: &Arrival, bounds: Bounds) -> i64 {
    let time = arrival.record.1;
    match bounds {
        Bounds::Tumbling(size) => time - time.rem_euclid(size) + size - 1,
        Bounds::Between(lower, upper) => time + if arrival.left { upper } else { -lower },
    }
}

/// Every record against every other one, in the order of their coming.
fn naive(arrivals: &[Arrival], (kind, bounds): (Kind, Bounds)) -> Vec<(Row, i64)> {
    let windowed = matches!(bounds, Bounds::Tumbling(_));
    let late = |a: &Arrival| windowed && until(a, bounds) <= a.mark;
    let (mut rows, mut met) = (Vec::new(), vec![false; arrivals.len()]);
    for (l, left) in arrivals.iter().enumerate().filter(|(_, a)| a.left && !late(a)) {
        for (r, right) in arrivals.iter().enumerate().filter(|(_, a)| !a.left && !late(a)) {
            let (first, second) = if l < r { (left, right) } else { (right, left) };
            let near = match bounds {
                Bounds::Tumbling(_) => until(left, bounds) == until(right, bounds),
                Bounds::Between(lower, upper) => {
                    (lower..=upper).contains(&(right.record.1 - left.record.1)) && second.mark < until(first, bounds)
                }
            };
            if near && left.record.0 == right.record.0 {
                let later = left.record.1.max(right.record.1);
                let time = if windowed { until(left, bounds) } else { later };
                rows.push(((Some(left.record.2), Some(right.record.2)), time));
                (met[l], met[r]) = (true, true);
            }
        }
    }
    for (arrival, _) in arrivals.iter().zip(&met).filter(|(a, met)| !**met && !late(a)) {
        let outer = kind == Kind::Full || kind == if arrival.left { Kind::Left } else { Kind::Right };
        if outer {
            let (number, until) = (Some(arrival.record.2), until(arrival, bounds));
            let row = if arrival.left { (number, None) } else { (None, number) };
            let hopeless = until <= arrival.mark;
            rows.push((
                row,
                if hopeless { arrival.record.1 } else { until.max(if windowed { until } else { arrival.record.1 }) },
            ));
        }
    }
    rows.sort_unstable();
    rows
}

#[derive(Clone, Debug)]
enum Step {
    Record(bool, u8, i64),
    Watermark(i64),
    Rebuild(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        10 => (any::<bool>(), 0u8..4, -15i64..30).prop_map(|(left, key, ahead)| Step::Record(left, key, ahead)),
        5 => (1i64..8).prop_map(Step::Watermark),
        1 => (1usize..=4).prop_map(Step::Rebuild),
    ];
    proptest::collection::vec(step, 0..30)
}

/// Records within the bound of disorder, for one source.
fn source() -> impl Strategy<Value = Vec<(u8, i64)>> {
    proptest::collection::vec((0u8..4, 0i64..12, 0i64..20), 0..40).prop_map(|records| {
        let (mut latest, mut placed) = (0, Vec::new());
        for (key, ahead, behind) in records {
            let time = latest + ahead - behind;
            latest = latest.max(time);
            placed.push((key, time));
        }
        placed
    })
}

proptest! {
    #![proptest_config(crate::cases())]

    #[test]
    fn late_records_and_rebuilding(steps in steps(), definition in definition(), parallelism in 1usize..=4) {
        let write = move |all: Stream<(bool, Record)>| {
            let side = |side: bool| move |(left, record): (bool, Record)| (left == side).then_some(record);
            let left = all.tee().filter_map(side(true));
            join(left, all.filter_map(side(false)), definition)
        };
        let settings = move |pipeline: &Pipeline| { pipeline.parallelism(parallelism); };
        let mut test = Harness::with(1, settings, write).unwrap();
        let (mut arrivals, mut mark) = (Vec::new(), i64::MIN);
        for step in steps {
            match step {
                Step::Record(left, key, ahead) => {
                    let time = mark.max(0) + ahead;
                    let record = (key, time, arrivals.len() as u16);
                    arrivals.push(Arrival { left, record, mark });
                    test.push((left, record), at(time)).unwrap();
                }
                Step::Watermark(by) => {
                    mark = mark.max(0) + by;
                    test.watermark(at(mark)).unwrap();
                }
                Step::Rebuild(tasks) => test.rebuild(tasks).unwrap(),
            }
        }
        let report = test.finish().unwrap();
        prop_assert!(report.is_balanced(), "{}", report);
        let mut rows: Vec<_> = test.timed_rows().into_iter().map(|row| (row.row, row.time.map_or(0, Timestamp::millis))).collect();
        rows.sort_unstable();
        prop_assert_eq!(rows, naive(&arrivals, definition));
    }

    /// Two sources of their own, each in disorder within the bound: the answer depends on nothing else.
    #[test]
    fn two_sources_at_any_parallelism(
        left in source(),
        right in source(),
        definition in definition(),
        parallelism in 1usize..=4,
        batch_size in 1usize..20,
    ) {
        let (rows, sink) = sinks::collect();
        let pipeline = Pipeline::new("join");
        pipeline.parallelism(parallelism).batch_size(batch_size).channel_capacity(8);
        let numbered = |records: &[(u8, i64)], from: u16| -> Vec<Record> {
            records.iter().zip(from..).map(|(&(key, time), number)| (key, time, number)).collect()
        };
        let (left, right) = (numbered(&left, 0), numbered(&right, 1000));
        let stream = |records: &[Record]| {
            pipeline.source(sources::iter(records.to_vec())).watermark(|record| at(record.1), ms(20))
        };
        join(stream(&left), stream(&right), definition).sink(sink);
        let report = run(pipeline).unwrap();
        prop_assert!(report.is_balanced(), "{}", report);
        let arrivals = [(true, left), (false, right)].into_iter().flat_map(|(left, records)| {
            records.into_iter().map(move |record| Arrival { left, record, mark: i64::MIN })
        });
        let expected = naive(&arrivals.collect::<Vec<_>>(), definition);
        let mut rows = rows.take();
        rows.sort_unstable();
        let mut expected: Vec<_> = expected.into_iter().map(|(row, _)| row).collect();
        expected.sort_unstable();
        prop_assert_eq!(rows, expected);
    }
}

type Write<'a> = &'a dyn Fn(&Pipeline, Stream<Record>, Stream<Record>);

#[test]
fn wrong_joins_are_refused() {
    let check = |write: Write<'_>, expected: &str| {
        let pipeline = Pipeline::new("wrong");
        let stream = || pipeline.source(sources::iter(Vec::<Record>::new())).watermark_monotonic(|record| at(record.1));
        let (left, right) = (stream(), stream());
        write(&pipeline, left, right);
        let error = run(pipeline).unwrap_err();
        assert_eq!(error.kind(), flow::ErrorKind::Definition);
        assert!(error.to_string().contains(expected), "{error}");
    };
    let joined = |left: Stream<Record>, right: Stream<Record>| left.key_by(|r| r.0).join(right.key_by(|r| r.0));
    check(
        &|_, left, right| drop(joined(left, right).between(after(ms(5)), before(ms(5))).inner().sink(sinks::null())),
        "the interval from 5 ms to -5 ms is empty",
    );
    check(
        &|_, left, right| drop(joined(left, right).window(tumbling(ms(0))).inner().sink(sinks::null())),
        "a window's size is zero",
    );
    check(
        &|_, left, right| {
            right.sink(sinks::null());
            let strange = Pipeline::new("another").source(sources::iter(Vec::<Record>::new()));
            drop(joined(left, strange).window(tumbling(ms(5))).inner().sink(sinks::null()));
        },
        "the two sides of a join are of different pipelines",
    );
    check(
        &|pipeline, left, right| {
            right.sink(sinks::null());
            let untimed = pipeline.source(sources::iter(Vec::<Record>::new()));
            drop(joined(left, untimed).window(tumbling(ms(5))).inner().sink(sinks::null()));
        },
        "it goes by event time, and its input has none",
    );
}
