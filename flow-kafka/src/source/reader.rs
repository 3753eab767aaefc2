//! Takes records from the partitions' queues, and commits what is out.

use super::context::{Consumer, Context};
use super::formats::Decoder;
use super::plan::{Partition, Plan};
use super::poller::Poller;
use super::shared::{News, Shared};
use super::slot::{BYTES, Drained, Slot, State};
use crate::client::Voice;
use crate::failure;
use crate::stats::Stats;
use async_trait::async_trait;
use flow::Result;
use flow::connector::{Blocking, Position, ReadBuffer, ReadState, SourceContext, SourceReader, Split, SplitStart};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::TopicPartitionList;
use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How long closing waits for the consumer to leave its group.
const LEAVING: Duration = Duration::from_secs(10);

/// Reads the partitions of one task.
pub(super) struct Reader<T> {
    decode: Decoder<T>,
    pub(super) plan: Arc<Plan>,
    pub(super) blocking: Blocking,
    pub(super) shared: Arc<Shared>,
    /// None, when the reader is closed.
    pub(super) consumer: Option<Arc<Consumer>>,
    /// The thread that polls.
    polling: Option<Pin<Box<dyn Future<Output = Result<()>> + Send>>>,
    /// By number of the split.
    pub(super) slots: Vec<Slot>,
    /// Which split a ticket is for.
    tickets: HashMap<usize, usize>,
    /// The splits whose queues have something, in the order in which they are looked at.
    pub(super) ready: VecDeque<usize>,
    taken: Vec<usize>,
    /// Positions that are out and could not be committed yet, and why.
    pub(super) owed: Option<(TopicPartitionList, String)>,
}

