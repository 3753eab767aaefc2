//! Topics, made and looked at over the protocol: quicker than a JVM of Kafka's own tools, and no code is shared with a client under test.

use std::time::Duration;

use super::wire::{Said, Wire, Words};
use crate::{Error, Result, wait};

const LIST_OFFSETS: i16 = 2;
const METADATA: i16 = 3;
const API_VERSIONS: i16 = 18;
const CREATE_TOPICS: i16 = 19;
const DELETE_TOPICS: i16 = 20;
const CREATE_PARTITIONS: i16 = 37;

const PATIENCE: Duration = Duration::from_secs(30);
const MILLIS: i32 = 30_000;
/// What is said of a partition that nobody leads at the moment.
const NO_LEADER: &str = "no leader";
/// "Where the next record will be", as a time.
const LATEST: i64 = -1;

/// A broker's topics.
#[derive(Clone, Debug)]
pub struct KafkaAdmin {
    address: String,
}

impl KafkaAdmin {
    /// Of the broker at this address.
    #[must_use]
    pub fn at(address: &str) -> Self {
        Self { address: address.to_owned() }
    }

    /// Makes a topic, and waits until each partition can be written.
    ///
    /// # Errors
    /// With Kafka's reason.
    pub fn create_topic(&self, name: &str, partitions: i32) -> Result<()> {
        self.create_topic_with(name, partitions, &[])
    }

    /// The same with settings of the topic's own, such as `max.message.bytes`.
    ///
    /// # Errors
    /// With Kafka's reason.
    pub fn create_topic_with(&self, name: &str, partitions: i32, settings: &[(&str, &str)]) -> Result<()> {
        let head = Words::default().int32(1).text(name).int32(partitions).int16(1).int32(0);
        let head = head.int32(settings.len() as i32);
        let body = settings.iter().fold(head, |body, (key, value)| body.text(key).text(value));
        self.change(CREATE_TOPICS, 2, body.int32(MILLIS).int8(0), name)?;
        self.led(name, partitions)
    }

    /// Gives a topic more partitions: as many as this in all.
    ///
    /// # Errors
    /// With Kafka's reason.
    pub fn grow_topic(&self, name: &str, partitions: i32) -> Result<()> {
        let body = Words::default().int32(1).text(name).int32(partitions).int32(-1).int32(MILLIS).int8(0);
        self.change(CREATE_PARTITIONS, 0, body, name)?;
        self.led(name, partitions)
    }

    /// Takes a topic away.
    ///
    /// # Errors
    /// With Kafka's reason.
    pub fn delete_topic(&self, name: &str) -> Result<()> {
        self.change(DELETE_TOPICS, 1, Words::default().int32(1).text(name).int32(MILLIS), name)
    }

    /// How many partitions a topic has.
    ///
    /// # Errors
    /// When there is no such topic, or no broker.
    pub fn partitions(&self, name: &str) -> Result<usize> {
        let found = Wire::connect(&self.address).and_then(|mut wire| partitions(&mut wire, name));
        found.map(|partitions| partitions.unsigned_abs() as usize).map_err(|why| self.said(name, &why))
    }

    /// The offset of the next record of each partition. A broker that has just come back is given time to lead them again.
    ///
    /// # Errors
    /// When there is no such topic, or no broker.
    pub fn end_offsets(&self, name: &str) -> Result<Vec<i64>> {
        let found =
            wait::until(&format!("topic {name} on {}", self.address), PATIENCE, || match self.try_end_offsets(name) {
                Err(why) if why.starts_with(NO_LEADER) => Err(why),
                found => Ok(found),
            });
        found?.map_err(|why| self.said(name, &why))
    }

    fn try_end_offsets(&self, name: &str) -> Said<Vec<i64>> {
        let mut wire = Wire::connect(&self.address)?;
        let partitions = partitions(&mut wire, name)?;
        let head = Words::default().int32(-1).int32(1).text(name).int32(partitions);
        let body = (0..partitions).fold(head, |body, partition| body.int32(partition).int64(LATEST));
        let mut answer = wire.call(LIST_OFFSETS, 1, body)?;
        let topics = answer.list(|topic| {
            topic.text()?;
            topic.list(|one| {
                let (partition, code) = (one.int32()?, one.int16()?);
                one.int64()?;
                let offset = one.int64()?;
                refused(code, None).map(|()| (partition, offset))
            })
        })?;
        let mut offsets: Vec<(i32, i64)> = topics.into_iter().flatten().collect();
        offsets.sort_unstable();
        Ok(offsets.into_iter().map(|(_, offset)| offset).collect())
    }

    /// A request about one topic, answered by its name, a code, and, where the protocol has it, a reason.
    fn change(&self, key: i16, version: i16, body: Words, name: &str) -> Result<()> {
        let asked = || {
            let mut answer = Wire::connect(&self.address)?.call(key, version, body)?;
            answer.int32()?;
            answer.list(|topic| {
                topic.text()?;
                let code = topic.int16()?;
                let reason = if key == DELETE_TOPICS { None } else { topic.text()? };
                refused(code, reason)
            })
        };
        asked().map(|_| ()).map_err(|why| self.said(name, &why))
    }

    /// Waits until each partition answers: a broker says that it leads one a moment before it does.
    fn led(&self, name: &str, partitions: i32) -> Result<()> {
        wait::until(&format!("topic {name} on {}", self.address), PATIENCE, || {
            let found = self.try_end_offsets(name)?.len();
            if found == partitions as usize { Ok(()) } else { Err(format!("{found} of {partitions} partitions")) }
        })
    }

    fn said(&self, name: &str, why: &str) -> Error {
        Error::new(format!("topic {name} on {}: {why}", self.address))
    }
}

/// Whether a broker answers and is one of its cluster: it says so of itself only once it has caught up and may be used.
pub(crate) fn ready(address: &str) -> Said<()> {
    let mut wire = Wire::connect(address)?;
    refused(wire.call(API_VERSIONS, 0, Words::default())?.int16()?, None)?;
    let mut answer = wire.call(METADATA, 1, Words::default().int32(0))?;
    let brokers = answer.list(|broker| {
        broker.int32()?;
        let host = broker.text()?.unwrap_or_default();
        let port = broker.int32()?;
        broker.text()?;
        Ok(format!("{host}:{port}"))
    })?;
    if brokers.iter().any(|broker| broker == address) { Ok(()) } else { Err(format!("its brokers are {brokers:?}")) }
}

/// How many partitions a topic has; asked so that it is not made by being asked for.
fn partitions(wire: &mut Wire, name: &str) -> Said<i32> {
    let mut answer = wire.call(METADATA, 4, Words::default().int32(1).text(name).int8(0))?;
    answer.int32()?;
    answer.list(|broker| {
        broker.int32()?;
        broker.text()?;
        broker.int32()?;
        broker.text()
    })?;
    answer.text()?;
    answer.int32()?;
    let counts = answer.list(|topic| {
        refused(topic.int16()?, None)?;
        topic.text()?;
        topic.int8()?;
        // Of one topic; what follows the number is not of interest.
        topic.int32()
    })?;
    counts.first().copied().ok_or_else(|| "there is no such topic".to_owned())
}

/// What Kafka's code means, if it means no.
fn refused(code: i16, reason: Option<String>) -> Said<()> {
    let name = match code {
        0 => return Ok(()),
        3 => "there is no such topic",
        5 | 6 => NO_LEADER,
        29 => "not authorized",
        36 => "there is one already",
        _ => "refused",
    };
    Err(format!("{name} (code {code}){}", reason.map(|reason| format!(": {reason}")).unwrap_or_default()))
}
