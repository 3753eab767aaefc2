//! The engine as a whole: running, ending, failing.

use flow::ErrorKind;
use flow::prelude::*;
use std::sync::Arc;
use std::time::Duration;

fn block_on<R>(paused: bool, work: impl Future<Output = R>) -> R {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().start_paused(paused).build().unwrap().block_on(work)
}

/// In virtual time on one thread, and in real time on two. The work is told whether time is virtual.
fn on_both(work: impl AsyncFn(bool)) {
    block_on(true, work(true));
    let multi = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    multi.block_on(work(false));
}

/// Waits for what is sure to come: within a second of virtual time, whenever it does in real time.
async fn until(what: &str, paused: bool, happens: impl Fn() -> bool) {
    let wait = async {
        while !happens() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let limit = Duration::from_secs(if paused { 1 } else { 60 });
    assert!(tokio::time::timeout(limit, wait).await.is_ok(), "{what}: not within {limit:?}");
}

/// Lets virtual time pass; in real time it waits for what has happened by then.
async fn pass(paused: bool, millis: u64, happens: impl Fn() -> bool) {
    if paused {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    } else {
        until("the job works", paused, happens).await;
    }
}

/// How many tasks there are in this runtime.
fn alive() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

#[test]
fn runs_in_every_kind_of_runtime() {
    let run = || {
        let (rows, sink) = sinks::collect();
        let pipeline = Pipeline::new("even");
        pipeline.source(sources::iter(0..5000)).filter(|n| n % 2 == 0).map(|n| n + 1).sink(sink);
        (rows, pipeline)
    };
    let expected: Vec<i32> = (0..5000).filter(|n| n % 2 == 0).map(|n| n + 1).collect();
    let check = |rows: sinks::Collected<i32>, report: Report| {
        assert_eq!(rows.take(), expected);
        assert_eq!((report.read(), report.written()), (5000, 2500));
        assert_eq!(report.stage("filter").unwrap().counts.filtered, 2500);
        assert!(report.is_balanced(), "{report}");
    };
    let (rows, pipeline) = run();
    check(rows, pipeline.run_blocking().unwrap());
    let (rows, pipeline) = run();
    check(rows, block_on(false, pipeline.run()).unwrap());
    let (rows, pipeline) = run();
    let multi = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    check(rows, multi.block_on(pipeline.run()).unwrap());
    let (_, pipeline) = run();
    let error = block_on(false, async { pipeline.run_blocking() }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Definition);
}

#[test]
fn tee_and_union_and_rebalance_lose_nothing() {
    for parallelism in 1..=4 {
        for batch_size in [1, 7, 1024] {
            let (rows, sink) = sinks::collect();
            let pipeline = Pipeline::new("diamond");
            pipeline.parallelism(parallelism).batch_size(batch_size).channel_capacity(3);
            let all = pipeline.source(sources::iter(0..1000));
            let doubled = all.tee().map(|n| n * 2).with_parallelism(parallelism);
            all.filter(|n| n % 2 == 1).with_parallelism(3).union([doubled]).sink(sink);
            let report = pipeline.run_blocking().unwrap();
            let mut rows = rows.take();
            rows.sort_unstable();
            let mut expected: Vec<i32> = (0..1000).filter(|n| n % 2 == 1).chain((0..1000).map(|n| n * 2)).collect();
            expected.sort_unstable();
            assert_eq!(rows, expected);
            assert!(report.is_balanced(), "{report}");
        }
    }
}

#[test]
fn a_panic_ends_the_job_and_names_its_stage_and_line() {
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("panics");
    let line = line!() + 1;
    pipeline.source(sources::iter(0..10_000)).map(|n| 100 / (n - 5000)).named("divide").sink(sink);
    let error = pipeline.run_blocking().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panic);
    let stage = error.stage().unwrap();
    assert_eq!((&*stage.name, stage.origin.line), ("divide", line));
    assert!(stage.origin.file.ends_with("engine.rs"));
    assert!(error.to_string().contains("attempt to divide by zero"), "{error}");
    assert!(rows.len() < 10_000);
}