impl<T: Send + 'static> Reader<T> {
    pub(super) async fn open(
        plan: Arc<Plan>,
        decode: Decoder<T>,
        splits: Vec<SplitStart>,
        cx: &SourceContext,
    ) -> Result<Self> {
        let (slots, partitions) = begin(&plan, splits)?;
        let shared: Arc<Shared> = Arc::default();
        let voice = Voice::new(plan.hidden.clone(), Some(Stats::new(cx.gauges.clone())));
        let context = Context::new(voice, Arc::clone(&shared), plan.what.bounded());
        let mut config = plan.config.clone();
        if let Some(id) = plan.config.get("group.instance.id") {
            // Each task is a member of its own.
            config.set("group.instance.id", format!("{id}-{}", cx.task));
        }
        let consumer = Consumer::from_config_and_context(&config, context);
        let consumer = Arc::new(consumer.map_err(|error| failure::config(&error, &plan.hidden))?);
        let poller = Poller::new(Arc::clone(&consumer), Arc::clone(&shared), Arc::clone(&plan), (cx.task, cx.tasks));
        let polling = cx.blocking.start(move || poller.run(partitions));
        Ok(Self {
            decode,
            plan,
            blocking: cx.blocking.clone(),
            shared,
            consumer: Some(consumer),
            polling: Some(Box::pin(polling)),
            slots,
            tickets: HashMap::new(),
            ready: VecDeque::new(),
            taken: Vec::new(),
            owed: None,
        })
    }

    /// Does what the thread that polls has told.
    fn hear(&mut self, into: &mut ReadBuffer<T>) -> Result<()> {
        for news in self.shared.take_news() {
            match news {
                News::Assigned { partition, mut queue, ticket } => {
                    // Here, and not where the queue was made: a queue that this one had of the same partition before takes the
                    // callback of both away when it is dropped.
                    let shared = Arc::clone(&self.shared);
                    queue.set_nonempty_callback(move || shared.is_ready(ticket));
                    let at = self.begin_split(Slot::new(partition, State::Reading(queue)), into);
                    self.tickets.insert(ticket, at);
                    // Something may have come before anybody listened.
                    self.ready.push_back(at);
                }
                News::Dealt => self.end_waiting(into),
                News::Revoked { partitions, revocation } => {
                    self.end_splits(&partitions, into, || State::Revoked(revocation));
                    into.commit_soon();
                    self.release();
                }
                News::Lost(partitions) => self.end_splits(&partitions, into, || State::Gone),
                News::Failed(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Where a partition that is to be read now has its place: the one that it had at the start, or a new one.
    fn begin_split(&mut self, slot: Slot, into: &mut ReadBuffer<T>) -> usize {
        let same = |it: &Slot| it.partition.names(&slot.partition.topic, slot.partition.number);
        let waiting = self.slots.iter().position(|it| matches!(it.state, State::Waiting) && same(it));
        if let Some(at) = waiting {
            self.slots[at] = slot;
            return at;
        }
        into.add_split(slot.partition.split());
        self.slots.push(slot);
        self.slots.len() - 1
    }

    fn end_splits(&mut self, gone: &[(Arc<str>, i32)], into: &mut ReadBuffer<T>, state: impl Fn() -> State) {
        for (at, slot) in self.slots.iter_mut().enumerate() {
            let named = || gone.iter().any(|(topic, number)| slot.partition.names(topic, *number));
            let reading = matches!(slot.state, State::Reading(_));
            if (reading || matches!(slot.state, State::Revoked(_))) && named() {
                slot.state = state();
                if reading {
                    into.select(at);
                    into.split_gone();
                }
            }
        }
    }

    /// What the group has not given to this task when it has decided for the first time is not waited for.
    fn end_waiting(&mut self, into: &mut ReadBuffer<T>) {
        for (at, slot) in self.slots.iter_mut().enumerate() {
            if matches!(slot.state, State::Waiting) {
                slot.state = State::Gone;
                into.select(at);
                into.split_gone();
            }
        }
    }

    /// Takes what is there, a partition after the other.
    fn fill(&mut self, into: &mut ReadBuffer<T>) -> Result<()> {
        let mut bytes = BYTES;
        self.look_how_far();
        self.shared.take_ready(&mut self.taken);
        self.ready.extend(self.taken.drain(..).filter_map(|ticket| self.tickets.get(&ticket)));
        while !into.is_full() && bytes > 0 {
            let Some(at) = self.ready.pop_front() else { break };
            into.select(at);
            match self.slots[at].drain(&self.decode, into, &mut bytes) {
                Ok(Drained::Empty) if !self.slots[at].fetched => {}
                Ok(Drained::Empty | Drained::Eof) => self.may_be_ended(at, into),
                // The next call begins with another partition.
                Ok(Drained::Full) => self.ready.push_back(at),
                Ok(Drained::End) => self.ended(at, into),
                Err(error) => self.failed(at, &error)?,
            }
        }
        Ok(())
    }

    /// A partition's queue says that something went wrong. The client tries again by itself what can be.
    fn failed(&mut self, at: usize, error: &KafkaError) -> Result<()> {
        self.ready.push_back(at);
        let Partition { topic, number, .. } = &self.slots[at].partition;
        match error.rdkafka_error_code() {
            Some(code) if failure::is_passing(code) => {
                tracing::debug!(target: "flow_kafka", "reading {topic}/{number}: {error}");
                Ok(())
            }
            Some(code) if matches!(error, KafkaError::MessageConsumptionFatal(_)) => {
                let Some(consumer) = &self.consumer else { return Ok(()) };
                Err(failure::fatal("reading", consumer.client(), &self.plan.hidden, code))
            }
            _ => Err(failure::of(&format!("reading {topic}/{number}"), error)),
        }
    }
}

/// The partitions of a task as the engine has dealt them out, and what is to be read of each if the group does not say.
fn begin(plan: &Plan, splits: Vec<SplitStart>) -> Result<(Vec<Slot>, Vec<Partition>)> {
    let (mut slots, mut partitions) = (Vec::new(), Vec::new());
    for SplitStart { split, position } in splits {
        let number = i32::try_from(split.number).unwrap_or(i32::MAX);
        let planned = plan.partitions.iter().find(|planned| planned.names(&split.topic, number)).cloned();
        let mut partition = planned.unwrap_or_else(|| Partition::new(split.topic, number));
        let restored: Option<i64> = position.map(|position| position.get()).transpose()?.flatten();
        // A member begins where its group is, whatever its snapshot says.
        let there = |offset| if plan.subscribes { offset } else { partition.there(offset, "the snapshot's offset") };
        partition.start = restored.map(there).or(partition.start);
        slots.push(Slot::new(partition.clone(), State::Waiting));
        partitions.push(partition);
    }
    Ok((slots, partitions))
}

#[async_trait]
impl<T: Send + 'static> SourceReader<T> for Reader<T> {
    async fn read(&mut self, into: &mut ReadBuffer<T>) -> Result<ReadState> {
        let shared = Arc::clone(&self.shared);
        loop {
            self.hear(into)?;
            self.fill(into)?;
            if self.is_done() {
                return Ok(ReadState::Finished);
            }
            if !into.is_empty() {
                return Ok(ReadState::More);
            }
            shared.changed.notified().await;
        }
    }

    fn position(&self, split: usize) -> Result<Position> {
        Position::of(&self.slots.get(split).and_then(|slot| slot.next))
    }

    async fn commit(&mut self, positions: &[(usize, Position)]) -> Result<()> {
        self.commit_positions(positions).await
    }

    async fn commit_all(&mut self, positions: &[(Split, Position)]) -> Result<()> {
        self.commit_together(positions).await
    }

    async fn close(&mut self) -> Result<()> {
        self.settle().await?;
        self.leave();
        if let Some(polling) = self.polling.take() {
            match tokio::time::timeout(LEAVING, polling).await {
                Ok(ended) => ended?,
                Err(_) => tracing::warn!(target: "flow_kafka", "the group was not told that this member has left"),
            }
        }
        Ok(())
    }
}

impl<T> Reader<T> {
    /// Lets the thread that polls close the consumer: it does when nobody else holds it.
    fn leave(&mut self) {
        for slot in &mut self.slots {
            slot.state = State::Gone;
        }
        self.consumer = None;
        self.shared.stop();
    }
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        self.leave();
        self.shared.take_news();
    }
}
