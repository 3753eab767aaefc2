//! A pipeline of the language, from its definition to its rows.

use flow::prelude::*;
use flow_flink::{Delivery, FlinkError, JobStatus, Options, Submit, SubmitOptions};
use flow_kafka::Kafka;
use flow_services::{KafkaAdmin, KafkaTools, unique};

use crate::support::{cluster, ended};

#[derive(Clone, Debug, Record)]
struct Order {
    id: i64,
    amount: i64,
}

#[tokio::test]
async fn a_pipeline_is_submitted_and_leaves_its_rows() {
    let servers = flow_services::kafka().unwrap();
    let (from, to) = (unique("pipeline-in"), unique("pipeline-out"));
    for topic in [&from, &to] {
        KafkaAdmin::at(&servers).create_topic(topic, 1).unwrap();
    }
    let tools = KafkaTools::at(&servers);
    tools.produce(&from, "{\"id\": 1, \"amount\": 50}\n{\"id\": 2, \"amount\": 150}\n", &[]).unwrap();
    let source = Kafka::topic(&from).servers(&servers).from_earliest().until_end();
    let sink = Kafka::to(&to).servers(&servers);
    let pipeline = pipeline! {
        name = "large-orders";
        portable;
        source::<Order>(source.json()) -> filter(|o| o.amount > 100) -> sink(sink.json());
    };
    let exactly = Options { delivery: Delivery::ExactlyOnce };
    let job = pipeline.submit_with(&cluster().await, exactly, SubmitOptions::new()).await.unwrap();
    assert_eq!(ended(&job).await.unwrap(), JobStatus::Finished);
    let rows = tools.consume(&to, "%s\n").unwrap();
    assert_eq!(rows, "{\"id\":2,\"amount\":150}\n");
}

#[tokio::test]
async fn a_pipeline_that_flink_cannot_run_is_not_sent() {
    let pipeline = pipeline! {
        name = "opaque";
        source::<Order>(sources::iter(Vec::new())) -> filter(|o| o.amount > 100) -> sink(sinks::null());
    };
    let error = pipeline.submit(&cluster().await).await.unwrap_err();
    assert!(matches!(error, FlinkError::NotPortable(_)), "{error}");
    assert!(error.to_string().contains("pipeline.rs"), "{error}");
}
