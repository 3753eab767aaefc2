//! Topics that never end, and one for which one has to log in.

use super::kafka::{rows, server, topic};
use super::shapes::{Order, orders};
use flow::Secret;
use flow::ir::value::Value;
use flow::prelude::*;
use flow::record::Row;
use flow_flink::{FlinkCluster, FlinkJob, JobStatus, Options, Submit, SubmitOptions};
use flow_kafka::{Kafka, KafkaSource};
use flow_services::{KafkaAdmin, KafkaOptions, KafkaTools, OwnKafka};
use std::time::Duration;
use tokio::runtime::Runtime;

/// How often one looks, and how many times: a minute and a half.
const EVERY: Duration = Duration::from_millis(100);
const TIMES: usize = 900;

#[derive(Clone, Debug, PartialEq, Record)]
struct Count {
    region: String,
    end: Timestamp,
    orders: i64,
}

/// A job of the shared cluster, which is ended with the test.
struct Running {
    runtime: Runtime,
    job: FlinkJob,
}

impl Running {
    fn start(pipeline: &Pipeline, submission: SubmitOptions) -> Self {
        let address = flow_services::flink().unwrap();
        let runtime = Runtime::new().unwrap();
        let job = runtime.block_on(async {
            let cluster = FlinkCluster::connect(&address.gateway, &address.rest).await.unwrap();
            pipeline.submit_with(&cluster, Options::default(), submission).await.unwrap_or_else(|e| panic!("{e}"))
        });
        Self { runtime, job }
    }

    /// Looks until something is there, while the job runs.
    fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        for _ in 0..TIMES {
            if let Some(found) = look() {
                return found;
            }
            let status = self.runtime.block_on(self.job.status()).unwrap();
            assert!(!status.is_terminal(), "{status}: {:?}", self.runtime.block_on(self.job.exceptions()));
            std::thread::park_timeout(EVERY);
        }
        panic!("{what}: it did not come")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.runtime.block_on(self.job.cancel()).unwrap_or_else(|error| eprintln!("{error}"));
    }
}

macro_rules! counts {
    ($source:expr, $to:expr, [$($setting:tt)*], [$($option:tt)*]) => {
        pipeline! {
            name = "running";
            portable;
            $($setting)*
            source::<Order>($source.servers(server()).json() $($option)*)
                -> watermark(|o| o.placed_at, delay = 1s)
                -> key_by(|o| o.region)
                -> window(tumbling(10s))
                -> aggregate(|o| Count { region: key, end: window.end, orders: count() })
                -> sink(Kafka::to($to).servers(server()).json());
        }
    };
}

/// The windows that are over come out while the job runs, though it has more tasks than the topic has partitions.
#[test]
fn windows_come_out_of_topics_that_do_not_end() {
    let check = |partitions: i32, definition: &dyn Fn(KafkaSource, &str) -> Pipeline| {
        let records = orders(1000, (1000, 0), 5);
        let latest = records.iter().map(|order| order.placed_at).max().unwrap();
        let from = topic("running", partitions, &records);
        let (here, there) = (topic::<Order>("here", 1, &[]), topic::<Order>("there", 1, &[]));
        definition(Kafka::topic(&from).until_end(), &here).run_blocking().unwrap();
        let due = latest.millis() - 2000;
        let over = |row: &Row| matches!(row.0[1], Value::Timestamp(end) if end.millis() <= due);
        let expected: Vec<Row> = rows::<Count>(&here).into_iter().filter(over).collect();
        assert!(expected.len() > 40, "{}", expected.len());
        let running = Running::start(&definition(Kafka::topic(&from), &there), SubmitOptions::new());
        let found =
            running.until("a window", || Some(rows::<Count>(&there)).filter(|rows| rows.len() >= expected.len()));
        assert_eq!(found, expected);
    };
    check(1, &|source, to| counts!(source, to, [parallelism = 4;], []));
    check(1, &|source, to| counts!(source, to, [parallelism = 4; idle_timeout = 500ms;], []));
    check(2, &|source, to| counts!(source, to, [parallelism = 4;], [, parallelism = 2]));
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Numbered {
    n: i64,
}

/// The numbers of a topic, in order.
fn numbers(tools: &KafkaTools, topic: &str) -> Vec<i64> {
    let text = tools.consume(topic, "%s\n").unwrap();
    text.lines().map(|line| serde_json::from_str::<Numbered>(line).unwrap().n).collect()
}

#[test]
fn from_the_latest_on_each_record_comes_once() {
    let tools = KafkaTools::at(&server());
    let produce = |to: &str, n: i64| tools.produce(to, &format!("{{\"n\": {n}}}\n"), &[]).unwrap();
    let before: Vec<Numbered> = (0..10).map(|n| Numbered { n }).collect();
    let (from, to) = (topic("latest", 1, &before), topic::<Numbered>("out", 1, &[]));
    let pipeline = pipeline! {
        name = "latest";
        portable;
        source::<Numbered>(Kafka::topic(&from).servers(server()).from_latest().json())
            -> sink(Kafka::to(&to).servers(server()).json());
    };
    let running = Running::start(&pipeline, SubmitOptions::new());
    let mut next = 10..;
    let first = running.until("a record", || {
        produce(&from, next.next()?);
        numbers(&tools, &to).first().copied()
    });
    let last = next.start + 5;
    next.take(6).for_each(|n| produce(&from, n));
    let found = running.until("the last", || Some(numbers(&tools, &to)).filter(|all| all.last() == Some(&last)));
    assert!(first >= 10, "{first}");
    assert_eq!(found, (first..=last).collect::<Vec<_>>());
}

/// Name and password are one secret to Flink's client.
#[test]
fn a_topic_is_read_and_written_by_who_logs_in() {
    let broker = OwnKafka::with(KafkaOptions::new().user("ann", "correct horse")).unwrap();
    for topic in ["in", "out"] {
        KafkaAdmin::at(broker.address()).create_topic(topic, 1).unwrap();
    }
    let tools = KafkaTools::at(broker.address());
    tools.produce("in", "{\"n\": 1}\n{\"n\": 2}\n", &[]).unwrap();
    macro_rules! logged_in {
        ($endpoint:expr) => {
            $endpoint
                .servers(broker.user_address())
                .option("security.protocol", "sasl_plaintext")
                .option("sasl.mechanism", "PLAIN")
                .option("sasl.username", "ann")
                .secret("sasl.password", Secret::new("correct horse"))
        };
    }
    let pipeline = pipeline! {
        name = "guarded";
        portable;
        source::<Numbered>(logged_in!(Kafka::topic("in")).until_end().json(), name = "numbers")
            -> sink(logged_in!(Kafka::to("out")).json(), name = "copies");
    };
    let login = "org.apache.flink.kafka.shaded.org.apache.kafka.common.security.plain.PlainLoginModule required \
                 username=\"ann\" password=\"correct horse\";";
    let key = "properties.sasl.jaas.config";
    let submission =
        SubmitOptions::new().secret("numbers", key, Secret::new(login)).secret("copies", key, Secret::new(login));
    let running = Running::start(&pipeline, submission);
    let status = running.runtime.block_on(running.job.wait()).unwrap();
    assert_eq!(status, JobStatus::Finished, "{:?}", running.runtime.block_on(running.job.exceptions()));
    assert_eq!(numbers(&tools, "out"), [1, 2]);
}
