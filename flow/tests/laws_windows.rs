//! Windows and running aggregates through the whole engine, against a naive model: any batch size, one to four tasks a stage,
//! rebuilt from snapshots in between. One partition is read, so late records and updates are the model's too.

mod model;

use flow::prelude::*;
use flow::testing::Harness;
use model::{Rec, Row, model};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

fn cases() -> ProptestConfig {
    ProptestConfig { max_shrink_iters: 200, ..crate::cases() }
}

fn ms(millis: i64) -> Duration {
    Duration::from_millis(millis.unsigned_abs())
}

fn window() -> impl Strategy<Value = Window> {
    let size = 1..40i64;
    prop_oneof![
        (size.clone(), 0..50i64).prop_map(|(size, offset)| tumbling(ms(size)).offset(ms(offset))),
        (size, 0..40i64).prop_map(|(size, every)| sliding(ms(size), ms(1 + every % size))),
        (1..8i64, 1..6i64).prop_map(|(every, parts)| sliding(ms(every * parts), ms(every))),
        (1..15i64).prop_map(|gap| session(ms(gap))),
    ]
}

/// Records on the whole in order: `(key, time, value)`.
fn records() -> impl Strategy<Value = Vec<Rec>> {
    let draft = (0..6u8, 0..60i64, -100..100i64);
    (proptest::collection::vec(draft, 0..60), 0..5i64).prop_map(|(drafts, pace)| {
        let drafts = drafts.into_iter().enumerate();
        drafts.map(|(at, (key, time, value))| (key, time + at as i64 * pace - 50, value)).collect()
    })
}

fn finish(key: &u8, window: TimeWindow, (count, sum, first): (i64, i64, i64)) -> Row {
    (*key, window.start.millis(), window.end.millis(), count, sum, first)
}

/// Which records reach the windows: all; or those that a filter keeps, whose batches are sparse.
fn kept(modulus: Option<i64>) -> impl Fn(&Rec) -> bool {
    move |record| modulus.is_none_or(|modulus| record.2 % modulus == 0)
}

/// Windows over the records, with the late ones apart.
fn stages(
    records: Stream<Rec>,
    window: Window,
    lateness: i64,
    delay: i64,
    modulus: Option<i64>,
) -> (Stream<Row>, Stream<Rec>) {
    let timed = records.watermark(|record: &Rec| Timestamp::from_millis(record.1), ms(delay));
    let timed = if modulus.is_some() { timed.filter(kept(modulus)) } else { timed };
    let (windowed, late) = timed.key_by(|record| record.0).window(window).lateness(ms(lateness)).split_late();
    (windowed.aggregate(|of| (of.count(), of.sum(|r| r.2), of.first(|r| r.2)), finish), late)
}

