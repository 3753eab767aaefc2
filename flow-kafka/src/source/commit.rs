//! Commits what is out, and lets go of what the group takes away.

use super::context::Consumer;
use super::reader::Reader;
use super::slot::{Slot, State};
use crate::failure;
use crate::servers::ANSWER;
use flow::connector::{Position, Split};
use flow::{Error, ErrorKind, Result};
use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList, TopicPartitionListElem};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often a commit that has to succeed is tried again.
const AGAIN: Duration = Duration::from_millis(500);

/// The partitions that are not committed after a failure, as far as the servers can say: the client says only that there was one.
fn missing(consumer: &Consumer, list: &TopicPartitionList) -> String {
    let Ok(found) = consumer.committed_offsets(list.clone(), ANSWER) else { return String::new() };
    let is_there = |element: &TopicPartitionListElem<'_>| {
        let found = found.find_partition(element.topic(), element.partition());
        found.is_some_and(|found| found.error().is_ok() && found.offset() == element.offset())
    };
    let named = |it: &TopicPartitionListElem<'_>| format!("{}/{}", it.topic(), it.partition());
    let missing: Vec<_> = list.elements().iter().filter(|it| !is_there(it)).map(named).collect();
    if missing.is_empty() { String::new() } else { format!(" ({})", missing.join(", ")) }
}

