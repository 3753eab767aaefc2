//! The thread that polls a consumer, so that it stays in its group however slow the pipeline is, and sees to what the group decides.
//!
//! Records do not pass here: each partition has a queue of its own, from which the reader takes them. A queue that nobody takes from
//! fills up to its limit, and then nothing more of its partition is fetched.

use super::context::{self, Consumer, Decision, Partitions};
use super::plan::{Partition, Plan};
use super::shared::{News, Shared};
use super::topics::Topics;
use crate::failure;
use crate::servers::ANSWER;
use flow::{Error, ErrorKind};
use rdkafka::consumer::{Consumer as _, RebalanceProtocol};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::metadata::MetadataTopic;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a poll waits. What the reader asks for waits as long.
const TICK: Duration = Duration::from_millis(50);
/// How long a topic may seem to be gone: a server that has just started may not know of it yet.
const GONE: Duration = Duration::from_secs(30);

pub(super) struct Poller {
    consumer: Arc<Consumer>,
    shared: Arc<Shared>,
    plan: Arc<Plan>,
    /// Which of the source's tasks this is, of how many.
    task: (usize, usize),
    tickets: usize,
    /// All partitions that somebody reads, if this source finds new ones by itself.
    known: HashSet<(Arc<str>, i32)>,
    revocations: Vec<Revocation>,
    revoked: u64,
    looked: Instant,
    /// Since when a topic seems to be gone.
    gone: Option<Instant>,
}

/// Partitions that are to be given away.
struct Revocation {
    number: u64,
    partitions: Partitions,
    since: Instant,
}

impl Poller {
    pub(super) fn new(consumer: Arc<Consumer>, shared: Arc<Shared>, plan: Arc<Plan>, task: (usize, usize)) -> Self {
        let known = plan.partitions.iter().map(|found| (Arc::clone(&found.topic), found.number)).collect();
        Self {
            consumer,
            shared,
            plan,
            task,
            tickets: 0,
            known,
            revocations: Vec::new(),
            revoked: 0,
            looked: Instant::now(),
            gone: None,
        }
    }

    /// Polls until the reader stops it. `partitions` are read from the beginning on, if the group does not say which.
    pub(super) fn run(mut self, partitions: Vec<Partition>) {
        if !self.plan.subscribes {
            self.take(partitions);
        } else if let Err(error) = self.subscribe() {
            self.fail(failure::of("joining the group", &error));
        }
        while !self.shared.stops() {
            match self.consumer.poll(TICK) {
                None => {}
                Some(Err(error)) => self.hear(&error),
                Some(Ok(_)) => self.fail(Error::new(ErrorKind::Io, "a record came by a queue that nobody reads")),
            }
            for decision in self.consumer.context().take_decisions() {
                self.obey(decision);
            }
            self.give_away();
            self.look();
        }
        // A queue holds its consumer.
        self.shared.take_news();
    }

    fn subscribe(&self) -> Result<(), KafkaError> {
        match &self.plan.what.topics {
            Topics::Named(names) => self.consumer.subscribe(&names.iter().map(String::as_str).collect::<Vec<_>>()),
            Topics::Pattern(pattern) => self.consumer.subscribe(&[pattern]),
        }
    }

    fn fail(&self, error: Error) {
        self.shared.tell(News::Failed(error));
    }

