//! Process functions in the engine: state and timers at any parallelism, rebuilt after any element, are a map per key.

use flow::prelude::*;
use flow::state::{ListState, ReducingState, States, Ttl, ValueState};
use flow::testing::{Harness, run};
use flow::transforms::{Process, ProcessContext};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// Gathers numbers per key until the next multiple of ten, and says then what has come.
#[derive(Clone)]
struct Gather {
    numbers: ListState<i64>,
    total: ReducingState<i64>,
}

type Record = (String, i64);
type Row = (String, i64, Vec<i64>, i64);

impl Process<String, Record> for Gather {
    type Out = Row;

    fn states(&mut self, states: &mut States<'_, String>) {
        states.declare(&mut self.numbers).declare(&mut self.total);
    }

    fn on_record(&mut self, record: Record, cx: &mut ProcessContext<'_, String, Row>) -> flow::Result<()> {
        self.numbers.push(cx, record.1);
        self.total.add(cx, record.1);
        cx.set_timer(at(next_ten(cx.time().millis())));
        Ok(())
    }

    fn on_timer(&mut self, at: Timestamp, cx: &mut ProcessContext<'_, String, Row>) -> flow::Result<()> {
        let (numbers, total) = (self.numbers.take(cx), self.total.get(cx).copied().unwrap_or(0));
        let row = (cx.key().clone(), at.millis(), numbers, total);
        cx.emit(row);
        Ok(())
    }
}

fn gather() -> Gather {
    Gather { numbers: ListState::new("numbers"), total: ReducingState::new("total", |a, b| a + b) }
}

fn next_ten(time: i64) -> i64 {
    (time.div_euclid(10) + 1) * 10
}

#[derive(Default)]
struct Model {
    keys: BTreeMap<String, (Vec<i64>, i64)>,
    timers: BTreeSet<(i64, String)>,
    rows: Vec<Row>,
}

impl Model {
    fn record(&mut self, key: &str, number: i64, time: i64, watermark: i64) {
        let held = self.keys.entry(key.to_owned()).or_default();
        held.0.push(number);
        held.1 += number;
        self.timers.insert((next_ten(time), key.to_owned()));
        self.watermark(watermark);
    }

    fn watermark(&mut self, watermark: i64) {
        while let Some((at, key)) = self.timers.first().filter(|timer| timer.0 <= watermark).cloned() {
            self.timers.pop_first();
            let held = self.keys.entry(key.clone()).or_default();
            self.rows.push((key, at, std::mem::take(&mut held.0), held.1));
        }
    }

    fn sorted(mut self) -> Vec<Row> {
        self.rows.sort();
        self.rows
    }
}

#[derive(Clone, Debug)]
enum Step {
    Record(u8, i64, i64),
    Watermark(i64),
    Rebuild(usize),
}

proptest! {
    #![proptest_config(crate::cases())]

    #[test]
    fn late_records_and_rebuilding(
        steps in proptest::collection::vec(prop_oneof![
            10 => (0u8..5, any::<i8>(), -20i64..30).prop_map(|(key, n, ahead)| Step::Record(key, n.into(), ahead)),
            4 => (1i64..12).prop_map(Step::Watermark),
            1 => (1usize..=4).prop_map(Step::Rebuild),
        ], 0..30),
        parallelism in 1usize..=4,
    ) {
        let settings = move |pipeline: &Pipeline| { pipeline.parallelism(parallelism); };
        let write = |records: Stream<Record>| records.key_by(|record| record.0.clone()).process(gather());
        let mut test = Harness::with(1, settings, write).unwrap();
        let (mut model, mut mark) = (Model::default(), i64::MIN);
        for step in steps {
            match step {
                Step::Record(key, number, ahead) => {
                    let (key, time) = (key.to_string(), mark.max(0) + ahead);
                    test.push((key.clone(), number), at(time)).unwrap();
                    model.record(&key, number, time, mark);
                }
                Step::Watermark(by) => {
                    mark = mark.max(0) + by;
                    test.watermark(at(mark)).unwrap();
                    model.watermark(mark);
                }
                Step::Rebuild(tasks) => test.rebuild(tasks).unwrap(),
            }
        }
        let report = test.finish().unwrap();
        prop_assert!(report.is_balanced(), "{}", report);
        model.watermark(i64::MAX);
        let mut rows = test.rows();
        rows.sort();
        prop_assert_eq!(rows, model.sorted());
    }

    /// One source in disorder: the watermark stands after every record, wherever batches end.
    #[test]
    fn any_batch_size_and_parallelism(
        records in proptest::collection::vec((0u8..5, any::<i8>(), -12i64..12), 0..60),
        delay in 0i64..10,
        parallelism in 1usize..=4,
        batch_size in 1usize..20,
    ) {
        let (mut latest, mut model, mut input) = (0, Model::default(), Vec::new());
        let mut watermark = i64::MIN;
        for (key, number, ahead) in records {
            let time = latest + ahead;
            model.watermark(watermark);
            model.record(&key.to_string(), number.into(), time, watermark);
            input.push((key.to_string(), i64::from(number), time));
            latest = latest.max(time);
            watermark = watermark.max(time - delay - 1);
        }
        model.watermark(i64::MAX);
        let (rows, sink) = sinks::collect();
        let pipeline = Pipeline::new("gather");
        pipeline.parallelism(parallelism).batch_size(batch_size).channel_capacity(8);
        pipeline
            .source(sources::iter(input))
            .watermark(|record| at(record.2), Duration::from_millis(delay.unsigned_abs()))
            .map(|(key, number, _)| (key, number))
            .key_by(|record| record.0.clone())
            .process(gather())
            .sink(sink);
        prop_assert!(run(pipeline).unwrap().is_balanced());
        let mut rows = rows.take();
        rows.sort();
        prop_assert_eq!(rows, model.sorted());
    }
}

