//! What is said of where topics are read and written, here and on Flink.

use super::kafka::{Revenue, rows, server, topic};
use super::shapes::{Order, orders};
use super::support::{self, run};
use flow::prelude::*;
use flow_flink::ToFlinkSql;
use flow_kafka::{Kafka, KafkaSource};
use flow_services::{KafkaAdmin, unique};
use std::path::Path;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Record)]
struct Numbered {
    n: i64,
}

/// When the first record was written; the others came a second after each other.
const FIRST: i64 = 1_700_000_000_000;

/// Writes these numbers, each into the partition of its rest.
fn fill(topic: &str, partitions: i64, numbers: std::ops::Range<i64>) {
    KafkaAdmin::at(&server()).create_topic(topic, partitions as i32).unwrap();
    let sink = Kafka::to(topic).servers(server()).json();
    let sink = sink
        .partition_by(move |r: &Numbered| (r.n % partitions) as u32)
        .timestamp(|r| Timestamp::from_millis(FIRST + r.n * 1000));
    let pipeline = Pipeline::new("fill");
    pipeline.source(sources::iter(numbers.map(|n| Numbered { n }))).sink(sink);
    pipeline.run_blocking().unwrap();
}

/// A group that has come to offset 3 of the first partition, and to offset 4 of the second.
fn group(topic: &str) -> String {
    let group = unique("group");
    let source = Kafka::topic(topic).servers(server()).group(&group).until_offsets([(topic, 0, 3), (topic, 1, 4)]);
    let pipeline = Pipeline::new("commit");
    pipeline.source(source.json::<Numbered>()).sink(sinks::null());
    pipeline.run_blocking().unwrap();
    group
}

