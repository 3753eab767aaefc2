//! Each partition has a watermark of its own.

use crate::support::{Topic, texts, until};
use flow::prelude::*;
use std::time::Duration;

fn pipeline(source: flow_kafka::KafkaSource) -> (sinks::Collected<i64>, Pipeline) {
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("times");
    pipeline.idle_timeout(Duration::from_secs(1));
    let numbers = pipeline.source(source.string()).map(|text| text.parse::<i64>().unwrap());
    let timed = numbers.watermark(|n| Timestamp::from_millis(n * 1000), Duration::ZERO);
    let counts = timed.key_by(|_| ()).window(tumbling(Duration::from_secs(100)));
    counts.aggregate(|of| of.count(), |_, _, count| count).sink(sink);
    (rows, pipeline)
}

#[test]
fn a_partition_that_is_ahead_makes_nothing_of_another_late() {
    let topic = Topic::new("ahead", 2);
    // In partition 0 the first hundred seconds; in partition 1 a hundred that come an hour later.
    topic.produce((0..100).flat_map(|n| [n.to_string(), (3600 + n).to_string()]));
    let (rows, pipeline) = pipeline(topic.source().until_end());
    let report = pipeline.run_blocking().unwrap();
    assert_eq!((report.late(), rows.take().iter().sum::<i64>()), (0, 200), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_without_records_is_waited_for_until_it_is_idle() {
    let topic = Topic::new("idle", 2);
    let one = Topic { partitions: 1, ..topic.clone() };
    one.produce(texts(0..150));
    let (rows, pipeline) = pipeline(topic.source());
    let job = pipeline.start().await.unwrap();
    until("the first window fires", || rows.len() == 1).await;
    job.stop();
    job.wait().await.unwrap();
    assert_eq!(rows.take(), [100]);
}