impl<T: Send + 'static> Reader<T> {
    /// Commits the positions that are this reader's, and have changed.
    pub(super) async fn commit_positions(&mut self, positions: &[(usize, Position)]) -> Result<()> {
        let mut list = TopicPartitionList::new();
        for (at, position) in positions {
            let Some(slot) = self.slots.get(*at).filter(|slot| slot.is_ours()) else { continue };
            let next: Option<i64> = position.get()?;
            if let Some(next) = next.filter(|next| slot.committed != Some(*next)) {
                list.add_partition_offset(&slot.partition.topic, slot.partition.number, Offset::Offset(next))
                    .map_err(|error| failure::of("committing offsets", &error))?;
            }
        }
        if self.plan.what.group.is_some() && list.count() > 0 {
            self.commit_now(list).await?;
        }
        self.release();
        Ok(())
    }

    /// Commits for all readers that have this group, in one request: the broker keeps all of a request's offsets or none.
    pub(super) async fn commit_together(&mut self, positions: &[(Split, Position)]) -> Result<()> {
        let mut lowest: BTreeMap<(&str, u32), i64> = BTreeMap::new();
        for (split, position) in positions {
            let Some(next) = position.get::<Option<i64>>()? else { continue };
            // Two sources that read one partition may have come to different places.
            lowest.entry((&split.topic, split.number)).and_modify(|it| *it = next.min(*it)).or_insert(next);
        }
        let mut list = TopicPartitionList::with_capacity(lowest.len());
        for ((topic, number), next) in lowest {
            let number = i32::try_from(number).unwrap_or(i32::MAX);
            list.add_partition_offset(topic, number, Offset::Offset(next))
                .map_err(|error| failure::of("committing offsets", &error))?;
        }
        if self.plan.what.group.is_some() && list.count() > 0 {
            self.commit_now(list).await?;
        }
        self.settle().await
    }

    /// Commits what could not be committed before. Nothing follows, so that it is tried again and again.
    pub(super) async fn settle(&mut self) -> Result<()> {
        let start = Instant::now();
        while let Some((list, why)) = self.owed.take() {
            if start.elapsed() >= self.plan.patience {
                let message = format!("offsets could not be committed at {}: {why}", self.plan.servers);
                return Err(Error::new(ErrorKind::Timeout, message)
                    .help("all rows are out; those that are not committed will be written again by the next run"));
            }
            let list = self.still_ours(list);
            if list.count() == 0 || self.commit_now(list).await? {
                break;
            }
            sleep(AGAIN).await;
        }
        Ok(())
    }

    /// Without what other members of the group have by now: they may have committed more.
    fn still_ours(&self, list: TopicPartitionList) -> TopicPartitionList {
        if !self.plan.subscribes {
            return list;
        }
        let mut left = TopicPartitionList::new();
        for element in list.elements() {
            let (topic, number) = (element.topic(), element.partition());
            let is_ours = self.slots.iter().any(|slot| slot.is_ours() && slot.partition.names(topic, number));
            if is_ours && let Err(error) = left.add_partition_offset(topic, number, element.offset()) {
                tracing::debug!(target: "flow_kafka", "{topic}/{number}: {error}");
            }
        }
        left
    }

    /// Lets go of the partitions of which everything is committed that was read.
    pub(super) fn release(&mut self) {
        let waits = |slot: &Slot| matches!(slot.state, State::Revoked(_)) && slot.next != slot.committed;
        let revoked = |slot: &Slot| match slot.state {
            State::Revoked(revocation) => Some(revocation),
            _ => None,
        };
        let waiting: Vec<u64> = self.slots.iter().filter(|slot| waits(slot)).filter_map(revoked).collect();
        for slot in &mut self.slots {
            if let Some(revocation) = revoked(slot).filter(|revocation| !waiting.contains(revocation)) {
                slot.state = State::Gone;
                self.shared.release(revocation);
            }
        }
    }

    /// Commits offsets. False if it may go well another time. What the broker refuses for a single partition is an error for all: none of
    /// them counts as committed.
    async fn commit_now(&mut self, list: TopicPartitionList) -> Result<bool> {
        let Some(consumer) = self.consumer.clone() else { return Ok(true) };
        let (list, committed, missing) = self
            .blocking
            .run(move || {
                let committed = consumer.commit(&list, CommitMode::Sync);
                let refused =
                    |error: &KafkaError| error.rdkafka_error_code().is_some_and(|it| !failure::is_passing(it));
                let asks = committed.as_ref().is_err_and(refused);
                let missing = if asks { missing(&consumer, &list) } else { String::new() };
                (list, committed, missing)
            })
            .await?;
        let error = match committed {
            Ok(()) => {
                tracing::debug!(target: "flow_kafka", "the offsets of {} partitions are committed", list.count());
                self.note(&list);
                return Ok(true);
            }
            Err(error) => error,
        };
        match error.rdkafka_error_code() {
            Some(Code::NoOffset) => Ok(true),
            Some(code @ Code::Fatal) => {
                let Some(consumer) = &self.consumer else { return Ok(true) };
                Err(failure::fatal("committing offsets", consumer.client(), &self.plan.hidden, code))
            }
            // Which topics there are, too, a server that has just started may not know yet.
            Some(code) if failure::is_passing(code) || failure::is_unknown(code) => {
                tracing::warn!(target: "flow_kafka", "offsets are not committed yet{missing}: {error}");
                self.owed = Some((list, failure::words(code) + &missing));
                Ok(false)
            }
            // The group goes on without this member: others read again what was not committed.
            Some(code) if failure::is_not_member(code) && self.plan.subscribes => {
                tracing::warn!(target: "flow_kafka", "offsets are not committed: {error}");
                Ok(true)
            }
            Some(code) if failure::is_not_member(code) => {
                let group = self.plan.what.group.as_deref().unwrap_or_default();
                Err(Error::new(ErrorKind::Config, format!("the offsets of group `{group}` cannot be committed: it has other members"))
                    .help("give this job a group of its own: a pipeline that holds state, or ends, takes all partitions itself"))
            }
            _ => Err(failure::of(&format!("committing offsets{missing}"), &error)),
        }
    }

    fn note(&mut self, list: &TopicPartitionList) {
        self.owed = None;
        for slot in &mut self.slots {
            if let (true, Some(element)) =
                (slot.is_ours(), list.find_partition(&slot.partition.topic, slot.partition.number))
                && let Offset::Offset(offset) = element.offset()
            {
                slot.committed = Some(offset);
            }
        }
    }
}
