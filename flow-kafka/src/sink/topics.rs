//! What a program writes to write to topics.

use super::formats::{Unwritten, Writes};
use super::keys::Key;
use super::outgoing::{Headers, Outgoing};
use super::producer::{self, Producing};
use super::writer::Writer;
use crate::options::{Options, option_methods};
use async_trait::async_trait;
use flow::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter, SinkWriters};
use flow::{Result, Timestamp};
use std::fmt;
use std::sync::{Arc, Weak};

/// Writes to topics; made by [`Kafka::to`](crate::Kafka::to). It is a sink when it is said how rows are written:
/// [`json`](KafkaSink::json), [`string`](KafkaSink::string), [`encode`](KafkaSink::encode).
#[derive(Clone)]
#[must_use = "say how rows are written: `.json()`, `.string()`, `.encode(…)`"]
pub struct KafkaSink<F = Unwritten> {
    options: Options,
    topic: String,
    /// Whether rows choose their topics.
    routes: bool,
    pub(super) format: F,
    /// One for all writers: their rows share batches and connections.
    producer: Weak<Producing>,
}

impl KafkaSink {
    pub(crate) fn new(topic: String) -> Self {
        Self { options: Options::default(), topic, routes: false, format: Unwritten, producer: Weak::new() }
    }
}

impl<F> KafkaSink<F> {
    option_methods!();

    pub(super) fn with<G>(self, format: G) -> KafkaSink<G> {
        let Self { options, topic, routes, .. } = self;
        KafkaSink { options, topic, routes, format, producer: Weak::new() }
    }
}

impl<T: Send + 'static> KafkaSink<Writes<T>> {
    /// Writes each row to the topic that the function says, instead of the sink's own.
    pub fn topic_by<S: AsRef<str>>(mut self, topic: impl Fn(&T) -> S + Send + Sync + 'static) -> Self {
        self.routes = true;
        self.part(move |row, out| {
            out.topic.clear();
            out.topic.push_str(topic(row).as_ref());
            Ok(())
        })
    }

    /// The key of each row's message: what its partition is chosen by (as Kafka's Java client does: murmur2), and what a compacted topic keeps the last
    /// message of. `None` is no key.
    pub fn key_by<K: Key>(self, key: impl Fn(&T) -> K + Send + Sync + 'static) -> Self {
        self.part(move |row, out| {
            out.put_key(&key(row));
            Ok(())
        })
    }

    /// Writes each row to the partition of this number, whatever its key is: as one that was read, so that the order within each partition stays.
    /// A topic without such a partition fails the job.
    pub fn partition_by(self, partition: impl Fn(&T) -> u32 + Send + Sync + 'static) -> Self {
        self.part(move |row, out| {
            let number = partition(row);
            out.partition = Some(i32::try_from(number).map_err(|_| format!("there is no partition {number}"))?);
            Ok(())
        })
    }

    /// Adds headers to each row's message.
    pub fn headers(self, headers: impl Fn(&T, &mut Headers) + Send + Sync + 'static) -> Self {
        self.part(move |row, out| {
            headers(row, &mut out.headers);
            Ok(())
        })
    }

    /// The time of each row's message: when it was written, if this is not called.
    pub fn timestamp(self, time: impl Fn(&T) -> Timestamp + Send + Sync + 'static) -> Self {
        self.part(move |row, out| {
            out.time = Some(time(row).millis());
            Ok(())
        })
    }

    pub(super) fn part(
        mut self,
        part: impl Fn(&T, &mut Outgoing) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        self.format.parts.push(Arc::new(part));
        self
    }
}

impl<F> fmt::Debug for KafkaSink<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kafka").field("topic", &self.topic).field("options", &self.options).finish_non_exhaustive()
    }
}

#[async_trait]
impl<T: Send + 'static> Sink for KafkaSink<Writes<T>> {
    type Item = T;

    fn describe(&self) -> Endpoint {
        // What a closure makes of a row nobody else can make.
        match (self.format.name, self.format.parts.len()) {
            (Some(name), 1) => {
                self.options.describe(Endpoint::described("kafka").format(name)).option("topic", self.topic.as_str())
            }
            _ => {
                Endpoint::opaque("kafka with closures", "write rows as JSON, without keys or headers made by closures")
            }
        }
    }

    fn delivery(&self) -> Delivery {
        self.format.delivery
    }

    fn writers(&self) -> SinkWriters {
        SinkWriters::Any
    }

    async fn open(&mut self, cx: &SinkContext) -> Result<Box<dyn SinkWriter<T>>> {
        let producer = match self.producer.upgrade() {
            Some(producer) => producer,
            None => {
                let topic = (!self.routes).then_some(self.topic.as_str());
                let producer = producer::open(&self.options, topic, cx).await?;
                self.producer = Arc::downgrade(&producer);
                producer
            }
        };
        let format = self.format.name.unwrap_or("a format of the program's own");
        Ok(Box::new(Writer::new(producer, cx, self.topic.clone(), format, self.format.parts.clone())))
    }
}
