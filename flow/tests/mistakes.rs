//! Definitions that cannot be run.

use flow::ErrorKind;
use flow::prelude::*;
use std::time::Duration;

#[test]
fn mistakes_are_found_before_anything_runs() {
    let check = |write: &dyn Fn(&Pipeline), expected: &str| {
        let pipeline = Pipeline::new("wrong");
        write(&pipeline);
        let error = pipeline.run_blocking().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Definition);
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.remedy().is_some(), "{error}");
    };
    check(&|_| {}, "is empty");
    check(&|p| drop(p.source(sources::iter(0..3))), "nobody takes its records");
    check(
        &|p| {
            p.source(sources::iter(0..3)).named("a").map(|n| n).named("a").sink(sinks::null());
        },
        "two stages are named `a`",
    );
    check(
        &|p| {
            p.parallelism(0).source(sources::iter(0..3)).sink(sinks::null());
        },
        "a parallelism of 0",
    );
    check(
        &|p| {
            p.parallelism(32_768).source(sources::iter(0..3)).sink(sinks::null());
        },
        "a parallelism of 32768",
    );
    check(
        &|p| {
            p.source(sources::iter(0..3)).map(|n| n).with_parallelism(40_000).sink(sinks::null());
        },
        "a parallelism of 40000",
    );
    check(
        &|p| {
            let stream = p.source(sources::iter(0..3));
            let other = p.source(sources::iter(0..3));
            let time = |n: &i64| Timestamp::from_millis(*n);
            stream.union([other]).watermark(time, Duration::ZERO).sink(sinks::null());
        },
        "behind a union",
    );
    for own in [
        |p: &Pipeline| p.source(sources::iter(0..3)).map(|n| n).with_parallelism(3),
        |p: &Pipeline| {
            p.source(sources::iter(0..3)).watermark_monotonic(|n| Timestamp::from_millis(*n)).with_parallelism(3)
        },
    ] {
        let time = |n: &i64| Timestamp::from_millis(*n);
        check(&|p| drop(own(p).watermark(time, Duration::ZERO).sink(sinks::null())), "tasks of its own number");
    }
}
