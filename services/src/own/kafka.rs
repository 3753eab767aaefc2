//! A broker of a test's own.

use std::path::PathBuf;

use rustix::process::Signal;

use super::Own;
use crate::kafka::admin::{self, KafkaAdmin};
use crate::kafka::{self, KafkaOptions};
use crate::{Result, Service, absent};

/// Small, and quick to start: it lives for one test.
const JVM: &[&str] = &["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/// A broker that was killed is let in again only when its controller has given up the one that it was, by default after nine seconds.
const PROPERTIES: &str = "broker.session.timeout.ms=2000\nbroker.heartbeat.interval.ms=300\n";

/// A broker that one test may kill, pause and start again. Its address stays; its process and its data end with the value.
pub struct OwnKafka {
    own: Own,
    jars: PathBuf,
    address: String,
    user_address: String,
}

impl OwnKafka {
    /// A broker that answers.
    ///
    /// # Errors
    /// When something that it needs is absent, or it does not answer in time.
    pub fn start() -> Result<Self> {
        Self::with(KafkaOptions::new())
    }

    /// The same with options.
    ///
    /// # Errors
    /// As `start`.
    pub fn with(options: KafkaOptions) -> Result<Self> {
        let broker = Self::reserve_with(options)?;
        broker.start_again()?;
        Ok(broker)
    }

    /// A broker that is not there yet: it has an address, and nothing listens until `start_again`.
    ///
    /// # Errors
    /// When something that it needs is absent.
    pub fn reserve() -> Result<Self> {
        Self::reserve_with(KafkaOptions::new())
    }

    /// The same with options.
    ///
    /// # Errors
    /// As `reserve`.
    pub fn reserve_with(options: KafkaOptions) -> Result<Self> {
        absent::provide(&[Service::Kafka], false, &|_| {})?;
        let jars = kafka::jars().get(&|_| {})?;
        let own = Own::new("kafka")?;
        let (address, user_address) = kafka::prepare(&jars, &own.folder, &options.after(PROPERTIES))?;
        Ok(Self { own, jars, address, user_address })
    }

    /// Its plain listener, as `host:port`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The listener for the user of its options, as `host:port`; without one, nothing listens there.
    #[must_use]
    pub fn user_address(&self) -> &str {
        &self.user_address
    }

    /// Its topics.
    #[must_use]
    pub fn admin(&self) -> KafkaAdmin {
        KafkaAdmin::at(&self.address)
    }

    /// Starts it, for the first time or again, at the same address with the same data, and waits until it answers. If it runs it is left alone.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub fn start_again(&self) -> Result<()> {
        let command = kafka::command(&self.jars, &self.own.folder, JVM);
        self.own.start(command, || admin::ready(&self.address))
    }

    /// Kills it: it has no time to write or say anything.
    ///
    /// # Errors
    /// When it may not be sent to.
    pub fn kill(&self) -> Result<()> {
        self.own.end(Signal::KILL)
    }

    /// Lets it shut down in order.
    ///
    /// # Errors
    /// When it may not be sent to.
    pub fn stop(&self) -> Result<()> {
        self.own.end(Signal::TERM)
    }

    /// Makes it stand still: its connections stay and say nothing.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pause(&self) -> Result<()> {
        self.own.signal(Signal::STOP)
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn resume(&self) -> Result<()> {
        self.own.signal(Signal::CONT)
    }
}
