//! Topics of a run's own: filled, and read back.

use std::hash::Hasher;
use std::time::Duration;

use flow_services::{KafkaAdmin, unique};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rustc_hash::FxHasher;

use super::{Order, hand, settings};
use crate::file::Result;

/// How long a broker may take for anything.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// How long a message is.
const LENGTH: usize = 100;
const REGIONS: [&str; 4] = ["north", "south", "east", "west"];

/// What a topic holds, in whatever order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) count: u64,
    /// Of the values' hashes.
    pub(super) sum: u64,
}

impl Content {
    pub(super) fn add(&mut self, value: &[u8]) {
        let mut hasher = FxHasher::default();
        hasher.write(value);
        self.count += 1;
        self.sum = self.sum.wrapping_add(hasher.finish());
    }
}

/// A topic, which is taken away when it is dropped.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) servers: String,
    pub(super) name: String,
    pub(super) partitions: i32,
}

impl Topic {
    pub(super) fn new(servers: &str, name: &str, partitions: i32) -> Result<Self> {
        let topic = Self { servers: servers.to_owned(), name: unique(name), partitions };
        KafkaAdmin::at(servers).create_topic(&topic.name, partitions)?;
        Ok(topic)
    }

    /// Writes so many orders, in turn to each partition.
    pub(super) fn fill(&self, messages: u64) -> Result<()> {
        let producer: BaseProducer = settings::producer(&self.servers).create()?;
        for id in 0..messages {
            let (value, partition) = (value(id), (id % self.partitions as u64) as i32);
            hand::send(&producer, BaseRecord::to(&self.name).partition(partition).payload(&value))?;
        }
        Ok(producer.flush(PATIENCE)?)
    }

    /// All partitions, from their beginning.
    pub(super) fn assign<C: Consumer>(&self, consumer: &C) -> Result<()> {
        let mut all = TopicPartitionList::new();
        for partition in 0..self.partitions {
            all.add_partition_offset(&self.name, partition, Offset::Beginning)?;
        }
        Ok(consumer.assign(&all)?)
    }

    /// Reads all that stands in it.
    pub(super) fn content(&self) -> Result<Content> {
        let consumer: BaseConsumer =
            settings::consumer(&self.servers, "bench-content", self.partitions, true).create()?;
        self.assign(&consumer)?;
        let (mut content, mut ended) = (Content::default(), 0);
        while ended < self.partitions {
            match consumer.poll(PATIENCE).ok_or("the broker does not answer")? {
                Ok(message) => content.add(message.payload().unwrap_or_default()),
                Err(KafkaError::PartitionEOF(_)) => ended += 1,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(content)
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        if let Err(error) = KafkaAdmin::at(&self.servers).delete_topic(&self.name) {
            eprintln!("{} stays: {error}", self.name);
        }
    }
}

/// The order of a number, as JSON of 100 bytes; the same every time.
fn value(id: u64) -> Vec<u8> {
    let mixed = (id + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let mixed = mixed ^ (mixed >> 32);
    let mut order = Order {
        id: id as i64,
        region: REGIONS[(mixed % 4) as usize].to_owned(),
        amount: ((mixed >> 8) % 1000) as i64 + 1,
        note: String::new(),
    };
    let short = serde_json::to_vec(&order).expect("an order is JSON").len();
    // Text that a compressor finds little in.
    let letter = |at: usize| (b'a' + ((mixed.rotate_left(at as u32 * 7) ^ id) % 26) as u8) as char;
    order.note = (short..LENGTH).map(letter).collect();
    serde_json::to_vec(&order).expect("an order is JSON")
}

#[cfg(test)]
mod tests {
    use super::{Content, LENGTH, value};
    use crate::kafka::{MIN_AMOUNT, Order};

    #[test]
    fn orders_are_of_100_bytes_and_nine_of_ten_are_large() {
        let orders = |from: u64| (from..from + 10_000).map(value);
        assert!(orders(0).chain(orders(99_999_999)).all(|order| order.len() == LENGTH));
        let large = orders(0).map(|order| serde_json::from_slice::<Order>(&order).unwrap().amount > MIN_AMOUNT);
        let large = large.filter(|large| *large).count();
        assert!((8_900..9_100).contains(&large), "{large}");
    }

    #[test]
    fn content_is_the_same_in_any_order_and_another_when_a_record_is() {
        let of = |values: &[&[u8]]| {
            let mut content = Content::default();
            values.iter().for_each(|value| content.add(value));
            content
        };
        assert_eq!(of(&[b"a", b"b"]), of(&[b"b", b"a"]));
        for other in [&[b"a" as &[u8]] as &[&[u8]], &[b"a", b"c"], &[b"a", b"b", b""], &[b"a", b"b", b"b"]] {
            assert_ne!(of(&[b"a", b"b"]), of(other), "{other:?}");
        }
    }
}
