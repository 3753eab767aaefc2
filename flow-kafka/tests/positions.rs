//! Where reading begins, and where it ends.

use crate::support::{Log, PATIENCE, Seen, Topic, client, collected, texts, until};
use flow::prelude::*;
use flow_kafka::{Kafka, KafkaSource};
use flow_services::{KafkaTools, unique};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::time::Duration;

fn sorted(source: KafkaSource) -> Vec<String> {
    let mut rows = collected(source.string());
    rows.sort();
    rows
}

#[test]
fn each_start_and_end() {
    let topic = Topic::new("starts", 2);
    // In partition 0 the even numbers, in 1 the odd ones; the time of each is its number of seconds.
    for n in 0..20 {
        let value = Some(n.to_string().into_bytes());
        let time = Some(1_700_000_000_000 + n * 1000);
        topic.produce_one(&Seen { partition: (n % 2) as i32, value, time, ..Seen::default() });
    }
    let name = || topic.name.clone();
    let check = |source: KafkaSource, wanted: &mut dyn Iterator<Item = i64>| {
        let shown = format!("{source:?}");
        assert_eq!(sorted(source), texts(wanted), "{shown}");
    };
    let source = || topic.source().until_end();
    check(source(), &mut (0..20));
    check(source().from_earliest(), &mut (0..20));
    check(source().from_latest(), &mut (0..0));
    check(source().from_offsets([(name(), 0, 8)]), &mut (0..20).filter(|n| n % 2 == 1 || *n >= 16));
    check(source().from_timestamp(Timestamp::from_millis(1_700_000_012_500)), &mut (13..20));
    check(source().from_timestamp(Timestamp::from_millis(1_800_000_000_000)), &mut (0..0));
    check(topic.source().until_offsets([(name(), 0, 3), (name(), 1, 0)]), &mut [0, 2, 4].into_iter());
    let pattern = format!("^{}$", topic.name);
    check(Kafka::pattern(pattern).servers(&topic.servers).until_end(), &mut (0..20));
    let other = Topic::new("other", 1);
    other.produce(["20"]);
    let both = Kafka::topics([name(), other.name.clone()]).servers(&topic.servers).until_end();
    check(both, &mut (0..21));
}

#[test]
fn a_group_goes_on_where_it_was() {
    let topic = Topic::new("goes-on", 3);
    let group = unique("group");
    let source = || topic.source().group(&group).until_end();
    topic.produce(texts(0..10));
    assert_eq!(sorted(source()), texts(0..10));
    assert_eq!(topic.committed(&group), [4, 3, 3]);
    assert_eq!(sorted(source()), texts(0..0));
    topic.produce(texts(10..20));
    assert_eq!(sorted(source()), texts(10..20));
    assert_eq!(sorted(source().from_earliest()), texts(0..20));
    assert_eq!(topic.committed(&group), [8, 6, 6]);
}

