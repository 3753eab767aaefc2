//! `map_async` in the engine, in virtual time: order, concurrency, time-outs, retries, failures, barriers, the watermark.

use flow::ErrorKind;
use flow::prelude::*;
use flow::testing::{Harness, run};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::time::sleep;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn requests_run_at_once_and_come_out_in_the_order_that_is_asked_for() {
    for parallelism in 1..=4 {
        for ordered in [true, false] {
            let (rows, sink) = sinks::collect();
            let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let peak = Arc::clone(&most);
            let how = if ordered { MapAsync::ordered(10) } else { MapAsync::unordered(10) };
            let pipeline = Pipeline::new("requests");
            pipeline
                .source(sources::iter(0..100u64))
                .map_async(how, move |n| {
                    let (running, peak) = (Arc::clone(&running), Arc::clone(&peak));
                    async move {
                        peak.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                        sleep(ms(if n % 10 == 0 { 100 } else { 10 })).await;
                        running.fetch_sub(1, SeqCst);
                        Ok::<_, String>(n)
                    }
                })
                .with_parallelism(parallelism)
                .sink(sink);
            let report = run(pipeline).unwrap();
            let mut rows = rows.take();
            assert!(parallelism > 1 || rows.is_sorted() == ordered);
            rows.sort_unstable();
            assert_eq!(rows, (0..100).collect::<Vec<_>>());
            assert!(report.is_balanced(), "{report}");
            let most = most.load(SeqCst);
            assert!((2..=10 * parallelism).contains(&most), "{most} at once");
            assert!(report.elapsed < ms(1200), "{:?}", report.elapsed);
        }
    }
}

/// Fails so many times for each record.
fn flaky(times: usize) -> impl Fn(u64) -> futures::future::BoxFuture<'static, Result<u64, String>> + Send + Sync {
    let tried = Arc::new(std::sync::Mutex::new(std::collections::HashMap::<u64, usize>::new()));
    move |n| {
        let tried = Arc::clone(&tried);
        Box::pin(async move {
            let mut tried = tried.lock().unwrap();
            let count = tried.entry(n).or_default();
            *count += 1;
            if n % 2 == 1 && *count <= times { Err(format!("attempt {count}")) } else { Ok(n) }
        })
    }
}

#[test]
fn failures_are_tried_again_and_then_go_by_the_policy() {
    let failing = |retries, on_error: Option<OnError>| {
        let (rows, sink) = sinks::collect();
        let pipeline = Pipeline::new("flaky");
        if let Some(on_error) = on_error {
            pipeline.on_error(on_error);
        }
        let how = MapAsync::ordered(4).retries(retries);
        pipeline.source(sources::iter(0..4)).map_async(how, flaky(3)).sink(sink);
        (run(pipeline), rows.take())
    };
    let (report, rows) = failing(3, None);
    assert_eq!(rows, [0, 1, 2, 3]);
    // 100, 200 and 400 milliseconds of waiting.
    assert!((ms(700)..ms(720)).contains(&report.unwrap().elapsed));
    let (report, _) = failing(2, None);
    let error = report.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::User, "attempt 3"));
    assert_eq!(&*error.stage().unwrap().name, "map_async");
    let (report, rows) = failing(2, Some(OnError::Skip));
    let counts = report.unwrap().stage("map_async").unwrap().counts;
    assert_eq!((rows, counts.passed, counts.skipped), (vec![0, 2], 2, 2));
    let (dead, dead_sink) = sinks::collect();
    let (report, rows) = failing(2, Some(OnError::dead_letter(dead_sink)));
    assert!(report.unwrap().is_balanced());
    assert_eq!(rows, [0, 2]);
    let dead: Vec<_> =
        dead.take().into_iter().map(|d: DeadLetter| (d.original, d.reason, d.attempts, d.stage)).collect();
    let letter = |original: &'static str| (original.into(), "attempt 3".into(), 3, "map_async".to_owned());
    assert_eq!(dead, [letter("1"), letter("3")]);
}