/// In front of a hash exchange the closures of the stage behind it are called.
#[test]
fn a_panic_in_front_of_an_exchange_names_the_stage_behind_it() {
    let check = |name: &'static str, key: fn(&i64) -> i64, value: fn(&i64) -> i64| {
        let pipeline = Pipeline::new("panics");
        pipeline.parallelism(2);
        let keyed =
            pipeline.source(sources::iter(0..100)).watermark_monotonic(|n| Timestamp::from_millis(*n)).key_by(key);
        let sums =
            keyed.window(tumbling(Duration::from_millis(10))).aggregate(move |of| of.sum(value), |_, _, sum| sum);
        sums.named(name).sink(sinks::null());
        let error = pipeline.run_blocking().unwrap_err();
        assert_eq!((error.kind(), &*error.stage().unwrap().name), (ErrorKind::Panic, name), "{error}");
    };
    check("by-key", |n| 7 / (n - 5), |n| *n);
    check("of-values", |n| *n, |n| 7 / (n - 5));
}

#[test]
fn stop_drain_and_cancel_end_a_job_without_end() {
    on_both(async |paused| {
        let start = async || {
            let (rows, sink) = sinks::collect();
            let pipeline = Pipeline::new("ticks");
            pipeline.source(sources::generator(1000, |n| n)).map(|n| n).sink(sink);
            let job = pipeline.start().await.unwrap();
            pass(paused, 100, || rows.len() >= 100).await;
            (rows, job)
        };
        let (rows, job) = start().await;
        job.stop();
        let report = job.wait().await.unwrap();
        assert!(rows.len() >= 100 && (rows.len() <= 102 || !paused), "{}", rows.len());
        assert_eq!(report.written(), rows.len() as u64);
        let (rows, job) = start().await;
        job.drain();
        assert!(job.wait().await.is_ok() && rows.len() >= 100);
        let (_, job) = start().await;
        job.cancel();
        assert_eq!(job.wait().await.unwrap_err().kind(), ErrorKind::Cancelled);
        let (_, job) = start().await;
        drop(job);
        until("a job nobody holds does not go on", paused, || alive() == 0).await;
    });
}

#[test]
fn blocking_code_ends_a_job_without_end() {
    let start = || {
        let ((rows, sink), (counts, count_sink), held) = (sinks::collect(), sinks::collect(), Arc::new(()));
        let (pipeline, of_job) = (Pipeline::new("ticks"), Arc::clone(&held));
        let numbers = pipeline.source(sources::generator(1000, |n| n as i64));
        let numbers = numbers.inspect(move |_| _ = &of_job).watermark_monotonic(|n| Timestamp::from_millis(*n));
        let windowed = numbers.tee().key_all().window(tumbling(Duration::from_hours(1)));
        windowed.aggregate(|of| of.count(), |_, _, count| count).sink(count_sink);
        numbers.sink(sink);
        let job = pipeline.start_blocking().unwrap();
        while rows.len() < 10 {
            assert!(!job.is_finished());
            std::thread::yield_now();
        }
        assert!(job.metrics().stages.iter().any(|stage| stage.counts.entered >= 10));
        assert_eq!(job.snapshot().unwrap().epoch(), 1);
        (job, rows, counts, held)
    };
    let check = |end: fn(&BlockingJob), fails: Option<ErrorKind>, fires: bool| {
        let (job, rows, counts, held) = start();
        end(&job);
        let result = job.wait();
        assert_eq!(result.as_ref().err().map(flow::Error::kind), fails);
        assert_eq!(Arc::strong_count(&held), 1, "the job holds nothing any more");
        if let Ok(report) = result {
            let (counts, rows) = (counts.take(), rows.len());
            assert_eq!(counts, Vec::from_iter(fires.then_some(rows as i64)));
            assert!(report.is_balanced() && report.written() == (rows + counts.len()) as u64, "{report}");
        }
    };
    check(BlockingJob::stop, None, false);
    check(BlockingJob::drain, None, true);
    check(BlockingJob::cancel, Some(ErrorKind::Cancelled), false);
    let (job, _, _, held) = start();
    drop(job);
    assert_eq!(Arc::strong_count(&held), 1, "a job nobody holds does not go on");
    // From async code nothing waits and nothing panics.
    let refused = |error: flow::Error| assert!(error.to_string().contains("was called from async code"), "{error}");
    for end in [drop as fn(BlockingJob), |job| assert_eq!(job.wait().unwrap_err().kind(), ErrorKind::Definition)] {
        let (job, _, _, held) = start();
        block_on(false, async {
            refused(Pipeline::new("async").start_blocking().unwrap_err());
            refused(job.snapshot().unwrap_err());
            end(job);
            until("the job lets go", false, || Arc::strong_count(&held) == 1).await;
        });
    }
}