#[test]
fn transactions_leave_gaps_and_empty_partitions_end() {
    let topic = Topic::new("gaps", 4);
    let mut config = client(&topic.servers);
    let producer: BaseProducer = config.set("transactional.id", unique("tx")).create().unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    for (numbers, commits) in [(0..5, true), (5..9, false), (9..12, true), (12..14, false)] {
        producer.begin_transaction().unwrap();
        for n in numbers {
            let value = n.to_string();
            let record = BaseRecord::<(), str>::to(&topic.name).partition(n % 2).payload(&value);
            producer.send(record).map_err(|(error, _)| error).unwrap();
        }
        producer.flush(PATIENCE).unwrap();
        let ended = if commits { producer.commit_transaction(PATIENCE) } else { producer.abort_transaction(PATIENCE) };
        ended.unwrap();
    }
    // The last offsets of two partitions are no records, and two partitions are empty.
    let group = unique("group");
    assert_eq!(sorted(topic.source().group(&group).until_end()), texts((0..5).chain(9..12)));
    let ends = flow_services::KafkaAdmin::at(&topic.servers).end_offsets(&topic.name).unwrap();
    let committed = topic.committed(&group);
    assert_eq!(committed[..2], ends[..2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_lies_ahead_is_waited_for() {
    let topic = Topic::new("ahead", 1);
    topic.produce(texts(0..5));
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("ahead");
    pipeline.source(topic.source().until_offsets([(topic.name.clone(), 0, 10)]).string()).sink(sink);
    let job = pipeline.start().await.unwrap();
    until("what is there is read", || rows.len() == 5).await;
    topic.produce(texts(5..20));
    tokio::time::timeout(PATIENCE, job.wait()).await.unwrap().unwrap();
    let wanted: Vec<_> = topic.read().iter().take(10).map(Seen::text).collect();
    assert_eq!(rows.take(), wanted);
}

#[test]
fn offsets_that_are_not_there_are_named() {
    let (topic, other) = (Topic::new("outside", 2), unique("other"));
    topic.produce(texts(0..10));
    let name = &topic.name;
    let check = |source: KafkaSource, parts: &[&str]| {
        let pipeline = Pipeline::new("outside");
        pipeline.source(source.until_end().string()).sink(sinks::null());
        let error = pipeline.run_blocking().expect_err("it is refused").to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    };
    let from = |offset| topic.source().from_offsets([(name, 1, offset)]);
    check(from(6), &["`from_offsets`", &format!("{name}/1 at 6"), "the offsets 0 to 5", "begin within"]);
    check(from(u64::MAX), &["the offsets 0 to 5"]);
    check(from(6).group(unique("group")), &["the offsets 0 to 5"]);
    check(topic.source().from_offsets([(name, 2, 0)]), &[&format!("{name}/2"), "2 partitions", "correct"]);
    check(topic.source().from_offsets([(&other, 0, 0)]), &[&other, "does not read"]);
    let pipeline = Pipeline::new("outside");
    pipeline.source(topic.source().until_offsets([(name, 7, 1)]).string()).sink(sinks::null());
    assert!(pipeline.run_blocking().unwrap_err().to_string().contains("`until_offsets`"));
    // The end itself is there.
    assert_eq!(sorted(from(5).until_end()), texts((0..10).filter(|n| n % 2 == 0)));
}

#[test]
fn what_a_group_has_missed_is_said() {
    let log = Log::listen();
    let topic = Topic::new("deleted", 2);
    let group = unique("group");
    let source = || topic.source().group(&group).until_end();
    let numbers = |range: std::ops::Range<i64>| range.map(|n| n.to_string());
    topic.produce(numbers(0..4));
    sorted(source());
    topic.produce(numbers(4..20));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.json");
    let place = format!(r#"{{"topic":"{}","partition":0,"offset":7}}"#, topic.name);
    std::fs::write(&file, format!(r#"{{"version":1,"partitions":[{place}]}}"#)).unwrap();
    let tool = "org.apache.kafka.tools.DeleteRecordsCommand";
    KafkaTools::at(&topic.servers).java(tool, &["--offset-json-file", file.to_str().unwrap()]).unwrap();
    // Of partition 0 what stands at 2 to 6 is gone.
    assert_eq!(sorted(source()), texts((4..20).filter(|n| n % 2 == 1 || *n >= 14)));
    let of = |partition| format!("{}/{partition} is 2", topic.name);
    assert!(log.has(&["WARN", "the group's offset", &of(0), "7 to 10", "deleted", "goes on at 7"]));
    assert!(!log.has(&[&of(1)]));
    // An offset of a log that is another now.
    let consumer: BaseConsumer = client(&topic.servers).set("group.id", &group).create().unwrap();
    let mut beyond = TopicPartitionList::new();
    beyond.add_partition_offset(&topic.name, 1, Offset::Offset(99)).unwrap();
    consumer.commit(&beyond, CommitMode::Sync).unwrap();
    assert_eq!(sorted(source()), texts((0..20).filter(|n| n % 2 == 1)));
    assert!(log.has(&["WARN", &format!("{}/1 is 99", topic.name), "0 to 10", "cut off", "goes on at 0"]));
}

/// A replica that is behind says that a partition ends where it itself ends; it catches up later.
#[test]
fn an_end_is_only_where_all_before_it_was_read() {
    let cluster = MockCluster::new(2).unwrap();
    let topic = Topic { servers: cluster.bootstrap_servers(), name: "behind".into(), partitions: 1 };
    cluster.create_topic(&topic.name, 1, 2).unwrap();
    cluster.partition_leader(&topic.name, 0, Some(1)).unwrap();
    topic.produce(texts(0..5));
    topic.produce(texts(5..10));
    cluster.partition_follower(&topic.name, 0, 2).unwrap();
    cluster.follower_watermarks(&topic.name, 0, Some(0), Some(5)).unwrap();
    cluster.broker_round_trip_time(2, Duration::from_millis(300)).unwrap();
    // Of what transactions have committed this cluster says only what the leader has. It gives one batch at a time.
    let source = topic.source().option("client.rack", "far").option("isolation.level", "read_uncommitted");
    assert_eq!(sorted(source.option("fetch.message.max.bytes", "1").until_end()), texts(0..10));
}
