//! Names and parallelism, which every head and stage takes.

use flow::prelude::*;
use flow::state::States;
use flow::transforms::{Process, ProcessContext};
use std::time::Duration;

#[derive(Clone)]
struct Same;

impl Process<i64, i64> for Same {
    type Out = i64;
    fn states(&mut self, _: &mut States<'_, i64>) {}
    fn on_record(&mut self, record: i64, cx: &mut ProcessContext<'_, i64, i64>) -> flow::Result<()> {
        cx.emit(record);
        Ok(())
    }
}

/// The stage of this name in a report: what it is, and in how many tasks.
fn placed(report: &Report, expected: &[(&str, &str, usize)]) {
    for &(name, kind, tasks) in expected {
        let stage = report.stage(name).unwrap_or_else(|| panic!("no stage `{name}`"));
        assert_eq!((stage.kind, stage.tasks), (kind, tasks), "{name}");
    }
}

#[test]
fn stages_without_keys_take_them() {
    let (rows, out) = sinks::collect();
    let pipeline = pipeline! {
        name = "stateless";
        parallelism = 2;

        one = source(sources::iter(0_i64..100), name = "one")
            -> watermark(|n| Timestamp::from_millis(*n), delay = 5s, name = "times")
            -> map(|n| n, name = "mapped", parallelism = 3)
            -> filter(|n| *n >= 0, name = "filtered", parallelism = 2)
            -> flat_map(|n| vec![n], name = "flattened", parallelism = 3)
            -> filter_map(|n| Some(n), name = "some", parallelism = 2)
            -> try_map(|n| Ok::<_, String>(*n), name = "tried", parallelism = 3)
            -> inspect(|_| (), name = "seen", parallelism = 2)
            -> map_async(|n| std::future::ready(Ok::<_, String>(n)), name = "awaited", parallelism = 3)
            -> enrich(|n| std::future::ready(Ok::<_, String>(n.iter().map(|n| Ok(*n)).collect())), |_, n: i64| n, name = "asked");
        other = source(sources::iter(100_i64..200), name = "other");
        both = union(one, other, name = "both", parallelism = 2);
        both -> route(odd = |n| n % 2 != 0, rest, name = "routed", parallelism = 3);
        odd -> sink(out, name = "odd-out");
        rest -> sink(sinks::null(), name = "even-out");
    };
    let report = pipeline.run_blocking().unwrap();
    assert!(report.is_balanced() && rows.len() == 100);
    placed(
        &report,
        &[
            ("one", "source", 1),
            ("times", "watermark", 1),
            ("mapped", "map", 3),
            ("filtered", "filter", 2),
            ("flattened", "flat_map", 3),
            ("some", "filter_map", 2),
            ("tried", "try_map", 3),
            ("seen", "inspect", 2),
            ("awaited", "map_async", 3),
            ("asked", "enrich", 3),
            ("both", "union", 2),
            ("routed", "route", 3),
        ],
    );
    for sink in ["odd-out", "even-out"] {
        assert_eq!(report.stage(sink).unwrap().kind, "sink");
    }
}

#[test]
fn a_key_and_a_window_are_parts_of_the_stage_that_follows() {
    let pipeline = pipeline! {
        name = "keyed";
        parallelism = 2;

        numbers = source(sources::iter(0_i64..100), name = "numbers")
            -> watermark(|n| Timestamp::from_millis(*n), delay = 5s)
            -> filter(|n| *n >= 0, name = "kept");
        numbers
            -> key_by(|n| n % 7, name = "by-key", parallelism = 3)
            -> window(tumbling(1s))
            -> aggregate(|_| count())
            -> sink(sinks::null());
        numbers
            -> key_by(|n| n % 7, parallelism = 3)
            -> window(tumbling(1s), name = "by-window")
            -> reduce(|a, _| a)
            -> sink(sinks::null());
        numbers
            -> key_by(|n| n % 7, name = "overruled", parallelism = 3)
            -> window(tumbling(1s))
            -> top(2, |n| *n, name = "by-stage", parallelism = 4)
            -> sink(sinks::null());
        numbers
            -> key_by(|n| n % 7, name = "folded", parallelism = 3)
            -> fold(0_i64, |sum, n| sum + n)
            -> sink(sinks::null());
        numbers
            -> key_by(|n| n % 7, name = "processed", parallelism = 3)
            -> process(Same)
            -> sink(sinks::null());
    };
    let report = pipeline.run_blocking().unwrap();
    placed(
        &report,
        &[
            ("numbers", "source", 1),
            ("kept", "filter", 1),
            ("by-key", "aggregate", 3),
            ("by-window", "reduce", 3),
            ("by-stage", "top", 4),
            ("folded", "fold", 3),
            ("processed", "process", 3),
        ],
    );
}

#[test]
fn a_join_takes_what_is_said_of_its_keys() {
    let pipeline = Pipeline::new("joined");
    let numbers = || {
        let source = pipeline.source(sources::iter(0_i64..100));
        source.watermark(|n| Timestamp::from_millis(*n), Duration::from_secs(1))
    };
    let left = numbers().key_by(|n| n % 7).named("pairs");
    let right = numbers().key_by(|n| n % 7).with_parallelism(3);
    left.join(right).window(tumbling(Duration::from_secs(1))).inner().sink(sinks::null());
    placed(&pipeline.run_blocking().unwrap(), &[("pairs", "join", 3)]);
}
