//! What a consumer tells the thread that polls it.

use super::shared::Shared;
use crate::client::Voice;
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, RebalanceProtocol};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;
use std::sync::{Arc, Mutex, PoisonError};

/// A consumer of ours.
pub(super) type Consumer = BaseConsumer<Context>;

/// Keeps what the group decides until the thread that polls sees to it.
pub(super) struct Context {
    voice: Voice,
    shared: Arc<Shared>,
    /// Whether somebody wants to know how far the client has fetched.
    bounded: bool,
    decisions: Mutex<Vec<Decision>>,
}

/// What the group has decided.
pub(super) enum Decision {
    Assigned(Partitions),
    /// To be given away, when what was read of them is out.
    Revoked(Partitions),
    /// Given away already: the group went on without this member.
    Lost(Partitions),
}

/// By topic and number.
pub(super) type Partitions = Vec<(Arc<str>, i32)>;

impl Context {
    pub(super) fn new(voice: Voice, shared: Arc<Shared>, bounded: bool) -> Self {
        Self { voice, shared, bounded, decisions: Mutex::default() }
    }

    pub(super) fn take_decisions(&self) -> Vec<Decision> {
        std::mem::take(&mut self.decisions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The list without its offsets.
fn partitions(list: &TopicPartitionList) -> Partitions {
    list.elements().iter().map(|element| (element.topic().into(), element.partition())).collect()
}

/// Gives partitions away, as the group's protocol has it.
pub(super) fn give_away(consumer: &Consumer, list: &TopicPartitionList) {
    let given = match consumer.rebalance_protocol() {
        RebalanceProtocol::Eager => consumer.unassign(),
        _ => consumer.incremental_unassign(list),
    };
    if let Err(error) = given {
        tracing::debug!(target: "flow_kafka", "giving partitions away: {error}");
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &Consumer, what: RDKafkaRespErr, list: &mut TopicPartitionList) {
        if self.shared.stops() {
            // The consumer is closing: nobody reads any more.
            return give_away(consumer, list);
        }
        let partitions = partitions(list);
        let decision = match what {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Decision::Assigned(partitions),
            _ if consumer.assignment_lost() => Decision::Lost(partitions),
            _ => Decision::Revoked(partitions),
        };
        self.decisions.lock().unwrap_or_else(PoisonError::into_inner).push(decision);
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.voice.log(level, facility, message);
    }

    fn stats_raw(&self, statistics: &[u8]) {
        let fetched = self.voice.figures(statistics);
        if self.bounded {
            self.shared.have_fetched(fetched);
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.voice.error(error, reason);
    }
}