#[test]
fn what_takes_too_long_fails_and_what_panics_ends_the_job() {
    let pipeline = Pipeline::new("slow");
    let how = MapAsync::unordered(2).timeout(ms(50)).retries(1);
    let slow = pipeline.source(sources::iter(0..3)).map_async(how, |n: u8| async move {
        sleep(ms(1000)).await;
        Ok::<_, String>(n)
    });
    slow.sink(sinks::null());
    let error = run(pipeline).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Timeout, "no answer within 50ms"));
    for early in [true, false] {
        let pipeline = Pipeline::new("panics");
        let panics = pipeline.source(sources::iter(0..3)).map_async(MapAsync::ordered(2), move |n: u8| {
            assert!(!early || n < 2, "early");
            async move {
                assert!(early || n < 2, "late");
                Ok::<_, String>(n)
            }
        });
        panics.named("lookup").sink(sinks::null());
        let error = run(pipeline).unwrap_err();
        assert_eq!((error.kind(), &*error.stage().unwrap().name), (ErrorKind::Panic, "lookup"));
    }
    let pipeline = Pipeline::new("none");
    let none =
        pipeline.source(sources::iter(0..3)).map_async(MapAsync::ordered(0), |n: u8| async move { Ok::<_, String>(n) });
    none.sink(sinks::null());
    assert_eq!(run(pipeline).unwrap_err().message(), "a concurrency of 0 never makes a request");
}

/// The oldest request holds the watermark, so that its record is not late for the window behind.
#[test]
fn a_window_behind_unordered_requests_sees_every_record() {
    let at = |n: i64| Timestamp::from_millis(n);
    let mut test = Harness::new(move |numbers: Stream<i64>| {
        let slow = |n: i64| async move {
            sleep(ms(if n == 1 { 5000 } else { 10 })).await;
            Ok::<_, String>(n)
        };
        numbers
            .map_async(MapAsync::unordered(8), slow)
            .key_all()
            .window(tumbling(ms(10)))
            .aggregate(|of| of.count(), |(), window, count| (window.start.millis(), count))
    })
    .unwrap();
    for n in [1, 2, 15, 30] {
        test.push(n, at(n)).unwrap();
        test.watermark(at(n)).unwrap();
    }
    test.advance(ms(1000)).unwrap();
    assert_eq!(test.rows(), [], "the watermark waits for the first");
    test.advance(ms(4000)).unwrap();
    assert_eq!(test.rows(), [(0, 2), (10, 1)]);
    assert!(test.finish().unwrap().is_balanced());
    assert_eq!(test.rows(), [(30, 1)]);
}

#[test]
fn a_barrier_waits_for_what_is_in_flight() {
    for ordered in [true, false] {
        let mut test = Harness::new(move |numbers: Stream<u64>| {
            let how = if ordered { MapAsync::ordered(2) } else { MapAsync::unordered(2) };
            numbers.map_async(how, |n| async move {
                sleep(ms(100 * n)).await;
                Ok::<_, String>(n)
            })
        })
        .unwrap();
        for n in [9, 1, 5] {
            test.push(n, Timestamp::from_millis(0)).unwrap();
        }
        assert!(test.rows().is_empty());
        test.rebuild(1).unwrap();
        assert_eq!(test.rows(), if ordered { vec![9, 1, 5] } else { vec![1, 5, 9] });
        test.push(2, Timestamp::from_millis(0)).unwrap();
        assert!(test.finish().unwrap().is_balanced());
        assert_eq!(test.rows(), [2]);
    }
}

#[test]
fn dropping_a_job_drops_its_requests() {
    struct Guard(Arc<AtomicUsize>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_sub(1, SeqCst);
        }
    }
    let running = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&running);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let pipeline = Pipeline::new("hangs");
        let hangs = pipeline.source(sources::iter(0..100)).map_async(MapAsync::unordered(5), move |n: u8| {
            count.fetch_add(1, SeqCst);
            let guard = Guard(Arc::clone(&count));
            async move {
                let _guard = guard;
                std::future::pending::<Result<u8, String>>().await.map(|_| n)
            }
        });
        hangs.sink(sinks::null());
        let job = pipeline.start().await.unwrap();
        sleep(ms(100)).await;
        assert_eq!(running.load(SeqCst), 5);
        job.cancel();
        assert_eq!(job.wait().await.unwrap_err().kind(), ErrorKind::Cancelled);
        assert_eq!(running.load(SeqCst), 0);
    });
}