type Cases = Vec<(&'static str, KafkaSource, Vec<i64>)>;

/// Sources and what they read. Each has a group of its own, which goes on when it is read.
fn places(a: &str, b: &str, pattern: &str) -> Cases {
    let one = || Kafka::topic(a);
    let both = || Kafka::topics([a, b]);
    let all = || Kafka::pattern(pattern);
    let at = |seconds: i64| Timestamp::from_millis(FIRST + seconds * 500);
    let even = |from: i64| (from..20).filter(|n| n % 2 == 0);
    let odd = |from: i64| (from..20).filter(|n| n % 2 == 1);
    vec![
        ("nothing", one(), (0..20).collect()),
        ("earliest", one().from_earliest(), (0..20).collect()),
        ("latest", one().from_latest(), vec![]),
        ("between", one().from_timestamp(at(25)), (13..20).collect()),
        ("at a record", one().from_timestamp(at(24)), (12..20).collect()),
        ("ahead", one().from_timestamp(at(99)), vec![]),
        ("offsets", one().from_offsets([(a, 0, 8), (a, 1, 2)]), even(16).chain(odd(5)).collect()),
        ("an offset", one().from_offsets([(a, 0, 8)]), even(16).chain(odd(0)).collect()),
        ("a group's offset", one().group(group(a)).from_offsets([(a, 0, 8)]), even(16).chain(odd(9)).collect()),
        ("a group", one().group(group(a)), even(6).chain(odd(9)).collect()),
        ("a group from earliest", one().group(group(a)).from_earliest(), (0..20).collect()),
        ("a new group", one().group(unique("group")), (0..20).collect()),
        ("topics", both(), (0..22).collect()),
        ("topics of a group", both().group(group(a)), even(6).chain(odd(9)).chain(20..22).collect()),
        ("topics from a time", both().from_timestamp(at(36)), (18..22).collect()),
        ("a pattern", all(), (0..22).collect()),
        ("a pattern from a time", all().from_timestamp(at(36)), (18..22).collect()),
        ("a pattern of a group", all().group(group(a)), even(6).chain(odd(9)).chain(20..22).collect()),
    ]
}

/// All of them as one pipeline, each into a file of its own.
fn reading(cases: &Cases, to: &Path) -> Pipeline {
    let pipeline = Pipeline::new("places");
    for (name, source, _) in cases {
        let source = source.clone().servers(server()).until_end().json::<Numbered>();
        pipeline.source(source).described().sink(sinks::files(to.join(name)).json_lines());
    }
    pipeline
}

#[test]
fn each_place_to_begin() {
    let folder = tempfile::tempdir().unwrap();
    let prefix = unique("places");
    let (a, b) = (format!("{prefix}-a"), format!("{prefix}-b"));
    fill(&a, 2, 0..20);
    fill(&b, 1, 20..22);
    let cases = || places(&a, &b, &format!("^{prefix}-.$"));
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    std::fs::create_dir(&here).unwrap();
    reading(&cases(), &here).run_blocking().unwrap();
    let script = reading(&cases(), &there).to_flink_sql().unwrap_or_else(|error| panic!("{error}"));
    run(&script).unwrap_or_else(|error| panic!("{error}\n{script}"));
    for (name, source, mut wanted) in cases() {
        wanted.sort_unstable();
        let read = |place: &Path| {
            let number = |line: &String| serde_json::from_str::<Numbered>(line).unwrap().n;
            let mut numbers: Vec<i64> = support::lines(&place.join(name)).iter().map(number).collect();
            numbers.sort_unstable();
            numbers
        };
        assert_eq!(read(&here), wanted, "{name}, here: {source:?}");
        assert_eq!(read(&there), wanted, "{name}, on Flink: {source:?}");
    }
}

/// Windows over records of several partitions, some of which may hold nothing.
fn revenue(source: KafkaSource, to: &str, tasks: usize, idle: Option<Duration>) -> Pipeline {
    let to = Kafka::to(to).servers(server()).json();
    let pipeline = pipeline! {
        name = "revenue";
        portable;
        parallelism = tasks;
        property("flink.execution.checkpointing.interval") = "1 s";
        property("flink.state.backend.type") = "rocksdb";
        source::<Order>(source.servers(server()).until_end().json())
            -> watermark(|o| o.placed_at, delay = 5s)
            -> key_by(|o| o.region)
            -> window(tumbling(10s))
            -> aggregate(|o| Revenue { region: key, window_start: window.start, total: sum(o.amount), orders: count() })
            -> sink(to, parallelism = 2);
    };
    if let Some(idle) = idle {
        pipeline.idle_timeout(idle);
    }
    pipeline
}

#[test]
fn windows_over_topics_and_empty_partitions() {
    let check = |name: &str, source: &dyn Fn() -> KafkaSource, tasks: usize, idle: Option<Duration>| {
        let (here, there) = (topic::<Order>("here", 3, &[]), topic::<Order>("there", 3, &[]));
        revenue(source(), &here, tasks, idle).run_blocking().unwrap();
        let script = revenue(source(), &there, tasks, idle).to_flink_sql().unwrap_or_else(|error| panic!("{error}"));
        assert!(script.to_string().contains("'sink.parallelism' = '2'"), "{script}");
        run(&script).unwrap_or_else(|error| panic!("{error}\n{script}"));
        let (here, there) = (rows::<Revenue>(&here), rows::<Revenue>(&there));
        assert_eq!(there, here, "{name}");
        assert!(here.len() > 100, "{name}: {}", here.len());
    };
    let (a, b) =
        (topic("revenue", 3, &orders(2000, (1000, 4500), 21)), topic("revenue", 1, &orders(1000, (1000, 4500), 22)));
    check("two topics", &|| Kafka::topics([&a, &b]), 2, None);
    check("a pattern", &|| Kafka::pattern(format!("^({a}|{b})$")), 3, None);
    let half = unique("half");
    KafkaAdmin::at(&server()).create_topic(&half, 2).unwrap();
    let pipeline = Pipeline::new("fill");
    let sink = Kafka::to(&half).servers(server()).json().partition_by(|_: &Order| 1);
    pipeline.source(sources::vec(orders(3000, (1000, 4500), 23))).sink(sink);
    pipeline.run_blocking().unwrap();
    for tasks in [1, 2, 4] {
        for idle in [None, Some(Duration::from_millis(300))] {
            check(&format!("an empty partition, {tasks}, {idle:?}"), &|| Kafka::topic(&half), tasks, idle);
        }
    }
}
