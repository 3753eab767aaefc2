//! Streams with consumer groups: every entry at least once, whoever dies; acknowledged when its effects are out and not before.

use super::{cli, key, redis};
use flow::connector::Message;
use flow::prelude::*;
use flow_redis::{Entry, Redis, StreamSource};
use flow_services::{OwnRedis, RedisTools, until};
use std::collections::BTreeSet;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(120);

/// Adds the numbers of a range.
fn add(redis: &Redis, stream: &str, numbers: std::ops::Range<u64>) {
    let pipeline = Pipeline::new("add");
    let to = stream.to_owned();
    pipeline.source(sources::iter(numbers)).sink(redis.xadd(move |n: u64| (to.clone(), [("n", n)])));
    pipeline.run_blocking().unwrap();
}

/// How many entries of a group are given and not acknowledged.
fn pending(tools: &RedisTools, stream: &str, group: &str) -> u64 {
    let text = tools.cli(&["XPENDING", stream, group]).unwrap();
    text.lines().next().unwrap().trim().parse().unwrap()
}

fn copy<S: Source<Item = u64>>(source: S) -> (flow::Result<Report>, Vec<u64>) {
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("copy");
    pipeline.source(source).sink(sink);
    (pipeline.run_blocking(), rows.take())
}

type Numbers = StreamSource<flow_redis::Field<flow::formats::Json<u64>>>;

fn numbers(redis: &Redis, stream: &str) -> Numbers {
    redis.stream(stream).group("g").json()
}

#[test]
fn a_group_goes_on_where_it_was() {
    let (stream, tools) = (key("stream"), RedisTools::at(&super::address()));
    add(&redis(), &stream, 0..2_500);
    let read = || {
        let (report, rows) = copy(numbers(&redis(), &stream).until_end());
        assert!(report.unwrap().is_balanced());
        assert_eq!(pending(&tools, &stream, "g"), 0);
        rows
    };
    assert_eq!(read(), (0..2_500).collect::<Vec<_>>());
    assert!(read().is_empty());
    add(&redis(), &stream, 2_500..2_600);
    assert_eq!(read(), (2_500..2_600).collect::<Vec<_>>());
    // A consumer whose name was of one run only is not left behind.
    assert_eq!(cli(&["XINFO", "CONSUMERS", &stream, "g"]), "");
    let (report, rows) = copy(redis().stream(&*stream).group("new").from_new().until_end().json::<u64>());
    assert_eq!((report.is_ok(), rows), (true, vec![]));
}

#[test]
fn what_stands_in_an_entry_is_at_hand() {
    let stream = key("entries");
    cli(&["XADD", &stream, "1700000000000-3", "n", "1", "note", "first"]);
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("entries");
    pipeline.source(redis().stream(&*stream).group("g").until_end()).sink(sink);
    pipeline.run_blocking().unwrap();
    let fields = vec![("n".to_owned(), "1".into()), ("note".to_owned(), "first".into())];
    assert_eq!(rows.take(), [Entry { id: "1700000000000-3".into(), fields }]);
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("messages");
    let source = redis().stream(&*stream).group("h").field("n").until_end().json::<u64>();
    pipeline.source(source.with_metadata()).sink(sink);
    pipeline.run_blocking().unwrap();
    let [message]: [Message<u64>; 1] = rows.take().try_into().unwrap();
    assert_eq!((message.value, message.metadata.offset), (1, Some(1_700_000_000_000_000_003)));
    assert_eq!(message.metadata.time, Some(Timestamp::from_millis(1_700_000_000_000)));
    assert_eq!(message.metadata.header("note").unwrap(), "first");
}

#[test]
fn bad_entries_are_dead_letters_and_are_acknowledged() {
    let (stream, tools) = (key("bad"), RedisTools::at(&super::address()));
    for value in ["1", "{", "\"two\"", "", "3"] {
        cli(&["XADD", &stream, "*", "n", value]);
    }
    let id = cli(&["XADD", &stream, "*", "n", "4", "more", "x"]);
    let ((rows, sink), (dead, dead_sink)) = (sinks::collect(), sinks::collect());
    let pipeline = Pipeline::new("bad");
    pipeline.on_error(OnError::dead_letter(dead_sink));
    pipeline.source(numbers(&redis(), &stream).until_end()).sink(sink);
    assert!(pipeline.run_blocking().unwrap().is_balanced());
    assert_eq!(rows.take(), [1, 3]);
    let dead: Vec<DeadLetter> = dead.take();
    let originals: Vec<_> = dead.iter().map(|letter| std::str::from_utf8(&letter.original).unwrap()).collect();
    assert_eq!(originals, ["{", "\"two\"", "", "n=4 more=x"]);
    assert!(dead[2].reason.contains("nothing in the value"), "{}", dead[2].reason);
    assert_eq!(dead[3].attributes, [("id".to_owned(), id.into())]);
    assert!(dead[3].reason.contains("2 fields"), "{}", dead[3].reason);
    assert_eq!(pending(&tools, &stream, "g"), 0);
    let error = copy(redis().stream(&*stream).group("fails").until_end().json::<u64>()).0.unwrap_err();
    assert!(error.to_string().contains(&stream), "{error}");
}

