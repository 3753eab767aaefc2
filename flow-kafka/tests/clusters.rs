//! Several clusters in one pipeline.

use crate::support::{Topic, texts, until};
use flow::prelude::*;
use flow_services::OwnKafka;
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn while_one_cluster_is_away_the_records_of_the_other_go_on() {
    let broker = OwnKafka::start().unwrap();
    let (here, there, out) = (Topic::new("here", 2), Topic::at(broker.address(), "there", 2), Topic::new("out", 2));
    let pipeline = Pipeline::new("clusters");
    let others = pipeline.source(there.source().string());
    pipeline.source(here.source().string()).union([others]).sink(out.sink().string());
    let job = pipeline.start().await.unwrap();
    let written = |count: u64| {
        let job = &job;
        move || job.metrics().stages.iter().any(|stage| stage.kind == "sink" && stage.counts.entered >= count)
    };
    here.produce(texts(0..100));
    there.produce(texts(100..200));
    until("both are written", written(200)).await;
    broker.kill().unwrap();
    here.produce(texts(200..300));
    until("what is here is written", written(300)).await;
    broker.start_again().unwrap();
    there.produce(texts(300..400));
    until("what is there again is written", written(400)).await;
    job.stop();
    assert!(job.wait().await.unwrap().is_balanced());
    assert_eq!(out.texts().into_iter().collect::<BTreeSet<_>>(), texts(0..400).into_iter().collect());
}