#[test]
fn drain_fires_open_windows_and_stop_does_not() {
    let check = |end: fn(&Job), expected: &[(i64, i64)]| {
        for parallelism in [1, 3] {
            block_on(true, async {
                let ((rows, sink), (handle, source)) = (sinks::collect(), sources::channel(10));
                let pipeline = Pipeline::new("minutes");
                pipeline.parallelism(parallelism);
                let timed = pipeline.source(source).watermark_monotonic(|at: &i64| Timestamp::from_millis(*at));
                let windowed = timed.key_all().window(tumbling(Duration::from_millis(10)));
                windowed.aggregate(|of| of.count(), |_, window, count| (window.start.millis(), count)).sink(sink);
                let job = pipeline.start().await.unwrap();
                for at in [1, 5, 12, 15, 19] {
                    handle.send(at).await.unwrap();
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
                assert_eq!(rows.rows(), [(0, 2)]);
                end(&job);
                let report = job.wait().await.unwrap();
                assert_eq!((rows.take(), report.read()), (expected.to_vec(), 5));
                assert!(handle.is_closed() && report.is_balanced(), "{report}");
            });
        }
    };
    check(Job::stop, &[(0, 2)]);
    check(Job::drain, &[(0, 2), (10, 3)]);
}

/// A report says what holds for all rows: the weakest promise of all sinks, the dead letters' among them, and no more than a source
/// can make good.
#[test]
fn a_job_promises_what_its_weakest_part_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| sinks::files(folder.path().join(name)).json_lines::<i64>();
    let each = || sinks::for_each(|_: i64| async { Ok::<_, flow::Error>(()) });
    type Write<'a> = &'a dyn Fn(Stream<i64>);
    let check = |channel: bool, dead: bool, write: Write<'_>, expected: Delivery| {
        let pipeline = Pipeline::new("promises");
        if dead {
            pipeline.on_error(OnError::dead_letter(sinks::null()));
        }
        write(if channel { pipeline.source(sources::channel(1).1) } else { pipeline.source(sources::iter(0..3)) });
        assert_eq!(pipeline.run_blocking().unwrap().delivery, expected);
    };
    let strong: Write<'_> = &|rows| _ = rows.sink(file("a"));
    let strong_first: Write<'_> = &|rows| {
        rows.tee().sink(file("a"));
        rows.sink(each());
    };
    let weak_first: Write<'_> = &|rows| {
        rows.tee().sink(each());
        rows.sink(file("a"));
    };
    let weakest: Write<'_> = &|rows| {
        rows.tee().sink(each());
        rows.tee().sink(sinks::null());
        rows.sink(file("a"));
    };
    check(false, false, strong, Delivery::Transactional);
    check(false, false, strong_first, Delivery::AtLeastOnce);
    check(false, false, weak_first, Delivery::AtLeastOnce);
    check(false, false, weakest, Delivery::AtMostOnce);
    check(false, true, strong, Delivery::AtMostOnce);
    check(true, false, strong, Delivery::AtMostOnce);
}

#[test]
fn a_snapshot_goes_on_where_it_was_taken() {
    block_on(true, async {
        let write = |sink| {
            let pipeline = Pipeline::new("count");
            pipeline.source(sources::generator(1000, |n| n).limit(500)).map(|n| n).sink(sink);
            pipeline
        };
        let (before, sink) = sinks::collect();
        let job = write(sink).start().await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let snapshot = job.snapshot().await.unwrap();
        let mut rows = before.rows();
        job.cancel();
        assert!(job.wait().await.is_err());
        let bytes = snapshot.to_bytes().unwrap();
        let snapshot = flow::state::Snapshot::from_bytes(&bytes).unwrap();
        assert_eq!(snapshot.epoch(), 1);
        let (after, sink) = sinks::collect();
        let job = write(sink).restore(snapshot).await.unwrap();
        job.wait().await.unwrap();
        rows.extend(after.take());
        assert_eq!(rows, (0..500).collect::<Vec<u64>>());
    });
}