    /// What a poll says went wrong. The client connects again by itself; only what it cannot mend ends the job.
    fn hear(&mut self, error: &KafkaError) {
        let Some(code) = error.rdkafka_error_code() else { return };
        if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
            return self.fail(failure::fatal("reading", self.consumer.client(), &self.plan.hidden, code));
        }
        // A source without a group has no use for one.
        let of_no_group = code == Code::GroupAuthorizationFailed && self.plan.what.group.is_none();
        if failure::is_refusal(code) && !of_no_group {
            return self.fail(failure::coded("reading", code));
        }
        if failure::is_unknown(code) {
            self.gone.get_or_insert_with(Instant::now);
        }
        tracing::debug!(target: "flow_kafka", "reading: {error}");
    }

    fn obey(&mut self, decision: Decision) {
        match decision {
            Decision::Assigned(partitions) => {
                self.take(partitions.into_iter().map(|(topic, number)| Partition::new(topic, number)).collect());
                self.shared.tell(News::Dealt);
            }
            Decision::Revoked(partitions) => {
                self.revoked += 1;
                let number = self.revoked;
                self.shared.tell(News::Revoked { partitions: partitions.clone(), revocation: number });
                self.revocations.push(Revocation { number, partitions, since: Instant::now() });
            }
            Decision::Lost(partitions) => {
                // They were to be given away anyway.
                self.revocations.clear();
                self.shared.tell(News::Lost(partitions.clone()));
                self.unassign(&partitions);
            }
        }
    }

    /// Begins to read partitions. Their queues are split off first, so that no record comes by another.
    fn take(&mut self, partitions: Vec<Partition>) {
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for partition in partitions {
            let Partition { topic, number, start, .. } = &partition;
            let added = list.add_partition_offset(topic, *number, start.map_or(Offset::Invalid, Offset::Offset));
            let queue = self.consumer.split_partition_queue(topic, *number);
            let (Ok(()), Some(queue)) = (added, queue) else {
                return self.fail(Error::new(ErrorKind::Io, format!("{topic}/{number} cannot be read")));
            };
            let ticket = self.tickets;
            self.tickets += 1;
            self.shared.tell(News::Assigned { partition, queue, ticket });
        }
        let assigned = match self.consumer.rebalance_protocol() {
            RebalanceProtocol::Eager => self.consumer.assign(&list),
            _ => self.consumer.incremental_assign(&list),
        };
        if let Err(error) = assigned {
            self.fail(failure::of("taking partitions", &error));
        }
    }

    fn unassign(&self, partitions: &Partitions) {
        let mut list = TopicPartitionList::with_capacity(partitions.len());
        for (topic, number) in partitions {
            list.add_partition(topic, *number);
        }
        context::give_away(&self.consumer, &list);
    }

    /// Gives away what is out, and what was kept for too long.
    fn give_away(&mut self) {
        let revocations = std::mem::take(&mut self.revocations);
        for revocation in revocations {
            if self.shared.take_released(revocation.number) {
                self.unassign(&revocation.partitions);
            } else if revocation.since.elapsed() >= self.plan.what.kept {
                tracing::warn!(
                    target: "flow_kafka",
                    "partitions are given away before all that was read of them is out: their new reader reads it again"
                );
                self.shared.tell(News::Lost(revocation.partitions.clone()));
                self.unassign(&revocation.partitions);
            } else {
                self.revocations.push(revocation);
            }
        }
    }

    /// Looks for new partitions, and whether a topic is gone.
    fn look(&mut self) {
        let gone = self.gone.is_some_and(|since| since.elapsed() >= GONE);
        let finds = !self.plan.subscribes && !self.plan.what.bounded();
        let due = finds && self.looked.elapsed() >= self.plan.what.metadata_every;
        if !gone && !due {
            return;
        }
        self.looked = Instant::now();
        let found: Vec<Partition> = match &self.plan.what.topics {
            Topics::Named(names) => names.clone().iter().flat_map(|name| self.partitions(Some(name))).collect(),
            Topics::Pattern(_) => self.partitions(None),
        };
        if gone {
            self.gone = None;
        }
        if finds {
            let (task, tasks) = self.task;
            let new = found.into_iter().filter(|it| self.known.insert((Arc::clone(&it.topic), it.number)));
            let mine: Vec<_> = new.filter(|it| owner(&it.topic, it.number, tasks) == task).collect();
            if !mine.is_empty() {
                self.take(mine);
            }
        }
    }

    /// What partitions there are now, to be read from their beginning.
    fn partitions(&self, name: Option<&String>) -> Vec<Partition> {
        let metadata = match self.consumer.fetch_metadata(name.map(String::as_str), ANSWER) {
            Ok(metadata) => metadata,
            Err(error) => {
                tracing::debug!(target: "flow_kafka", "looking for partitions: {error}");
                return Vec::new();
            }
        };
        let matches = |topic: &&MetadataTopic| match (&self.plan.pattern, name) {
            (Some(pattern), _) => pattern.is_match(topic.name()),
            (None, name) => name.is_some_and(|name| name == topic.name()),
        };
        let mut found = Vec::new();
        for topic in metadata.topics().iter().filter(matches) {
            if let Some(code @ (Code::UnknownTopicOrPartition | Code::UnknownTopic)) = topic.error().map(Code::from) {
                self.fail(failure::coded(&format!("topic `{}`", topic.name()), code));
            }
            let name: Arc<str> = topic.name().into();
            let of = topic.partitions().iter();
            found.extend(of.map(|it| Partition { start: Some(0), ..Partition::new(name.clone(), it.id()) }));
        }
        found
    }
}

/// Which task reads a partition that was found: all of them find it, each by itself.
fn owner(topic: &str, number: i32, tasks: usize) -> usize {
    let bytes = topic.bytes().chain(number.to_be_bytes());
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    usize::try_from(hash % tasks.max(1) as u64).unwrap_or_default()
}
