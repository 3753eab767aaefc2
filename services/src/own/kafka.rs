//! A broker of a test's own.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Kind, Own};
use crate::kafka::admin::{self, KafkaAdmin};
use crate::kafka::{self, KafkaOptions};
use crate::{Result, Service};

/// Small, and quick to start: it lives for one test.
const JVM: &[&str] = &["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/// A broker that was killed is let in again only when its controller has given up the one that it was, by default after nine seconds.
const PROPERTIES: &str = "broker.session.timeout.ms=2000\nbroker.heartbeat.interval.ms=300\n";

/// A broker that one test may kill, pause and start again.
pub type OwnKafka = Own<Broker>;

/// What an [`OwnKafka`] is.
#[derive(Debug)]
pub struct Broker {
    jars: PathBuf,
    address: String,
    user_address: String,
}

impl Kind for Broker {
    const SERVICE: Service = Service::Kafka;
    type Options<'a> = KafkaOptions;

    fn prepare(folder: &Path, options: KafkaOptions) -> Result<Self> {
        let jars = kafka::jars().get(&|_| {})?;
        let (address, user_address) = kafka::prepare(&jars, folder, &options.after(PROPERTIES))?;
        Ok(Self { jars, address, user_address })
    }

    fn address(&self) -> &str {
        &self.address
    }

    fn command(&self, folder: &Path) -> Command {
        kafka::command(&self.jars, folder, JVM)
    }

    fn ready(&self) -> std::result::Result<(), String> {
        admin::ready(&self.address)
    }
}

impl OwnKafka {
    /// The listener for the user of its options, as `host:port`; without one, nothing listens there.
    #[must_use]
    pub fn user_address(&self) -> &str {
        &self.kind.user_address
    }

    /// Its topics.
    #[must_use]
    pub fn admin(&self) -> KafkaAdmin {
        KafkaAdmin::at(self.address())
    }
}
