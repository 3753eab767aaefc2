//! Servers that are not there, die, stand still, or are not in the mood: nothing is lost, and errors say what to do.

use super::write;
use flow::ErrorKind;
use flow::connector::Delivery;
use flow::prelude::*;
use flow_redis::{Redis, RedisStages};
use flow_services::{OwnRedis, RedisTools, until};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

/// A time in which a test's server is there again for sure.
const PATIENCE: Duration = Duration::from_secs(120);

/// Rows that come as long as `go_on` says, at a pace that lets something happen between them: number, and its remainder as key.
fn rows(go_on: &Arc<AtomicBool>, made: &Arc<AtomicU64>) -> impl Source<Item = u64> + use<> {
    let (go_on, made) = (Arc::clone(go_on), Arc::clone(made));
    sources::stream(futures::stream::unfold(0, move |n| {
        let (go_on, made) = (Arc::clone(&go_on), Arc::clone(&made));
        async move {
            if n % 50 == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            made.store(n, SeqCst);
            go_on.load(SeqCst).then_some((n, n + 1))
        }
    }))
}

fn connect(server: &OwnRedis) -> Redis {
    Redis::url(server.address()).patience(PATIENCE).timeout(Duration::from_millis(500))
}

/// Runs a pipeline over endless rows while `harm` is done to the server, some rows later each time, and gives the number of rows.
fn through(server: &OwnRedis, define: impl FnOnce(Stream<u64>) + Send, harm: impl Fn(&OwnRedis)) -> (u64, Report) {
    let (go_on, made) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
    let pipeline = Pipeline::new("through");
    define(pipeline.source(rows(&go_on, &made)));
    let report = std::thread::scope(|scope| {
        let job = scope.spawn(|| pipeline.run_blocking());
        let further = || {
            let from = made.load(SeqCst);
            until("rows", PATIENCE, || {
                (made.load(SeqCst) > from + 2_000).then_some(()).ok_or_else(|| "too few".into())
            })
            .unwrap();
        };
        further();
        for _ in 0..3 {
            harm(server);
            further();
        }
        go_on.store(false, SeqCst);
        job.join().unwrap()
    });
    let report = report.unwrap();
    assert!(report.is_balanced(), "{report}");
    (report.stage("out").unwrap().counts.entered, report)
}

fn kill(server: &OwnRedis) {
    server.kill().unwrap();
    server.start_again().unwrap();
}

fn pause(server: &OwnRedis) {
    server.pause().unwrap();
    // Longer than an answer may take, so that the connection counts as lost.
    let since = tokio::time::Instant::now();
    let over = || (since.elapsed() > Duration::from_millis(1_200)).then_some(()).ok_or_else(String::new);
    until("a while", PATIENCE, over).unwrap();
    server.resume().unwrap();
}

fn gauge(report: &Report, name: &str) -> i64 {
    report.stage("out").unwrap().gauges.iter().find(|gauge| gauge.name == name).unwrap().value
}

/// No increment is lost, and idempotent sinks are exactly right.
fn survives(harm: fn(&OwnRedis)) {
    let server = OwnRedis::start().unwrap();
    let (redis, tools) = (connect(&server), RedisTools::at(server.address()));
    let incr = redis.incr(|n: u64| format!("count:{}", n % 10)).batch(100);
    let (rows, report) = through(&server, |stream| drop(stream.sink(incr).named("out")), harm);
    let counted: u64 =
        (0..10).map(|n| tools.cli(&["GET", &format!("count:{n}")]).unwrap().trim().parse::<u64>().unwrap()).sum();
    assert!(counted >= rows, "{counted} of {rows}");
    assert!(counted <= rows + gauge(&report, "repeated") as u64, "{counted} of {rows}: {report}");
    assert!(gauge(&report, "reconnects") > 0, "{report}");

    let set = redis.set(|n: u64| (format!("last:{}", n % 10), n)).batch(100);
    let (rows, _) = through(&server, |stream| drop(stream.sink(set).named("out")), harm);
    for n in 0..10 {
        let last: u64 = tools.cli(&["GET", &format!("last:{n}")]).unwrap().trim().parse().unwrap();
        assert_eq!(last, (rows - 1) - (rows - 1 + 10 - n) % 10, "of {rows}");
    }
}

#[test]
fn a_server_that_is_killed_and_comes_again_loses_nothing() {
    survives(kill);
}

#[test]
fn a_server_that_stands_still_loses_nothing() {
    survives(pause);
}

#[test]
fn numbers_are_given_once_whatever_happens_to_the_server() {
    let server = OwnRedis::start().unwrap();
    let sequence = connect(&server).sequence("numbers");
    let (numbers, sink) = sinks::collect();
    let (rows, _) =
        through(&server, |stream| drop(stream.number(sequence, |row, n| (row, n)).sink(sink).named("out")), kill);
    let numbers = numbers.take();
    assert_eq!(numbers.iter().map(|(row, _)| *row).collect::<Vec<_>>(), (0..rows).collect::<Vec<_>>());
    assert!(numbers.is_sorted_by(|a, b| a.1 < b.1), "a number came twice, or too early");
}

#[test]
fn a_server_that_comes_late_is_waited_for() {
    let server = OwnRedis::reserve().unwrap();
    let redis = connect(&server);
    let report = std::thread::scope(|scope| {
        let job = scope.spawn(|| write(vec![1, 2, 3], redis.incr(|_: i32| "late")));
        server.start_again().unwrap();
        job.join().unwrap()
    });
    report.unwrap();
    assert_eq!(RedisTools::at(server.address()).cli(&["GET", "late"]).unwrap().trim(), "3");
}

