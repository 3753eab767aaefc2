//! The test kit, tested on stages whose answers are known. A12, A18.

use flow::element::PartitionState;
use flow::prelude::*;
use flow::testing::Harness;
use std::time::Duration;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

#[test]
fn rows_come_out_with_their_times_and_sides_apart() {
    let mut test = Harness::new(|numbers: Stream<i64>| {
        let odd = numbers.tee().filter(|n| n % 2 != 0);
        (numbers.filter(|n| n % 2 == 0), odd)
    })
    .unwrap();
    for n in 1..=4 {
        test.push(n, at(n * 10)).unwrap();
    }
    let (even, odd) = test.timed_rows();
    assert_eq!(
        even.iter().map(|timed| (timed.row, timed.time.unwrap().millis())).collect::<Vec<_>>(),
        [(2, 20), (4, 40)]
    );
    assert_eq!(odd.into_iter().map(|timed| timed.row).collect::<Vec<_>>(), [1, 3]);
    assert!(test.rows().0.is_empty());
    test.rebuild(3).unwrap();
    test.push(6, at(60)).unwrap();
    assert_eq!(test.rows(), (vec![6], vec![]));
    assert!(test.finish().unwrap().is_balanced());
}

#[test]
fn a_stage_that_fails_is_reported_by_the_next_call() {
    let mut test = Harness::new(|numbers: Stream<i64>| numbers.map(|n| 1 / n)).unwrap();
    test.push(1, at(0)).unwrap();
    let error = test.push(0, at(1)).unwrap_err();
    assert!(error.to_string().contains("divide by zero"), "{error}");
    assert!(test.push(2, at(2)).is_err());
}

/// H4: watermarks of several partitions, one of them idle.
#[test]
fn watermarks_wait_for_every_partition_that_is_not_idle() {
    let watermark = |test: &Harness<i64, Stream<i64>>| {
        let stages = test.metrics().unwrap().stages;
        stages.iter().find(|stage| stage.kind == "watermark").unwrap().watermark.map(Timestamp::millis)
    };
    let write = |numbers: Stream<i64>| numbers.watermark(|n| Timestamp::from_millis(*n), Duration::from_millis(10));
    let mut test = Harness::with(2, |pipeline| _ = pipeline.idle_timeout(Duration::from_secs(30)), write).unwrap();
    test.push_to(0, 100).unwrap();
    assert_eq!(watermark(&test), None);
    test.push_to(1, 50).unwrap();
    assert_eq!(watermark(&test), Some(39));
    test.partition(1, PartitionState::Idle).unwrap();
    assert_eq!(watermark(&test), Some(89));
    test.push_to(1, 95).unwrap();
    test.push_to(0, 200).unwrap();
    assert_eq!(watermark(&test), Some(89), "a partition that is back holds time again, and it never goes back");
    test.advance(Duration::from_secs(20)).unwrap();
    test.push_to(0, 300).unwrap();
    assert_eq!(watermark(&test), Some(89));
    test.advance(Duration::from_secs(11)).unwrap();
    assert_eq!(watermark(&test), Some(289), "the idle time-out");
}

/// A source that is read slowly because what follows is slow has something to read: time waits for it.
#[test]
fn backpressure_makes_no_source_idle() {
    let ((rows, rows_sink), (late, late_sink)) = (sinks::collect(), sinks::collect());
    let pipeline = Pipeline::new("held up");
    pipeline.batch_size(1).channel_capacity(1).idle_timeout(Duration::from_secs(1));
    let time = |at: &i64| Timestamp::from_millis(*at);
    // A call takes a tenth of the time-out; but what it brings waits five seconds for the stage behind it.
    let mut calls = 0;
    let call = move || {
        calls += 1;
        async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok::<_, flow::Error>(vec![calls])
        }
    };
    let held_up = pipeline.source(sources::poll(Duration::ZERO, call).times(20)).watermark_monotonic(time);
    let held_up = held_up.map_async(MapAsync::ordered(1), |at| async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok::<_, flow::Error>(at)
    });
    // Another source is far ahead, and always there.
    let ahead = pipeline.source(sources::generator(10, |n| 1_000_000 + n as i64).limit(1200)).watermark_monotonic(time);
    let both = held_up.union([ahead.filter(|_| false)]);
    let (windowed, late_ones) = both.key_all().window(tumbling(Duration::from_millis(10))).split_late();
    windowed.aggregate(|of| of.count(), |_, window, count| (window.start.millis(), count)).sink(rows_sink);
    late_ones.sink(late_sink);
    let report = flow::testing::run(pipeline).unwrap();
    assert_eq!((rows.take(), late.take()), (vec![(0, 9), (10, 10), (20, 1)], vec![]));
    assert!(report.elapsed >= Duration::from_secs(100), "it was held up");
}
