//! The loop as a good engineer writes it: one thread polls and sends, and the client's own threads do the rest.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde::{Deserialize, Serialize};

use super::topic::{PATIENCE, Topic};
use super::{MIN_AMOUNT, Work, settings};
use crate::file::Result;

/// After how many messages delivery reports are looked at.
const REPORTS: usize = 512;
/// How long a poll waits, so that delivery reports are looked at.
const IDLE: Duration = Duration::from_millis(10);
const COMMIT_EVERY: Duration = Duration::from_secs(1);

/// The same order, borrowed.
#[derive(Serialize, Deserialize)]
struct Order<'a> {
    id: i64,
    #[serde(borrow)]
    region: Cow<'a, str>,
    amount: i64,
    #[serde(borrow)]
    note: Cow<'a, str>,
}

/// Looks at each delivery: none may have failed.
#[derive(Default)]
pub(super) struct Deliveries {
    failed: AtomicU64,
    succeeded: AtomicU64,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let counter = if result.is_err() { &self.failed } else { &self.succeeded };
        counter.fetch_add(1, Relaxed);
    }
}

/// Sends, when there is room.
pub(super) fn send<C: ProducerContext<DeliveryOpaque = ()>>(
    producer: &BaseProducer<C>,
    mut record: BaseRecord<'_, [u8], [u8]>,
) -> Result<()> {
    while let Err((error, back)) = producer.send(record) {
        let KafkaError::MessageProduction(Code::QueueFull) = error else { return Err(error.into()) };
        producer.poll(Duration::from_millis(10));
        record = back;
    }
    Ok(())
}

fn producer(to: &Topic) -> Result<BaseProducer<Deliveries>> {
    Ok(BaseProducer::from_config_and_context(&settings::producer(&to.servers), Deliveries::default())?)
}

/// Waits for all deliveries.
fn delivered(producer: &BaseProducer<Deliveries>) -> Result<()> {
    producer.flush(PATIENCE)?;
    none_failed(producer)
}

fn none_failed(producer: &BaseProducer<Deliveries>) -> Result<()> {
    if producer.context().failed.load(Relaxed) > 0 {
        return Err("a message was not delivered".into());
    }
    Ok(())
}

/// Where each partition goes on.
fn commit(consumer: &BaseConsumer, from: &Topic, positions: &[i64], mode: CommitMode) -> Result<()> {
    let mut list = TopicPartitionList::new();
    for (partition, position) in positions.iter().enumerate() {
        list.add_partition_offset(&from.name, partition as i32, Offset::Offset(*position))?;
    }
    Ok(consumer.commit(&list, mode)?)
}

/// From one topic to the other, to its end; offsets are committed when all is delivered.
pub(super) fn run(work: Work, from: &Topic, to: &Topic, group: &str) -> Result<()> {
    let consumer: BaseConsumer = settings::consumer(&from.servers, group, from.partitions, true).create()?;
    from.assign(&consumer)?;
    let producer = producer(to)?;
    let (mut positions, mut ended) = (vec![0; from.partitions as usize], 0);
    let (mut encoded, mut since) = (Vec::new(), 0);
    while ended < from.partitions {
        let message = match consumer.poll(PATIENCE).ok_or("the broker does not answer")? {
            Ok(message) => message,
            Err(KafkaError::PartitionEOF(_)) => {
                ended += 1;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        positions[message.partition() as usize] = message.offset() + 1;
        let value = message.payload().unwrap_or_default();
        let value = match work {
            Work::Pass => Some(value),
            Work::Json => large(value, &mut encoded)?,
        };
        if let Some(value) = value {
            send(&producer, BaseRecord::to(&to.name).payload(value))?;
        }
        since += 1;
        if since == REPORTS {
            since = 0;
            producer.poll(Duration::ZERO);
        }
    }
    delivered(&producer)?;
    commit(&consumer, from, &positions, CommitMode::Sync)
}

/// Copies until it is told to stop. What was delivered is committed each second, without waiting for what was sent since: the client's
/// `flush` sleeps up to 100 ms at a time.
pub(super) fn copy_until(stop: &AtomicBool, from: &Topic, to: &Topic, group: &str) -> Result<()> {
    let consumer: BaseConsumer = settings::consumer(&from.servers, group, from.partitions, false).create()?;
    consumer.subscribe(&[&from.name])?;
    let producer = producer(to)?;
    let (mut positions, mut sent, mut looked) = (vec![0; from.partitions as usize], 0, Instant::now());
    // What is to be committed when so many are delivered.
    let mut waiting: Option<(u64, Vec<i64>)> = None;
    while !stop.load(Relaxed) {
        if let Some(message) = consumer.poll(IDLE) {
            let message = message?;
            positions[message.partition() as usize] = message.offset() + 1;
            send(&producer, BaseRecord::to(&to.name).payload(message.payload().unwrap_or_default()))?;
            sent += 1;
        }
        producer.poll(Duration::ZERO);
        let succeeded = producer.context().succeeded.load(Relaxed);
        if let Some((_, positions)) = waiting.take_if(|(sent, _)| *sent <= succeeded) {
            commit(&consumer, from, &positions, CommitMode::Async)?;
        }
        if waiting.is_none() && looked.elapsed() >= COMMIT_EVERY {
            none_failed(&producer)?;
            (waiting, looked) = (Some((sent, positions.clone())), Instant::now());
        }
    }
    delivered(&producer)
}

/// A large order, encoded again.
fn large<'a>(value: &[u8], encoded: &'a mut Vec<u8>) -> Result<Option<&'a [u8]>> {
    let order: Order<'_> = serde_json::from_slice(value)?;
    if order.amount <= MIN_AMOUNT {
        return Ok(None);
    }
    encoded.clear();
    serde_json::to_writer(&mut *encoded, &order)?;
    Ok(Some(encoded))
}
