//! What the servers are asked about offsets.

use super::plan::Partition;
use crate::failure;
use crate::servers::{self, ANSWER, Asking};
use flow::Result;
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::time::Duration;
use tokio::time::Instant;

/// What to ask about offsets, as Kafka's protocol has it.
pub(super) const EARLIEST: Offset = Offset::Beginning;
pub(super) const LATEST: Offset = Offset::End;

/// Where the group had come to, if it was there.
pub(super) fn of_group(partitions: &[Partition], asking: &Asking) -> Result<Vec<Option<i64>>> {
    let list = list(partitions, Offset::Invalid)?;
    patiently("asking for the group's offsets", asking, || {
        let found = asking.committed_offsets(list.clone(), ANSWER / 5)?;
        let of = |partition: &Partition| {
            let Some(element) = found.find_partition(&partition.topic, partition.number) else { return Ok(None) };
            element.error()?;
            Ok(match element.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            })
        };
        partitions.iter().map(of).collect()
    })
}

/// The offsets of all partitions for a time, or for `EARLIEST` or `LATEST`; -1 where there is none.
pub(super) fn offsets(partitions: &[Partition], time: Offset, asking: &Asking) -> Result<Vec<i64>> {
    let list = list(partitions, time)?;
    patiently("asking for offsets", asking, || {
        let found = asking.offsets_for_times(list.clone(), ANSWER / 5)?;
        let of = |partition: &Partition| {
            let Some(element) = found.find_partition(&partition.topic, partition.number) else { return Ok(-1) };
            element.error()?;
            Ok(match element.offset() {
                Offset::Offset(offset) => offset,
                _ => -1,
            })
        };
        partitions.iter().map(of).collect()
    })
}

/// Asks again and again while servers begin or change places: one that has never had a group must make a place for it first. Whether
/// the client may ask at all is said beside, and not in the answer.
fn patiently<T>(doing: &str, asking: &Asking, ask: impl Fn() -> KafkaResult<T>) -> Result<T> {
    let start = Instant::now();
    loop {
        let error = match ask() {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        servers::hear(asking);
        match asking.context().refused().or(error.rdkafka_error_code()) {
            // The topic is there, for it was just asked for: what says otherwise has not heard of it yet.
            Some(code) if (failure::is_passing(code) || failure::is_unknown(code)) && start.elapsed() < ANSWER * 3 => {
                asking.poll(Duration::from_millis(100));
            }
            Some(code) => return Err(failure::coded(doing, code)),
            None => return Err(failure::of(doing, &error)),
        }
    }
}

fn list(partitions: &[Partition], offset: Offset) -> Result<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for partition in partitions {
        list.add_partition_offset(&partition.topic, partition.number, offset)
            .map_err(|error| failure::of("naming a partition", &error))?;
    }
    Ok(list)
}

/// Sets the group to where the program says that reading begins, for members of a group begin where it is. That cannot be done while
/// others are at work in the group: then this job joins them.
pub(super) fn set_group_back(partitions: &mut [Partition], asking: &Asking) -> Result<()> {
    let mut offsets = TopicPartitionList::with_capacity(partitions.len());
    for partition in partitions.iter_mut() {
        let start = Offset::Offset(partition.start.take().unwrap_or_default());
        offsets
            .add_partition_offset(&partition.topic, partition.number, start)
            .map_err(|error| failure::of("naming a partition", &error))?;
    }
    let joins = |error: &KafkaError| error.rdkafka_error_code().is_some_and(failure::is_not_member);
    patiently("setting the group's offsets", asking, || match asking.commit(&offsets, CommitMode::Sync) {
        Err(error) if joins(&error) => {
            tracing::warn!(
                target: "flow_kafka",
                "other members are at work in the group: this job joins them, and reads from where the group is"
            );
            Ok(())
        }
        done => done,
    })
}
