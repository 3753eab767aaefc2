//! Commits that are refused, members that are thrown out, and partitions that come back.

use crate::support::{Log, PATIENCE, Topic, texts, until};
use flow::connector::{Delivery, Endpoint, SinkContext, SinkWriter, WriteBatch};
use flow::prelude::*;
use flow_kafka::Kafka;
use flow_services::{KafkaAdmin, KafkaTools, unique};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

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

/// Takes rows when its gate is open, and not before.
struct Stuck {
    open: watch::Receiver<bool>,
    rows: Arc<Mutex<Vec<String>>>,
}

#[async_trait::async_trait]
impl Sink for Stuck {
    type Item = String;
    fn describe(&self) -> Endpoint {
        Endpoint::opaque("stuck", "nothing")
    }
    fn delivery(&self) -> Delivery {
        Delivery::AtLeastOnce
    }
    async fn open(&mut self, _: &SinkContext) -> flow::Result<Box<dyn SinkWriter<String>>> {
        Ok(Box::new(Self { open: self.open.clone(), rows: Arc::clone(&self.rows) }))
    }
}

#[async_trait::async_trait]
impl SinkWriter<String> for Stuck {
    async fn write(&mut self, batch: &mut WriteBatch<String>) -> flow::Result<()> {
        self.open.wait_for(|open| *open).await.map_err(|_| flow::Error::new(flow::ErrorKind::Io, "shut"))?;
        self.rows.lock().unwrap().append(&mut batch.rows);
        Ok(())
    }
    async fn flush(&mut self) -> flow::Result<()> {
        Ok(())
    }
}

/// A reader that waits for room hears too late that a partition went and came back: both at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_comes_back_is_heard_again() {
    let topic = Topic::new("back", 2);
    let group = unique("group");
    topic.produce((0..40_000).map(|n| n.to_string()));
    let (gate, open) = watch::channel(false);
    let rows: Arc<Mutex<Vec<String>>> = Arc::default();
    let source = || topic.source().group(&group).give_away_within(Duration::from_millis(500)).string();
    let pipeline = Pipeline::new("stuck");
    pipeline.source(source()).sink(Stuck { open, rows: Arc::clone(&rows) });
    let stuck = pipeline.start().await.unwrap();
    until("nothing goes on", || stuck.metrics().edges.iter().any(|edge| edge.is_blocked)).await;
    let (others, sink) = sinks::collect();
    let pipeline = Pipeline::new("other");
    pipeline.source(source()).sink(sink);
    let other = pipeline.start().await.unwrap();
    until("the other reads a partition", || others.len() == 20_000).await;
    other.stop();
    other.wait().await.unwrap();
    until("the first has both again", || {
        let tool = KafkaTools::at(&topic.servers).describe_group(&group).unwrap();
        let lines = tool.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let of_topic: Vec<_> = lines.filter(|line| line.get(1) == Some(&topic.name.as_str())).collect();
        of_topic.len() == 2 && of_topic.iter().all(|line| line[6].starts_with("flow-") && line[6] == of_topic[0][6])
    })
    .await;
    gate.send(true).unwrap();
    until("all is committed", || topic.committed(&group) == [20_000; 2]).await;
    // Nothing is on its way: what comes now has to be heard.
    topic.produce(["this", "that"]);
    let heard = |row: &str| rows.lock().unwrap().iter().any(|it| it == row);
    until("both partitions are heard", || heard("this") && heard("that")).await;
    stuck.stop();
    stuck.wait().await.unwrap();
}
