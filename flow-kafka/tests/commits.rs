//! Commits that are refused, members that are thrown out, and partitions that come back.

use crate::support::{Log, PATIENCE, Topic, texts, until};
use flow::prelude::*;
use flow_kafka::{Kafka, KafkaSource};
use flow_services::{KafkaAdmin, unique};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_one_partition_does_not_count_as_committed() {
    let log = Log::listen();
    let (kept, gone) = (Topic::new("kept", 2), Topic::new("gone", 1));
    let group = unique("group");
    kept.produce(texts(0..4));
    gone.produce(["4"]);
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("refused");
    pipeline.parallelism(2);
    let source = Kafka::topics([&kept.name, &gone.name]).servers(&kept.servers).group(&group);
    let source = source.wait_for_servers(Duration::from_secs(2)).string();
    let timed = pipeline.source(source).watermark(|_| Timestamp::from_millis(0), Duration::ZERO);
    timed.key_by(|_| ()).window(tumbling(Duration::from_secs(1))).fold(0, |count, _| count + 1).sink(sink);
    let job = pipeline.start().await.unwrap();
    let read = || job.metrics().stages.iter().any(|stage| stage.kind == "source" && stage.counts.entered == 5);
    until("all is read", read).await;
    KafkaAdmin::at(&gone.servers).delete_topic(&gone.name).unwrap();
    job.drain();
    let error =
        tokio::time::timeout(PATIENCE, job.wait()).await.unwrap().expect_err("not all is committed").to_string();
    let named = format!("({}/0)", gone.name);
    assert!(["offsets could not be committed", "Unknown topic", &named].iter().all(|it| error.contains(it)), "{error}");
    assert!(log.has(&["WARN", "not committed yet", &named]));
    assert_eq!(rows.len(), 1, "the window is out all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_fenced_says_why() {
    let topic = Topic::new("fenced", 1);
    let group = unique("group");
    let start = || async {
        let (rows, sink) = sinks::collect();
        let pipeline = Pipeline::new("fenced");
        pipeline.source(topic.source().group(&group).option("group.instance.id", "one").string()).sink(sink);
        (pipeline.start().await.unwrap(), rows)
    };
    let (first, rows) = start().await;
    topic.produce(["1"]);
    until("the first reads", || rows.len() == 1).await;
    let (second, _) = start().await;
    let error = tokio::time::timeout(PATIENCE, first.wait()).await.unwrap().expect_err("it is fenced").to_string();
    for part in ["Static consumer fenced by other consumer", "a `group.instance.id` of its own"] {
        assert!(error.contains(part), "{error}");
    }
    second.stop();
    second.wait().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_comes_back_is_heard_again() {
    let topic = Topic::new("back", 2);
    let group = unique("group");
    let start = |source: KafkaSource| async {
        let (rows, sink) = sinks::collect();
        let pipeline = Pipeline::new("back");
        pipeline.source(source.group(&group).string()).sink(sink);
        (pipeline.start().await.unwrap(), rows)
    };
    let (job, rows) = start(topic.source()).await;
    topic.produce(["0", "1"]);
    until("all is read", || rows.len() == 2).await;
    for round in 1..4 {
        let (other, others) = start(topic.source()).await;
        until("the other has a partition", || {
            topic.produce(["2", "3"]);
            !others.is_empty()
        })
        .await;
        other.stop();
        other.wait().await.unwrap();
        let all = || topic.read().len();
        until("the other's partition is read", || topic.committed(&group).iter().sum::<i64>() == all() as i64).await;
        // Nothing is on its way: what comes now has to be heard.
        let before = rows.len();
        topic.produce(["4", "5"]);
        until("both partitions are read", || rows.len() == before + 2).await;
        assert!(!job.is_finished(), "round {round}");
    }
    job.stop();
    job.wait().await.unwrap();
}