fn sorted<R: Ord>(mut rows: Vec<R>) -> Vec<R> {
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn windows_are_the_models_at_any_parallelism_and_batch_size(
        window in window(),
        records in records(),
        lateness in prop_oneof![Just(0), 0..40i64],
        delay in 0..30i64,
        modulus in proptest::option::of(1..4i64),
        parallelism in 1..5usize,
        batch_size in 1..20usize,
    ) {
        let ((rows, rows_sink), (late, late_sink)) = (sinks::collect(), sinks::collect());
        let pipeline = Pipeline::new("law");
        pipeline.parallelism(parallelism).batch_size(batch_size);
        let (out, late_ones) = stages(pipeline.source(sources::vec(records.clone())), window, lateness, delay, modulus);
        out.sink(rows_sink);
        late_ones.sink(late_sink);
        let report = pipeline.run_blocking().expect("it runs");
        let (expected, expected_late) = model(window, lateness, delay, kept(modulus), &records);
        prop_assert_eq!(sorted(rows.take()), expected);
        prop_assert_eq!(report.stage("aggregate").expect("it is there").counts.late, expected_late.len() as u64);
        prop_assert_eq!(sorted(late.take()), expected_late);
        prop_assert!(report.is_balanced(), "{}", report);
    }

    #[test]
    fn windows_rebuilt_anywhere_are_the_models(
        window in window(),
        records in records(),
        lateness in prop_oneof![Just(0), 0..40i64],
        delay in 0..30i64,
        modulus in proptest::option::of(1..4i64),
        rebuilds in proptest::collection::vec((0..60usize, 1..5usize), 0..3),
    ) {
        let write = move |records: Stream<Rec>| stages(records, window, lateness, delay, modulus);
        let mut test = Harness::new(write).expect("it starts");
        for (at, record) in records.iter().enumerate() {
            for &(_, tasks) in rebuilds.iter().filter(|(place, _)| *place == at) {
                test.rebuild(tasks).expect("it is rebuilt");
            }
            test.push_to(0, *record).expect("it takes the record");
        }
        test.finish().expect("it ends");
        let (rows, late) = test.rows();
        let (expected, expected_late) = model(window, lateness, delay, kept(modulus), &records);
        prop_assert_eq!(sorted(rows), expected);
        prop_assert_eq!(sorted(late), expected_late);
    }

    /// Partitions end at different times, and tasks hear of it in different orders: what windows still have to give then is late for no window behind them.
    #[test]
    fn nothing_is_late_for_windows_behind_windows(
        files in proptest::collection::vec(proptest::collection::vec((0..6u8, 0..400i64), 1..40), 2..5),
        parallelism in 1..5usize,
        batch_size in 1..20usize,
    ) {
        let folder = tempfile::tempdir().expect("there is room");
        let mut expected: BTreeMap<(u8, i64), i64> = BTreeMap::new();
        for (number, mut records) in files.into_iter().enumerate() {
            records.sort_by_key(|record| record.1);
            records.iter().for_each(|(key, time)| *expected.entry((key % 2, time / 20)).or_default() += 1);
            let lines: String = records.iter().map(|(key, time)| format!("[{key},{time}]\n")).collect();
            std::fs::write(folder.path().join(format!("{number}.jsonl")), lines).expect("there is room");
        }
        let (rows, sink) = sinks::collect();
        let pipeline = Pipeline::new("twice");
        pipeline.parallelism(parallelism).batch_size(batch_size);
        pipeline
            .source(sources::files(folder.path().join("*.jsonl")).json_lines::<(u8, i64)>())
            .watermark_monotonic(|record| Timestamp::from_millis(record.1))
            .key_by(|record| record.0)
            .window(tumbling(ms(10)))
            .aggregate(|of| of.count(), |key, _, count| (*key, count))
            .key_by(|row| row.0 % 2)
            .window(tumbling(ms(20)))
            .aggregate(|of| of.sum(|row| row.1), |key, window, sum| ((*key, window.start.millis() / 20), sum))
            .sink(sink);
        let report = pipeline.run_blocking().expect("it runs");
        prop_assert_eq!(sorted(rows.take()), Vec::from_iter(expected));
        prop_assert!(report.is_balanced(), "{}", report);
    }

    #[test]
    fn running_results_are_corrected_with_every_record(
        records in records(),
        parallelism in 1..5usize,
        batch_size in 1..20usize,
    ) {
        let ((totals, totals_sink), (folds, folds_sink), (bests, bests_sink)) =
            (sinks::collect(), sinks::collect(), sinks::collect());
        let pipeline = Pipeline::new("running");
        pipeline.parallelism(parallelism).batch_size(batch_size);
        let keyed = pipeline.source(sources::vec(records.clone())).key_by(|record| record.0);
        keyed.tee().aggregate(|of| (of.count(), of.sum(|r| r.2)), |_, totals| totals).sink(totals_sink);
        keyed.tee().fold(Vec::new(), |mut values: Vec<i64>, r| { values.push(r.2); values }).sink(folds_sink);
        keyed.reduce(|a, b| if b.2 > a.2 { b } else { a }).sink(bests_sink);
        let report = pipeline.run_blocking().expect("it runs");
        prop_assert!(report.is_balanced(), "{}", report);

        let mut values: BTreeMap<u8, Vec<i64>> = BTreeMap::new();
        let mut expected: BTreeMap<u8, Corrections> = BTreeMap::new();
        for (key, _, value) in records {
            let values = values.entry(key).or_default();
            values.push(value);
            let (totals, folds, bests) = expected.entry(key).or_default();
            totals.push((values.len() as i64, values.iter().sum()));
            folds.push(values.clone());
            bests.push(values.iter().copied().max());
        }
        let (totals, folds, bests) = (by_key(totals.take()), by_key(folds.take()), by_key(bests.take()));
        prop_assert_eq!(expected.len(), totals.len());
        for (key, (total, fold, best)) in expected {
            prop_assert_eq!(&totals[&key], &total);
            prop_assert_eq!(&folds[&key], &fold);
            prop_assert_eq!(bests[&key].iter().map(|record| Some(record.2)).collect::<Vec<_>>(), best);
        }
    }
}

