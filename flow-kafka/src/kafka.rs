//! Where every use of Kafka begins.

use crate::sink::KafkaSink;
use crate::source::KafkaSource;
use crate::source::Topics;

/// Kafka, as a source and as a sink.
#[derive(Clone, Copy, Debug)]
pub struct Kafka;

impl Kafka {
    /// Reads a topic.
    ///
    /// # Delivery
    /// At least once: an offset is committed in the group when everything before it is flushed by every sink, dead letters included, and no
    /// stage of the pipeline holds any of it. What was not committed is read again. Kafka's own tools see these offsets.
    ///
    /// A pipeline without state that does not end shares the topic's partitions with other members of its group: they come and go one by one
    /// (cooperative-sticky), and one that is given away is committed first. A pipeline with windows, joins or other state takes all partitions itself,
    /// for two members of a group would each give a part of a window's rows; so does a source that ends.
    /// It commits once, when all was read or after `drain`: all partitions of all sources of its group in one request, which the brokers keep whole or
    /// not at all, so that a process that is killed meanwhile leaves no part of a window to the next one. Two jobs of one group that do so read everything twice.
    ///
    /// Each partition is read in order and has a watermark of its own. Records of transactions that were not committed are not read.
    /// Partitions that are added to the topic are found.
    ///
    /// # Errors
    /// When the job starts: servers that do not answer for 60 seconds, a topic that is not there, a right that is missing, an option that
    /// is refused, an offset of `from_offsets` that the log does not have. Of an offset of the group that it does not have any more there is a warning, and reading goes
    /// on at the earliest record. A value that cannot be decoded goes by the pipeline's error policy, with its bytes, key and headers.
    ///
    /// ```no_run
    /// use flow::prelude::*;
    /// use flow_kafka::Kafka;
    /// #[derive(serde::Deserialize, serde::Serialize)]
    /// struct Order {
    ///     id: i64,
    ///     amount: i64,
    /// }
    /// let large = pipeline! {
    ///     name = "large-orders";
    ///     on_error = dead_letter(Kafka::to("orders-dead").servers("localhost:9092").dead_letters());
    ///     source::<Order>(Kafka::topic("orders").servers("localhost:9092").group("billing").json())
    ///         -> filter(|o| o.amount > 100)
    ///         -> sink(Kafka::to("large-orders").servers("localhost:9092").json());
    /// };
    /// large.run_blocking()?;
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn topic(topic: impl Into<String>) -> KafkaSource {
        Self::topics([topic])
    }

    /// Reads several topics as one source. See [`topic`](Self::topic).
    pub fn topics<S: Into<String>>(topics: impl IntoIterator<Item = S>) -> KafkaSource {
        KafkaSource::new(Topics::Named(topics.into_iter().map(Into::into).collect()))
    }

    /// Reads all topics whose names match a regular expression, as `^orders-.*`, those too that are made later. See [`topic`](Self::topic).
    pub fn pattern(pattern: impl Into<String>) -> KafkaSource {
        KafkaSource::new(Topics::Pattern(pattern.into()))
    }

    /// Writes to a topic.
    ///
    /// # Delivery
    /// At least once: a flush returns when the brokers have acknowledged every row (`acks=all`, idempotent: a retry writes no row twice, and
    /// the order of a partition's rows stays). After a failure rows may come twice, for what was not committed is read again.
    ///
    /// # Errors
    /// When the job starts: as a source. Later, the job fails when a row was not delivered, with topic, partition and reason.
    ///
    /// ```no_run
    /// use flow::prelude::*;
    /// use flow_kafka::Kafka;
    /// #[derive(serde::Serialize)]
    /// struct Total {
    ///     region: String,
    ///     total: i64,
    /// }
    /// let totals = Kafka::to("totals").servers("localhost:9092").json::<Total>().key_by(|row| row.region.clone());
    /// # let pipeline = Pipeline::new("totals");
    /// # pipeline.source(sources::iter([Total { region: "north".into(), total: 3 }])).sink(totals);
    /// ```
    pub fn to(topic: impl Into<String>) -> KafkaSink {
        KafkaSink::new(topic.into())
    }
}
