//! When a partition was read to the end that was set: what a server says of it is no proof, for a replica may be behind.

use super::plan::Partition;
use super::reader::Reader;
use super::slot::{Slot, State};
use flow::connector::ReadBuffer;
use rdkafka::consumer::Consumer as _;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

impl<T: Send + 'static> Reader<T> {
    /// Looks at the client's figures. What it has fetched stands in the queues by then: which of them have all are to be emptied.
    pub(super) fn look_how_far(&mut self) {
        for (topic, number, fetched) in self.shared.take_fetched() {
            let same = |slot: &Slot| slot.partition.names(&topic, number) && matches!(slot.state, State::Reading(_));
            if let Some(at) = self.slots.iter().position(same)
                && self.slots[at].partition.end.is_some_and(|end| fetched >= end)
            {
                self.slots[at].fetched = true;
                self.ready.push_back(at);
            }
        }
    }

    /// A partition's queue is empty, and the servers say that they have no more, or the client that it has fetched all.
    pub(super) fn may_be_ended(&mut self, at: usize, into: &mut ReadBuffer<T>) {
        let (Partition { topic, number, end, .. }, State::Reading(_)) =
            (&self.slots[at].partition, &self.slots[at].state)
        else {
            return;
        };
        let Some(end) = *end else { return };
        let asked = self.consumer.as_ref().and_then(|consumer| consumer.position().ok());
        let position = asked.and_then(|list| match list.find_partition(topic, *number)?.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        });
        if self.slots[at].is_at_end(position) {
            return self.ended(at, into);
        }
        let next = position.or(self.slots[at].next);
        tracing::debug!(target: "flow_kafka", "{topic}/{number} has nothing more for now, at {next:?}: read until {end}");
    }

    /// A partition was read to the end that was set: whatever stands before it and was not read is no record.
    pub(super) fn ended(&mut self, at: usize, into: &mut ReadBuffer<T>) {
        let slot = &mut self.slots[at];
        slot.next = slot.next.max(slot.partition.end);
        slot.state = State::Done;
        into.end_of_split();
        // What is behind the end need not be fetched.
        let mut list = TopicPartitionList::new();
        list.add_partition(&slot.partition.topic, slot.partition.number);
        if let Some(Err(error)) = self.consumer.as_ref().map(|consumer| consumer.pause(&list)) {
            tracing::debug!(target: "flow_kafka", "pausing a partition that has ended: {error}");
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.plan.what.bounded() && self.slots.iter().all(|slot| matches!(slot.state, State::Done))
    }
}
