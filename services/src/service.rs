//! The services, by name: what each needs, writes, starts and answers.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::kafka::{self, KafkaOptions};
use crate::maven::Jars;
use crate::{Error, Result, flink, redis};

/// Where a service is, by the names of the environment variables that say so.
pub type Addresses = BTreeMap<String, String>;

/// The variable that says where Kafka is, as `host:port`.
pub const KAFKA: &str = "FLOW_KAFKA";
/// The variable that says where Redis is, as `redis://host:port`.
pub const REDIS: &str = "FLOW_REDIS";

/// A service that the tests or a person may want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Redis.
    Redis,
    /// Kafka.
    Kafka,
    /// Flink, whose jobs read and write Kafka: three processes.
    Flink,
}

impl Service {
    /// All, in the order in which they are started.
    pub const ALL: [Self; 3] = [Self::Redis, Self::Kafka, Self::Flink];

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Kafka => "kafka",
            Self::Flink => "flink",
        }
    }

    /// Its processes, in the order in which they are started.
    #[must_use]
    pub fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Redis => &["redis"],
            Self::Kafka => &["kafka"],
            Self::Flink => &["jobmanager", "taskmanager", "gateway"],
        }
    }

    /// The environment variables that say where it is.
    #[must_use]
    pub fn variables(self) -> &'static [&'static str] {
        match self {
            Self::Redis => &[REDIS],
            Self::Kafka => &[KAFKA],
            Self::Flink => &[flink::REST, flink::GATEWAY],
        }
    }

    /// The services that a name means: one, or `all`.
    ///
    /// # Errors
    /// When it means none.
    pub fn named(name: &str) -> Result<Vec<Self>> {
        let found: Vec<Self> =
            Self::ALL.into_iter().filter(|service| name == "all" || service.name() == name).collect();
        if found.is_empty() {
            return Err(Error::new(format!("no such service: {name}; there are kafka, redis, flink, and all")));
        }
        Ok(found)
    }

    /// The processes that a name means: those of a service, or one of them.
    ///
    /// # Errors
    /// When it means none.
    pub fn parts_named(name: &str) -> Result<(Self, Vec<&'static str>)> {
        let parts =
            |service: Self| service.parts().iter().copied().filter(move |part| service.name() == name || *part == name);
        let found = Self::ALL.into_iter().find(|service| parts(*service).next().is_some());
        found.map(|service| (service, parts(service).collect())).ok_or_else(|| {
            Error::new(format!(
                "no such service: {name}; there are kafka, redis, flink (jobmanager, taskmanager, gateway)"
            ))
        })
    }

    /// The jars that it is made of.
    pub(crate) fn jars(self) -> Option<Jars> {
        match self {
            Self::Redis => None,
            Self::Kafka => Some(kafka::jars()),
            Self::Flink => Some(flink::jars()),
        }
    }

    /// Writes what it needs to be started for the first time.
    pub(crate) fn prepare(self, jars: &Path, folder: &Path) -> Result<Addresses> {
        Ok(match self {
            Self::Redis => Addresses::from([(REDIS.to_owned(), format!("redis://{}", redis::prepare()?))]),
            Self::Kafka => {
                let (address, _) = kafka::prepare(jars, folder, &KafkaOptions::new())?;
                Addresses::from([(KAFKA.to_owned(), address)])
            }
            Self::Flink => flink::prepare(folder)?,
        })
    }

    /// The command of one of its processes.
    pub(crate) fn command(self, part: &str, jars: &Path, folder: &Path, at: &Addresses) -> Result<Command> {
        match self {
            Self::Redis => Ok(redis::command(folder, socket(at, REDIS), &[])),
            Self::Kafka => Ok(kafka::command(jars, folder, &["-Xmx512m"])),
            Self::Flink => flink::command(part, jars, folder),
        }
    }

    /// Whether one of its processes does its work.
    pub(crate) fn ready(self, part: &str, at: &Addresses) -> std::result::Result<(), String> {
        match self {
            Self::Redis => redis::ready(socket(at, REDIS)),
            Self::Kafka => kafka::admin::ready(socket(at, KAFKA)),
            Self::Flink => flink::ready(part, at),
        }
    }
}

/// The `host:port` of a variable.
fn socket<'a>(at: &'a Addresses, name: &str) -> &'a str {
    at.get(name).map_or("", |address| address.trim_start_matches("redis://"))
}
