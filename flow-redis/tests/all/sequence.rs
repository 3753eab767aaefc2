//! Numbers of a sequence: each once, in order, without gaps as long as nothing fails.

use super::{cli, key, redis};
use flow::prelude::*;
use flow_redis::RedisStages;

/// Numbers so many records in so many tasks.
fn number(sequence: &str, records: u64, batch_size: usize, tasks: usize) -> Vec<(u64, u64)> {
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("numbers");
    pipeline.batch_size(batch_size);
    pipeline
        .source(sources::iter(0..records))
        .number(redis().sequence(sequence), |record, n| (record, n))
        .with_parallelism(tasks)
        .sink(sink);
    let report = pipeline.run_blocking().unwrap();
    assert!(report.is_balanced(), "{report}");
    rows.take()
}

#[test]
fn numbers_follow_the_stream_and_go_on_from_run_to_run() {
    let sequence = key("sequence");
    for batch_size in [1, 7, 1_000] {
        let before: u64 = cli(&["GET", &sequence]).parse().unwrap_or(0);
        let rows = number(&sequence, 1_000, batch_size, 1);
        let expected: Vec<_> = (0..1_000).map(|record| (record, before + record + 1)).collect();
        assert_eq!(rows, expected);
    }
    assert_eq!(cli(&["GET", &sequence]), "3000");
}

#[test]
fn two_jobs_of_several_tasks_share_a_sequence() {
    let sequence = key("shared");
    let mut all = std::thread::scope(|scope| {
        let jobs = [3, 2].map(|tasks| {
            scope.spawn({
                let sequence = &sequence;
                move || number(sequence, 5_000, 100, tasks)
            })
        });
        jobs.map(|job| job.join().unwrap()).concat()
    });
    let mut numbers: Vec<u64> = all.iter().map(|(_, n)| *n).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=10_000).collect::<Vec<_>>());
    all.sort_unstable();
    assert!(all.chunks(2).zip(0..).all(|(pair, record)| pair.iter().all(|row| row.0 == record)));
}

#[test]
fn it_stands_in_the_language() {
    let sequence = key("language");
    let (rows, sink) = sinks::collect();
    let redis = redis();
    let pipeline = pipeline! {
        name = "language";
        source(sources::iter(["a", "b", "c"]))
            -> apply(|words| words.number(redis.sequence(sequence), |word, n| format!("{n} {word}")))
            -> sink(sink);
    };
    pipeline.run_blocking().unwrap();
    assert_eq!(rows.take(), ["1 a", "2 b", "3 c"]);
}

#[test]
fn a_key_that_counts_nothing_gives_no_numbers() {
    for (value, why) in [("words", "not an integer"), ("-5", "below zero")] {
        let sequence = key("wrong");
        cli(&["SET", &sequence, value]);
        let pipeline = Pipeline::new("wrong");
        pipeline
            .source(sources::iter(0..3))
            .number(redis().sequence(&*sequence), |record, n| (record, n))
            .sink(sinks::null());
        let text = pipeline.run_blocking().unwrap_err().to_string();
        assert!(text.contains(why) && text.contains(&sequence), "{text}");
    }
}
