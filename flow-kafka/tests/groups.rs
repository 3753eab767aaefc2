//! What a group has committed, and partitions that come and go while jobs run.

use crate::support::{PATIENCE, Topic, texts, until};
use flow::connector::{Delivery, Endpoint, SinkContext, SinkWriter, SinkWriters, WriteBatch};
use flow::prelude::*;
use flow_services::{KafkaAdmin, KafkaTools, unique};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// A sink whose rows are out when its gate is open, and not before.
struct Gated {
    open: watch::Receiver<bool>,
    rows: Arc<Mutex<Vec<String>>>,
}

#[async_trait::async_trait]
impl Sink for Gated {
    type Item = String;
    fn describe(&self) -> Endpoint {
        Endpoint::opaque("gated", "nothing")
    }
    fn delivery(&self) -> Delivery {
        Delivery::AtLeastOnce
    }
    fn writers(&self) -> SinkWriters {
        SinkWriters::Any
    }
    async fn open(&mut self, _: &SinkContext) -> flow::Result<Box<dyn SinkWriter<String>>> {
        Ok(Box::new(Self { open: self.open.clone(), rows: Arc::clone(&self.rows) }))
    }
}

#[async_trait::async_trait]
impl SinkWriter<String> for Gated {
    async fn write(&mut self, batch: &mut WriteBatch<String>) -> flow::Result<()> {
        self.rows.lock().unwrap().append(&mut batch.rows);
        Ok(())
    }
    async fn flush(&mut self) -> flow::Result<()> {
        self.open.wait_for(|open| *open).await.map(|_| ()).map_err(|_| flow::Error::new(flow::ErrorKind::Io, "shut"))
    }
}

