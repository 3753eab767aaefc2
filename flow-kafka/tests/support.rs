//! Topics of a test's own, and clients that share no code with the library.

use flow::prelude::*;
use flow_kafka::{Kafka, KafkaSink, KafkaSource};
use flow_services::{KafkaAdmin, unique};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The shared broker.
pub(crate) fn servers() -> String {
    flow_services::kafka().expect("a broker: `cargo xtask up kafka`, or FLOW_KAFKA")
}

/// A topic of its own at a broker.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    pub(crate) servers: String,
    pub(crate) name: String,
    pub(crate) partitions: i32,
}

/// A message as an independent client wrote or read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: Option<String>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) time: Option<i64>,
}

impl Seen {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(self.value.as_deref().unwrap_or_default()).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

pub(crate) fn client(servers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers);
    config
}

impl Topic {
    /// A new topic at the shared broker.
    pub(crate) fn new(name: &str, partitions: i32) -> Self {
        Self::at(&servers(), name, partitions)
    }

    pub(crate) fn at(servers: &str, name: &str, partitions: i32) -> Self {
        let name = unique(name);
        KafkaAdmin::at(servers).create_topic(&name, partitions).expect("a topic");
        Self { servers: servers.to_owned(), name, partitions }
    }

    pub(crate) fn source(&self) -> KafkaSource {
        Kafka::topic(&self.name).servers(&self.servers)
    }

    pub(crate) fn sink(&self) -> KafkaSink {
        Kafka::to(&self.name).servers(&self.servers)
    }

    /// Writes values, in turn to each partition.
    pub(crate) fn produce<V: AsRef<[u8]>>(&self, values: impl IntoIterator<Item = V>) {
        let producer: BaseProducer =
            client(&self.servers).set("message.max.bytes", "10000000").create().expect("a producer");
        for (at, value) in values.into_iter().enumerate() {
            let partition = at as i32 % self.partitions;
            loop {
                let record = BaseRecord::<(), [u8]>::to(&self.name).partition(partition).payload(value.as_ref());
                if producer.send(record).is_ok() {
                    break;
                }
                producer.poll(Duration::from_millis(10));
            }
        }
        producer.flush(PATIENCE).expect("what was produced arrives");
    }

    /// Writes one message as it is.
    pub(crate) fn produce_one(&self, message: &Seen) {
        let producer: BaseProducer = client(&self.servers).create().expect("a producer");
        let mut record = BaseRecord::<str, [u8]>::to(&self.name).partition(message.partition);
        record.payload = message.value.as_deref();
        record.key = message.key.as_deref();
        record.timestamp = message.time;
        let headers = message.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value.as_str()) })
        });
        producer.send(record.headers(headers)).map_err(|(error, _)| error).expect("taken");
        producer.flush(PATIENCE).expect("what was produced arrives");
    }

    /// Everything that stands in the topic now, by partition and offset; of transactions what was committed.
    pub(crate) fn read(&self) -> Vec<Seen> {
        let mut config = client(&self.servers);
        config.set("group.id", "an-independent-reader").set("enable.partition.eof", "true");
        config.set("isolation.level", "read_committed").set("enable.auto.commit", "false");
        let consumer: BaseConsumer = config.create().expect("a consumer");
        let mut all = TopicPartitionList::new();
        for partition in 0..self.partitions {
            all.add_partition_offset(&self.name, partition, Offset::Beginning).expect("a partition");
        }
        consumer.assign(&all).expect("assigned");
        let (mut seen, mut ended) = (Vec::new(), 0);
        while ended < self.partitions {
            match consumer.poll(PATIENCE) {
                Some(Ok(message)) => seen.push(Seen {
                    partition: message.partition(),
                    offset: message.offset(),
                    key: message.key().map(|key| String::from_utf8_lossy(key).into_owned()),
                    value: message.payload().map(<[u8]>::to_vec),
                    headers: message.headers().map_or_else(Vec::new, |headers| {
                        let value =
                            |value: Option<&[u8]>| String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
                        headers.iter().map(|header| (header.key.to_owned(), value(header.value))).collect()
                    }),
                    time: message.timestamp().to_millis(),
                }),
                Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => ended += 1,
                Some(Err(error)) => panic!("{}: {error}", self.name),
                None => panic!("{} was not read within {PATIENCE:?}", self.name),
            }
        }
        seen.sort_by_key(|seen| (seen.partition, seen.offset));
        seen
    }

    /// The values as text, sorted.
    pub(crate) fn texts(&self) -> Vec<String> {
        let mut texts: Vec<_> = self.read().iter().map(Seen::text).collect();
        texts.sort();
        texts
    }

    /// What a group has committed, by partition; -1 where it has not.
    pub(crate) fn committed(&self, group: &str) -> Vec<i64> {
        let consumer: BaseConsumer = client(&self.servers).set("group.id", group).create().expect("a consumer");
        let mut all = TopicPartitionList::new();
        all.add_partition_range(&self.name, 0, self.partitions - 1);
        let committed = consumer.committed_offsets(all, PATIENCE).expect("offsets");
        let offset = |offset| match offset {
            Offset::Offset(offset) => offset,
            _ => -1,
        };
        committed.elements().iter().map(|element| offset(element.offset())).collect()
    }
}

/// What was logged in this process since this was called first, by whichever test.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn listen() -> &'static Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            let writer = log.clone();
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();
            log
        })
    }

    /// Whether one line has all of these.
    pub(crate) fn has(&self, parts: &[&str]) -> bool {
        let text = self.0.lock().unwrap();
        String::from_utf8_lossy(&text).lines().any(|line| parts.iter().all(|part| line.contains(part)))
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Numbers as text, sorted as text.
pub(crate) fn texts(numbers: impl IntoIterator<Item = i64>) -> Vec<String> {
    let mut texts: Vec<_> = numbers.into_iter().map(|number| number.to_string()).collect();
    texts.sort();
    texts
}

/// Runs a pipeline from a source to what it gives.
pub(crate) fn collected<T: Send + 'static>(source: impl Source<Item = T>) -> Vec<T> {
    let (rows, sink) = sinks::collect();
    let pipeline = Pipeline::new("collected");
    pipeline.source(source).sink(sink);
    let report = pipeline.run_blocking().expect("it runs");
    assert!(report.is_balanced(), "{report}");
    rows.take()
}

/// Waits until something holds, and fails when it takes too long.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}"));
}