#[test]
fn entries_are_acknowledged_as_the_job_goes() {
    let (stream, tools) = (key("goes"), RedisTools::at(&super::address()));
    add(&redis(), &stream, 0..1_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (rows, sink) = sinks::collect::<u64>();
    let pipeline = Pipeline::new("goes");
    pipeline.source(numbers(&redis(), &stream)).sink(sink);
    let job = runtime.block_on(pipeline.start()).unwrap();
    let acknowledged = |count: usize| {
        until("acknowledgements", PATIENCE, || match (rows.len(), pending(&tools, &stream, "g")) {
            (all, 0) if all == count => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .unwrap();
    };
    acknowledged(1_000);
    add(&redis(), &stream, 1_000..1_100);
    acknowledged(1_100);
    job.stop();
    assert!(runtime.block_on(job.wait()).unwrap().is_balanced());
    assert_eq!(rows.take(), (0..1_100).collect::<Vec<_>>());
    assert_eq!(cli(&["XINFO", "CONSUMERS", &stream, "g"]), "", "nobody comes back by a name of one run only");
}

#[test]
fn a_consumer_of_one_run_that_has_something_left_is_kept_until_it_was_taken_over() {
    let (stream, tools) = (key("kept"), RedisTools::at(&super::address()));
    add(&redis(), &stream, 0..300);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("stopped");
    // What is counted is acknowledged when the job has drained, and so never.
    pipeline
        .source(numbers(&redis(), &stream))
        .watermark_monotonic(|n| Timestamp::from_millis(*n as i64))
        .key_all()
        .window(tumbling(Duration::from_millis(100)))
        .aggregate(|of| of.count(), |(), _, count| count)
        .sink(sink);
    let job = runtime.block_on(pipeline.start()).unwrap();
    until("windows", PATIENCE, || (rows.len() == 2).then_some(()).ok_or_else(String::new)).unwrap();
    job.stop();
    runtime.block_on(job.wait()).unwrap();
    assert_eq!(pending(&tools, &stream, "g"), 300);
    for name in ["flow-run-empty", "another"] {
        cli(&["XGROUP", "CREATECONSUMER", &stream, "g", name]);
    }
    let consumers = || {
        let said = cli(&["XINFO", "CONSUMERS", &stream, "g"]);
        said.lines().filter(|line| ["flow-run-", "another"].iter().any(|name| line.starts_with(name))).count()
    };
    // As long as they may still come back, nobody takes anything from them.
    assert_eq!((copy(numbers(&redis(), &stream).until_end()).1.len(), consumers()), (0, 3));
    let (_, rows) = copy(numbers(&redis(), &stream).claim_after(Duration::from_millis(1)).until_end());
    assert_eq!(rows, (0..300).collect::<Vec<_>>());
    assert_eq!((pending(&tools, &stream, "g"), consumers()), (0, 1));
}

#[test]
fn a_pipeline_with_windows_acknowledges_when_it_has_drained() {
    let (stream, tools) = (key("windows"), RedisTools::at(&super::address()));
    add(&redis(), &stream, 0..1_000);
    let run = |end: fn(&Job)| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (rows, sink) = sinks::collect();
        let pipeline = Pipeline::new("windows");
        pipeline
            .source(numbers(&redis(), &stream).consumer("a"))
            .watermark_monotonic(|n| Timestamp::from_millis(*n as i64))
            .key_all()
            .window(tumbling(Duration::from_millis(300)))
            .aggregate(|of| of.count(), |(), window, count| (window.start.millis(), count))
            .sink(sink);
        let job = runtime.block_on(pipeline.start()).unwrap();
        until("windows", PATIENCE, || (rows.len() == 3).then_some(()).ok_or_else(|| format!("{} rows", rows.len())))
            .unwrap();
        assert_eq!(pending(&tools, &stream, "g"), 1_000);
        end(&job);
        runtime.block_on(job.wait()).unwrap();
        rows.take()
    };
    let whole = vec![(0, 300), (300, 300), (600, 300)];
    assert_eq!(run(Job::stop), whole);
    assert_eq!(pending(&tools, &stream, "g"), 1_000);
    assert_eq!(run(Job::drain), [whole, vec![(900, 100)]].concat());
    assert_eq!(pending(&tools, &stream, "g"), 0);
}

#[test]
fn what_a_dead_consumer_has_left_is_taken_over() {
    let (stream, tools) = (key("dead"), RedisTools::at(&super::address()));
    add(&redis(), &stream, 0..5_000);
    // One is cancelled in the middle, and acknowledges nothing more; another never did anything.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (first, sink) = sinks::collect::<u64>();
    let pipeline = Pipeline::new("dies");
    pipeline.batch_size(10).source(numbers(&redis(), &stream).consumer("dies")).sink(sink);
    let job = runtime.block_on(pipeline.start()).unwrap();
    until("rows", PATIENCE, || (first.len() > 500).then_some(()).ok_or_else(String::new)).unwrap();
    job.cancel();
    assert!(runtime.block_on(job.wait()).is_err());
    cli(&["XREADGROUP", "GROUP", "g", "idle", "COUNT", "700", "STREAMS", &stream, ">"]);
    let left = pending(&tools, &stream, "g");
    assert!(left >= 700, "{left}");
    let source = || numbers(&redis(), &stream).claim_after(Duration::from_millis(1)).until_end();
    let (report, second) = copy(source());
    let report = report.unwrap();
    let claimed = report.metrics.stages[0].gauges.iter().find(|gauge| gauge.name == "claimed").unwrap().value;
    assert_eq!(claimed as u64, left);
    let all: BTreeSet<u64> = first.take().into_iter().chain(second.iter().copied()).collect();
    assert!(all.into_iter().eq(0..5_000), "an entry is missing");
    assert_eq!(second.iter().collect::<BTreeSet<_>>().len(), second.len(), "one job gives no entry twice");
    assert_eq!(pending(&tools, &stream, "g"), 0);
    assert!(copy(source()).1.is_empty());
}

#[test]
fn what_others_have_left_may_be_left_to_them_for_ever() {
    let stream = key("ever");
    add(&redis(), &stream, 0..20);
    cli(&["XGROUP", "CREATE", &stream, "g", "0"]);
    cli(&["XREADGROUP", "GROUP", "g", "idle", "COUNT", "10", "STREAMS", &stream, ">"]);
    let (report, rows) = copy(numbers(&redis(), &stream).claim_after(Duration::MAX).until_end());
    assert_eq!((report.unwrap().is_balanced(), rows), (true, (10..20).collect()));
}

#[test]
fn who_may_run_no_scripts_reads_all_the_same() {
    let server = OwnRedis::start().unwrap();
    let redis = Redis::url(server.address());
    add(&redis, "s", 0..10);
    let tools = RedisTools::at(server.address());
    tools.cli(&["ACL", "SETUSER", "reader", "on", ">right", "~*", "+@all", "-@scripting"]).unwrap();
    let (report, rows) = copy(numbers(&redis.user("reader").password(flow::Secret::new("right")), "s").until_end());
    assert_eq!((report.unwrap().is_balanced(), rows.len(), pending(&tools, "s", "g")), (true, 10, 0));
}

#[test]
fn a_consumer_that_comes_back_reads_what_it_has_not_acknowledged() {
    let (stream, tools) = (key("back"), RedisTools::at(&super::address()));
    add(&redis(), &stream, 0..300);
    cli(&["XGROUP", "CREATE", &stream, "g", "0"]);
    cli(&["XREADGROUP", "GROUP", "g", "a", "COUNT", "100", "STREAMS", &stream, ">"]);
    cli(&["XREADGROUP", "GROUP", "g", "b", "COUNT", "100", "STREAMS", &stream, ">"]);
    let gone = cli(&["XRANGE", &stream, "-", "+", "COUNT", "1"]).lines().next().unwrap().to_owned();
    cli(&["XDEL", &stream, &gone]);
    let (_, rows) = copy(numbers(&redis(), &stream).consumer("a").until_end());
    assert_eq!(rows, (1..100).chain(200..300).collect::<Vec<_>>());
    assert_eq!(pending(&tools, &stream, "g"), 100);
}

#[test]
fn a_server_that_is_killed_loses_no_entry() {
    let server = OwnRedis::start().unwrap();
    let redis = Redis::url(server.address()).timeout(Duration::from_millis(500));
    let tools = RedisTools::at(server.address());
    add(&redis, "s", 0..20_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (rows, sink) = sinks::collect::<u64>();
    let pipeline = Pipeline::new("killed");
    pipeline.batch_size(100).source(numbers(&redis, "s").consumer("a")).sink(sink);
    let job = runtime.block_on(pipeline.start()).unwrap();
    for at in [1_000, 5_000, 10_000] {
        until("rows", PATIENCE, || (rows.len() > at).then_some(()).ok_or_else(String::new)).unwrap();
        server.kill().unwrap();
        server.start_again().unwrap();
    }
    let all =
        || (rows.rows().into_iter().collect::<BTreeSet<_>>().len() == 20_000).then_some(()).ok_or_else(String::new);
    until("all rows", PATIENCE, all).unwrap();
    until("acknowledgements", PATIENCE, || (pending(&tools, "s", "g") == 0).then_some(()).ok_or_else(String::new))
        .unwrap();
    job.stop();
    runtime.block_on(job.wait()).unwrap();
}

#[test]
fn mistakes_are_told() {
    let stream = key("mistakes");
    cli(&["SET", &stream, "words"]);
    let text = copy(numbers(&redis(), &stream)).0.unwrap_err().to_string();
    assert!(text.contains("XGROUP CREATE") && text.contains("TYPE key"), "{text}");
    let text = copy(redis().stream(&*stream).json::<u64>()).0.unwrap_err().to_string();
    assert!(text.contains("read by no group"), "{text}");
}
