//! Where reading begins, and where it ends.

use crate::support::{PATIENCE, Seen, Topic, client, collected, texts, until};
use flow::prelude::*;
use flow_kafka::{Kafka, KafkaSource};
use flow_services::unique;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

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