/// Counts the lines that say that the server is waited for.
#[derive(Clone, Default)]
struct Lines(Arc<AtomicU64>);

impl tracing::Subscriber for Lines {
    fn enabled(&self, about: &tracing::Metadata<'_>) -> bool {
        about.target().starts_with("flow_redis") && *about.level() == tracing::Level::WARN
    }

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, SeqCst);
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_server_that_never_comes_is_one_clear_error() {
    let server = OwnRedis::reserve().unwrap();
    let redis = Redis::url(server.address());
    // In virtual time: a minute is over at once, and is a minute all the same.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let lines = Lines::default();
    let _logged = tracing::subscriber::set_default(lines.clone());
    let error = runtime.block_on(async {
        let since = tokio::time::Instant::now();
        let pipeline = Pipeline::new("never");
        pipeline.source(sources::iter(0..3)).sink(redis.incr(|_: i32| "never"));
        let error = pipeline.run().await.unwrap_err();
        let waited = since.elapsed();
        assert!((Duration::from_secs(60)..Duration::from_secs(63)).contains(&waited), "{waited:?}");
        error
    });
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Io);
    for part in ["no connection to redis://127.0.0.1:", "within 60s", "whether the server runs"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let lines = lines.0.load(SeqCst);
    assert!((10..=12).contains(&lines), "a line each five seconds, and not {lines}");
}

#[test]
fn a_server_that_goes_away_for_good_fails_the_job() {
    let server = OwnRedis::start().unwrap();
    let redis = Redis::url(server.address()).patience(Duration::from_millis(300));
    let (go_on, made) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU64::new(0)));
    let pipeline = Pipeline::new("gone");
    pipeline.source(rows(&go_on, &made)).sink(redis.incr(|_: u64| "gone"));
    let error = std::thread::scope(|scope| {
        let job = scope.spawn(|| pipeline.run_blocking());
        until("rows", PATIENCE, || (made.load(SeqCst) > 1_000).then_some(()).ok_or_else(String::new)).unwrap();
        server.kill().unwrap();
        job.join().unwrap().unwrap_err()
    });
    let text = error.to_string();
    assert!(text.contains("within 300ms") && text.contains("refused"), "{text}");
}

#[test]
fn who_may_not_in_is_told_so_and_hears_no_password() {
    let server = OwnRedis::with(&["--requirepass", "right"]).unwrap();
    let port = server.address().rsplit(':').next().unwrap();
    let (right, wrong) = (flow::Secret::new("right"), flow::Secret::new("hunter2"));
    let at = |redis: Redis| write(vec![1], redis.incr(|_: i32| "who").batch(1));
    at(Redis::url(server.address()).password(right)).unwrap();
    at(Redis::url(format!("redis://:right@127.0.0.1:{port}"))).unwrap();
    for redis in [
        Redis::url(server.address()).password(wrong),
        Redis::url(format!("redis://:hunter2@127.0.0.1:{port}")),
        Redis::url(server.address()),
    ] {
        let error = at(redis).unwrap_err();
        let text = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Config, "{text}");
        assert!(text.contains("Redis::password") && !text.contains("hunter2"), "{text}");
    }
}

#[test]
fn full_memory_is_an_error_with_a_remedy() {
    let server = OwnRedis::with(&["--maxmemory", "2mb", "--maxmemory-policy", "noeviction"]).unwrap();
    let redis = connect(&server);
    let set = redis.set(|n: u64| (n, vec![b'x'; 10_000]));
    let error = write((0..1_000).collect(), set).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("SET of `") && text.contains("OOM") && text.contains("maxmemory"), "{text}");
}

#[test]
fn a_server_that_runs_a_script_is_waited_for() {
    let server = OwnRedis::with(&["--busy-reply-threshold", "10"]).unwrap();
    let (redis, tools) = (connect(&server), RedisTools::at(server.address()));
    let client = ::redis::Client::open(server.address()).unwrap();
    std::thread::scope(|scope| {
        // Runs until it is killed; it writes nothing, so that it may be.
        scope.spawn(|| {
            let mut connection = client.get_connection().unwrap();
            let ended: ::redis::RedisResult<()> = ::redis::Script::new("while true do end").invoke(&mut connection);
            assert!(ended.is_err());
        });
        let busy = || match tools.cli(&["GET", "x"]) {
            Err(error) if error.to_string().contains("BUSY") => Ok(()),
            other => Err(format!("{other:?}")),
        };
        until("a busy server", PATIENCE, busy).unwrap();
        let job = scope.spawn(|| write((0..500).collect(), redis.incr(|_: u64| "busy").batch(50)));
        // The job's connection stands; its commands are refused for now.
        let waits = || match tools.cli(&["SCRIPT", "KILL"]) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        until("the script's end", PATIENCE, waits).unwrap();
        job.join().unwrap().unwrap();
    });
    assert_eq!(tools.cli(&["GET", "busy"]).unwrap().trim(), "500");
}

#[test]
fn what_was_published_into_a_lost_connection_is_not_published_again() {
    let server = OwnRedis::start().unwrap();
    let redis = connect(&server);
    let publish = redis.publish(|n: u64| ("channel", n)).batch(100);
    assert_eq!(publish.delivery(), Delivery::AtMostOnce);
    let (_, report) = through(&server, |stream| drop(stream.sink(publish).named("out")), kill);
    assert_eq!((gauge(&report, "repeated"), gauge(&report, "pending")), (0, 0), "{report}");
    assert!(gauge(&report, "reconnects") > 0 && gauge(&report, "lost") > 0, "{report}");
}