fn gated() -> (Gated, watch::Sender<bool>, Arc<Mutex<Vec<String>>>) {
    let (gate, open) = watch::channel(false);
    let rows: Arc<Mutex<Vec<String>>> = Arc::default();
    (Gated { open, rows: Arc::clone(&rows) }, gate, rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_out_is_committed() {
    let topic = Topic::new("gated", 2);
    let group = unique("group");
    topic.produce(texts(0..10));
    let (sink, gate, rows) = gated();
    let pipeline = Pipeline::new("gated");
    pipeline.source(topic.source().group(&group).string()).sink(sink);
    let job = pipeline.start().await.unwrap();
    until("rows are written", || !rows.lock().unwrap().is_empty()).await;
    // Nothing may happen now; more than one barrier is due meanwhile.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(topic.committed(&group), [-1, -1]);
    gate.send(true).unwrap();
    until("the offsets are committed", || topic.committed(&group) == [5, 5]).await;
    assert_eq!(rows.lock().unwrap().len(), 10);
    let tool = KafkaTools::at(&topic.servers).describe_group(&group).unwrap();
    let lines: Vec<Vec<&str>> = tool.lines().map(|line| line.split_whitespace().collect()).collect();
    for partition in ["0", "1"] {
        let line = lines.iter().find(|line| line.get(1) == Some(&topic.name.as_str()) && line[2] == partition);
        assert_eq!(line.map(|line| (line[3], line[5])), Some(("5", "0")), "{tool}");
    }
    job.stop();
    assert!(job.wait().await.unwrap().is_balanced());
    assert_eq!(topic.committed(&group), [5, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_state_nothing_is_committed_before_the_end() {
    let topic = Topic::new("stateful", 2);
    let sums = |group: &str, source: flow_kafka::KafkaSource| {
        let (rows, sink) = sinks::collect();
        let pipeline = Pipeline::new("sums");
        let numbers = pipeline.source(source.group(group).string()).map(|text| text.parse::<i64>().unwrap());
        let timed = numbers.watermark(|n| Timestamp::from_millis(*n), Duration::ZERO);
        timed
            .key_by(|_| ())
            .window(tumbling(Duration::from_secs(1)))
            .aggregate(|of| of.sum(|n| *n), |_, _, sum| sum)
            .sink(sink);
        (rows, pipeline)
    };
    topic.produce(texts(0..10));
    for ends in ["stop", "drain", "end"] {
        let group = unique("group");
        let source = if ends == "end" { topic.source().until_end() } else { topic.source() };
        let (rows, pipeline) = sums(&group, source);
        let job = pipeline.start().await.unwrap();
        let read = || {
            job.metrics().stages.iter().find(|stage| stage.kind == "source").is_some_and(|it| it.counts.entered == 10)
        };
        until("all was read", || read() || job.is_finished()).await;
        // Nothing may happen now, although barriers would be due.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        if ends != "end" {
            assert_eq!(topic.committed(&group), [-1, -1], "before {ends}");
        }
        match ends {
            "stop" => job.stop(),
            "drain" => job.drain(),
            _ => {}
        }
        job.wait().await.unwrap();
        let (wanted, sums) = if ends == "stop" { ([-1, -1], vec![]) } else { ([5, 5], vec![45]) };
        assert_eq!((topic.committed(&group), rows.take()), (wanted.to_vec(), sums), "after {ends}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_a_group_share_its_partitions() {
    let (from, to) = (Topic::new("shared", 6), Topic::new("copies", 3));
    let group = unique("group");
    let member = || {
        let pipeline = Pipeline::new("member");
        pipeline.parallelism(2);
        pipeline.source(from.source().group(&group).string()).sink(to.sink().string());
        pipeline.start()
    };
    let mut made = 0..;
    let mut more = |count: usize| from.produce(texts(made.by_ref().take(count)));
    let arrived = |count: usize| {
        let to = &to;
        move || to.texts().iter().collect::<std::collections::BTreeSet<_>>().len() >= count
    };
    more(1000);
    let first = member().await.unwrap();
    until("the first member reads", arrived(1)).await;
    let second = member().await.unwrap();
    // Records go on to come while partitions are given away.
    until("the second has partitions", || {
        more(600);
        second.metrics().stages.iter().any(|stage| stage.kind == "source" && stage.counts.entered > 1000)
    })
    .await;
    let leaving = async {
        first.stop();
        first.wait().await.unwrap()
    };
    let mut left = std::pin::pin!(leaving);
    while tokio::time::timeout(Duration::from_millis(20), left.as_mut()).await.is_err() {
        more(600);
    }
    more(1000);
    let all = from.read().len();
    until("the second reads what the first did", arrived(all)).await;
    until("all is committed", || {
        let ends = KafkaAdmin::at(&from.servers).end_offsets(&from.name).unwrap();
        from.committed(&group) == ends
    })
    .await;
    second.stop();
    second.wait().await.unwrap();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    to.texts().into_iter().for_each(|text| *times.entry(text).or_default() += 1);
    assert_eq!(times.keys().cloned().collect::<Vec<_>>(), from.texts(), "each at least once");
    let twice = times.values().filter(|times| **times > 1).count();
    assert_eq!(twice, 0, "nothing failed, so that nothing need be read twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn new_partitions_and_topics_are_found() {
    let name = unique("grows");
    let servers = crate::support::servers();
    let admin = KafkaAdmin::at(&servers);
    for (stateful, group) in [(false, Some(unique("group"))), (true, None)] {
        let name = format!("{name}-{stateful}");
        let topic =
            |end: &str, partitions| Topic { servers: servers.clone(), name: format!("{name}-{end}"), partitions };
        admin.create_topic(&format!("{name}-a"), 1).unwrap();
        let mut source = flow_kafka::Kafka::pattern(format!("^{name}-.*")).servers(&servers);
        source = source.metadata_every(Duration::from_millis(300));
        if let Some(group) = group {
            source = source.group(group);
        }
        let (rows, sink) = sinks::collect();
        let pipeline = Pipeline::new("grows");
        pipeline.parallelism(2);
        pipeline.source(source.string()).sink(sink);
        let job = pipeline.start().await.unwrap();
        topic("a", 1).produce(["1"]);
        until("the first partition is read", || rows.len() == 1).await;
        admin.grow_topic(&format!("{name}-a"), 3).unwrap();
        topic("a", 3).produce(["2", "3", "4"]);
        until("new partitions are read", || rows.len() == 4).await;
        admin.create_topic(&format!("{name}-b"), 2).unwrap();
        topic("b", 2).produce(["5", "6"]);
        until("a new topic is read", || rows.len() == 6).await;
        job.stop();
        tokio::time::timeout(PATIENCE, job.wait()).await.unwrap().unwrap();
        let mut all = rows.take();
        all.sort();
        assert_eq!(all, texts(1..7));
    }
}

#[test]
fn tasks_share_the_partitions() {
    let topic = Topic::new("tasks", 10);
    topic.produce(texts(0..1000));
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("tasks");
    pipeline.parallelism(4);
    let group = unique("group");
    pipeline.source(topic.source().group(&group).until_end().string()).sink(sink);
    pipeline.run_blocking().unwrap();
    let mut all = rows.take();
    all.sort();
    assert_eq!(all, texts(0..1000));
    assert_eq!(topic.committed(&group), vec![100; 10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_begins_where_the_job_says_and_its_gauges_show_it() {
    let topic = Topic::new("begins", 2);
    let group = unique("group");
    topic.produce(texts(0..10));
    for (source, wanted) in [
        (topic.source().from_latest(), texts(10..20)),
        (topic.source(), texts(20..30)),
        (topic.source().from_offsets([(topic.name.clone(), 0, 0), (topic.name.clone(), 1, 14)]), {
            // The even numbers, and the last odd one; then ten more.
            texts((0..30).filter(|n| n % 2 == 0 || *n == 29).chain(30..40))
        }),
    ] {
        let (rows, sink) = sinks::collect();
        let pipeline = Pipeline::new("begins");
        let source = source.group(&group).option("statistics.interval.ms", "100");
        pipeline.source(source.string()).sink(sink);
        let job = pipeline.start().await.unwrap();
        let made: i64 = KafkaAdmin::at(&topic.servers).end_offsets(&topic.name).unwrap().iter().sum();
        topic.produce(texts(made..made + 10));
        until("all is read", || rows.len() >= wanted.len()).await;
        let end = (made + 10) / 2;
        let gauge = |name, partition| {
            let of = format!("{}/{partition}", topic.name);
            let stages = job.metrics().stages;
            let mut readings = stages.iter().flat_map(|stage| &stage.gauges);
            readings.find(|reading| reading.name == name && *reading.of == *of).map(|reading| reading.value)
        };
        until("the gauges show it", || {
            (0..2).all(|at| gauge("lag", at) == Some(0) && gauge("high_watermark", at) == Some(end))
        })
        .await;
        job.stop();
        job.wait().await.unwrap();
        let mut all = rows.take();
        all.sort();
        assert_eq!(all, wanted);
        assert_eq!(topic.committed(&group), [end, end]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_is_never_out_is_given_away_and_read_again() {
    let topic = Topic::new("stuck", 2);
    let group = unique("group");
    topic.produce(texts(0..100));
    let source = || topic.source().group(&group).give_away_within(Duration::from_secs(1)).string();
    let (sink, gate, rows) = gated();
    let stuck = Pipeline::new("stuck");
    stuck.source(source()).sink(sink);
    let stuck = stuck.start().await.unwrap();
    until("rows are written", || !rows.lock().unwrap().is_empty()).await;
    let (others, sink) = sinks::collect();
    let other = Pipeline::new("other");
    other.source(source()).sink(sink);
    let other = other.start().await.unwrap();
    until("the other reads a partition from its beginning", || others.len() == 50).await;
    until("the other commits it", || topic.committed(&group).contains(&50)).await;
    assert!(topic.committed(&group).contains(&-1), "what is not out is not committed");
    gate.send(true).unwrap();
    until("all is committed", || topic.committed(&group) == [50, 50]).await;
    for job in [stuck, other] {
        job.stop();
        job.wait().await.unwrap();
    }
    assert_eq!(topic.committed(&group), [50, 50]);
    let mut all = rows.lock().unwrap().clone();
    all.extend(others.take());
    all.sort();
    all.dedup();
    assert_eq!(all, texts(0..100));
}
