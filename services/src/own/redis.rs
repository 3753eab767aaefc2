//! A Redis of a test's own.

use rustix::process::Signal;

use super::Own;
use crate::{Result, Service, absent, redis};

/// A server that one test may kill, pause and start again. Its address stays; its process and its data end with the value.
pub struct OwnRedis {
    pub(super) own: Own,
    address: String,
    more: Vec<String>,
}

impl OwnRedis {
    /// A server that answers.
    ///
    /// # Errors
    /// When something that it needs is absent, or it does not answer in time.
    pub fn start() -> Result<Self> {
        Self::with(&[])
    }

    /// The same with options of the server's command line, such as `["--maxmemory", "10mb"]`.
    ///
    /// # Errors
    /// As `start`.
    pub fn with(options: &[&str]) -> Result<Self> {
        let server = Self::reserve_with(options)?;
        server.start_again()?;
        Ok(server)
    }

    /// A server that is not there yet: it has an address, and nothing listens until `start_again`.
    ///
    /// # Errors
    /// When something that it needs is absent.
    pub fn reserve() -> Result<Self> {
        Self::reserve_with(&[])
    }

    /// The same with options.
    ///
    /// # Errors
    /// As `reserve`.
    pub fn reserve_with(options: &[&str]) -> Result<Self> {
        absent::provide(&[Service::Redis], false, &|_| {})?;
        let more = options.iter().map(|option| (*option).to_owned()).collect();
        Ok(Self { own: Own::new("redis")?, address: format!("redis://{}", redis::prepare()?), more })
    }

    /// Where it is, as `redis://host:port`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Starts it, for the first time or again, at the same address with the same data, and waits until it answers. If it runs it is left alone.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub fn start_again(&self) -> Result<()> {
        let socket = self.address.trim_start_matches("redis://");
        self.own.start(redis::command(&self.own.folder, socket, &self.more), || redis::ready(socket))
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