/// What a key's totals, folds and reductions are corrected to.
type Corrections = (Vec<(i64, i64)>, Vec<Vec<i64>>, Vec<Option<i64>>);

/// The corrections of each key, in their order.
fn by_key<V: Clone>(upserts: Vec<Upsert<u8, V>>) -> BTreeMap<u8, Vec<V>> {
    let mut keys: BTreeMap<u8, Vec<V>> = BTreeMap::new();
    for upsert in &upserts {
        keys.entry(*upsert.key()).or_default().extend(upsert.value().cloned());
    }
    keys
}

#[test]
fn definitions_that_make_no_sense_are_refused_with_their_place() {
    let check = |wrong: &dyn Fn(KeyedStream<(), i64>) -> Stream<i64>, says: &str| {
        let (_, sink) = sinks::collect();
        let pipeline = Pipeline::new("wrong");
        let stream = pipeline.source(sources::iter(0..3)).watermark_monotonic(|at| Timestamp::from_millis(*at));
        wrong(stream.key_all()).sink(sink);
        let error = pipeline.run_blocking().expect_err(says);
        assert_eq!(error.kind(), flow::ErrorKind::Definition);
        assert!(error.to_string().contains(says), "{error}");
        assert!(error.stage().is_some_and(|stage| stage.origin.file.ends_with("laws_windows.rs")), "{error}");
    };
    let count = |windowed: WindowedStream<(), i64>| windowed.aggregate(|of| of.count(), |_, _, count| count);
    check(&|keyed| count(keyed.window(tumbling(Duration::ZERO))), "zero");
    check(&|keyed| count(keyed.window(sliding(ms(5), ms(6)))), "longer than its size");
    check(&|keyed| count(keyed.window(session(ms(5)).offset(ms(1)))), "no offset");
    check(&|keyed| keyed.window(tumbling(ms(5))).top(0, |n| *n), "top 0");
}

#[test]
fn a_window_needs_event_times() {
    let (_, sink) = sinks::collect();
    let pipeline = Pipeline::new("untimed");
    let keyed = pipeline.source(sources::iter(0..3)).key_all();
    keyed.window(tumbling(ms(5))).aggregate(|of| of.count(), |_, _, count| count).sink(sink);
    let error = pipeline.run_blocking().expect_err("there is no watermark stage");
    assert!(error.to_string().contains("watermark"), "{error}");
}

#[test]
fn a_window_of_another_size_does_not_take_up_the_state() {
    let size = std::rc::Rc::new(std::cell::Cell::new(10));
    let current = size.clone();
    let mut test = Harness::new(move |records: Stream<i64>| {
        records.key_all().window(tumbling(ms(current.get()))).aggregate(|of| of.count(), |_, _, count| count)
    })
    .expect("it starts");
    test.push(1, Timestamp::from_millis(1)).expect("it takes the record");
    size.set(20);
    let error = test.rebuild(1).expect_err("the windows are others");
    assert!(error.to_string().contains("windows that are open cannot be cut anew"), "{error}");
}