/// Says when a key was quiet for ten seconds of processing time.
#[derive(Clone)]
struct Quiet {
    timer: ValueState<Timestamp>,
    seen: ValueState<u32>,
}

impl Process<u8, u8> for Quiet {
    type Out = (u8, u32);

    fn states(&mut self, states: &mut States<'_, u8>) {
        states.declare(&mut self.timer).declare(&mut self.seen);
    }

    fn on_record(&mut self, _: u8, cx: &mut ProcessContext<'_, u8, (u8, u32)>) -> flow::Result<()> {
        if let Some(before) = self.timer.take(cx) {
            cx.delete_processing_timer(before);
        }
        let timer = cx.now().saturating_add(Duration::from_secs(10));
        cx.set_processing_timer(timer);
        self.timer.set(cx, timer);
        self.seen.update(cx, |seen| *seen += 1);
        Ok(())
    }

    fn on_processing_timer(&mut self, _: Timestamp, cx: &mut ProcessContext<'_, u8, (u8, u32)>) -> flow::Result<()> {
        let row = (*cx.key(), self.seen.get(cx).copied().unwrap_or(0));
        cx.emit(row);
        Ok(())
    }
}

#[test]
fn timers_by_processing_time_fire_while_nothing_comes() {
    let seconds = Duration::from_secs;
    for (life, seen) in [(None, 2), (Some(seconds(8)), 0)] {
        let process = move || {
            let seen = ValueState::new("seen");
            let seen = if let Some(life) = life { seen.ttl(Ttl::processing_time(life)) } else { seen };
            Quiet { timer: ValueState::new("timer"), seen }
        };
        let mut test = Harness::new(move |keys: Stream<u8>| keys.key_by(|key| *key).process(process())).unwrap();
        test.push(1, at(0)).unwrap();
        test.advance(seconds(6)).unwrap();
        test.push(1, at(0)).unwrap();
        test.rebuild(3).unwrap();
        test.advance(seconds(9)).unwrap();
        assert_eq!(test.rows(), []);
        test.advance(seconds(2)).unwrap();
        assert_eq!(test.rows(), [(1, seen)]);
        test.push(2, at(0)).unwrap();
        test.finish().unwrap();
        assert_eq!(test.rows(), [], "what waits for the clock is not waited for at the end");
    }
}

/// Sets a timer again whenever it fires.
#[derive(Clone)]
struct Ticks;

impl Process<(), i64> for Ticks {
    type Out = i64;

    fn states(&mut self, _: &mut States<'_, ()>) {}

    fn on_record(&mut self, record: i64, cx: &mut ProcessContext<'_, (), i64>) -> flow::Result<()> {
        if record == 0 {
            cx.set_timer(at(10));
        }
        Ok(())
    }

    fn on_timer(&mut self, fired: Timestamp, cx: &mut ProcessContext<'_, (), i64>) -> flow::Result<()> {
        cx.emit(fired.millis());
        cx.set_timer(fired.plus_millis(10));
        Ok(())
    }
}

#[test]
fn a_timer_that_sets_itself_again_ends_with_the_input() {
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("ticks");
    let numbers = pipeline.source(sources::iter([0, 15, 42])).watermark_monotonic(|n| at(*n));
    numbers.key_all().process(Ticks).sink(sink);
    assert!(run(pipeline).unwrap().is_balanced());
    assert_eq!(rows.take(), [10, 20, 30, 40, 50]);
}