/// C1: a source of 10,000/s is slowed down by a sink of 2,000/s, for a minute, and nothing piles up.
#[test]
fn backpressure_keeps_channels_at_their_bound() {
    block_on(true, async {
        let sink = sinks::for_each(|n: u64| async move {
            // The clock ticks in milliseconds: two records take one.
            if n.is_multiple_of(2) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Ok::<_, flow::Error>(())
        });
        let pipeline = Pipeline::new("slow sink");
        pipeline.batch_size(64).channel_capacity(512);
        pipeline.source(sources::generator(10_000, |n| n)).map(|n| n).sink(sink);
        let job = pipeline.start().await.unwrap();
        let mut written = Vec::new();
        for second in 1..=60u64 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let metrics = job.metrics();
            let entered = |kind| metrics.stages.iter().find(|stage| stage.kind == kind).unwrap().counts.entered;
            let inside = entered("source") - entered("sink");
            assert!(inside <= 2 * 512 + 4 * 64, "{inside} records are inside after {second} s");
            for edge in &metrics.edges {
                assert!(edge.deepest <= edge.capacity, "{edge:?}");
            }
            written.push(entered("sink"));
        }
        for window in written[1..].windows(2) {
            // 2,000 in each second, give or take a batch at its end.
            assert!((window[1] - window[0]).abs_diff(2000) <= 64, "{written:?}");
        }
        assert!(job.metrics().edges.iter().any(|edge| edge.blocked > Duration::from_secs(50)));
        job.cancel();
    });
}

#[test]
fn no_task_is_left_behind() {
    let check = |name: &str, end: &dyn Fn(Job) -> Option<Job>, divisor: i64| {
        on_both(async |paused| {
            let pipeline = Pipeline::new("endless");
            pipeline.parallelism(2);
            let numbers = pipeline.source(sources::generator(1000, |n| n as i64));
            let (low, high) = (numbers.tee(), numbers.filter(|n| *n > 10));
            let low = low.map(move |n| n / (n - divisor)).with_parallelism(3);
            low.union([high]).key_by(|n| n % 7).reduce(|a, b| a.wrapping_add(b)).changes().sink(sinks::null());
            let job = pipeline.start().await.unwrap();
            // In real time the one that panics may have done so.
            assert!(alive() > 5 || (!paused && divisor > 0));
            let writes = || job.metrics().stages.iter().any(|at| at.kind == "sink" && at.counts.entered > 0);
            pass(paused, 200, || writes() || job.is_finished()).await;
            if let Some(job) = end(job) {
                // How it ends is not what is looked at here.
                let _ended = job.wait().await;
            }
            until(name, paused, || alive() == 0).await;
        });
    };
    let told = |tell: fn(&Job)| {
        move |job: Job| {
            tell(&job);
            Some(job)
        }
    };
    check("stop", &told(Job::stop), -1);
    check("drain", &told(Job::drain), -1);
    check("cancel", &told(Job::cancel), -1);
    check("drop", &|_| None, -1);
    check("panic", &Some, 100);
}

/// A read that fills its batch exactly says that there may be more. When there is not, what was spread over several tasks comes out all
/// the same.
#[test]
fn what_fills_a_batch_exactly_does_not_wait_for_more() {
    block_on(true, async {
        let ((handle, source), (rows, sink)) = (sources::channel(100), sinks::collect());
        let pipeline = Pipeline::new("exactly full");
        pipeline.batch_size(8).parallelism(4);
        pipeline.source(source).key_by(|n: &u32| *n).fold(0, |count: u32, _| count + 1).changes().sink(sink);
        for n in 0..8 {
            handle.send(n).await.unwrap();
        }
        let job = pipeline.start().await.unwrap();
        tokio::time::timeout(Duration::from_secs(60), async {
            while rows.len() < 8 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await
        .expect("all rows are out though the channel is open");
        job.cancel();
        drop(handle);
    });
}
