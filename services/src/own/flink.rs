//! A cluster of a test's own.

use std::path::PathBuf;

use super::owned_folder;
use crate::{Error, FlinkAddress, Result, Service, Stack, cache, flink, process, record};

/// A cluster whose processes one test may kill and start again. Its addresses stay; its processes and its data end with the value.
pub struct OwnFlink {
    stack: Stack,
    folder: PathBuf,
    address: FlinkAddress,
}

impl OwnFlink {
    /// A cluster with all its slots, and a gateway that answers.
    ///
    /// # Errors
    /// When something that it needs is absent, or it does not answer in time.
    pub fn start() -> Result<Self> {
        let folder = owned_folder("flink")?;
        let stack = Stack::at(&folder);
        let mut own = Self { stack, folder, address: FlinkAddress { gateway: String::new(), rest: String::new() } };
        own.start_again()?;
        let mut addresses = own.stack.addresses()?;
        let mut take = |name| addresses.remove(name).unwrap_or_default();
        own.address = FlinkAddress { gateway: take(flink::GATEWAY), rest: take(flink::REST) };
        Ok(own)
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> &FlinkAddress {
        &self.address
    }

    /// Kills its `jobmanager`, `taskmanager` or `gateway`, which has no time to write or say anything.
    ///
    /// # Errors
    /// When it may not be sent to, or there is no such process.
    pub fn kill(&self, part: &str) -> Result<()> {
        let records = record::read(&self.folder)?;
        let process = records.get(Service::Flink.name()).and_then(|record| record.processes.get(part));
        process.ok_or_else(|| Error::new(format!("a cluster has no process `{part}`")))?.kill()
    }

    /// Starts those of its processes again that do not run, at the same addresses, and waits until they answer.
    ///
    /// # Errors
    /// When one does not answer in time.
    pub fn start_again(&self) -> Result<()> {
        self.stack.up(&[Service::Flink], false, &|_| {})
    }
}

impl Drop for OwnFlink {
    fn drop(&mut self) {
        // Where a test fails, the logs may say why, and the folder goes with the value.
        if std::thread::panicking() {
            for log in self.stack.logs(Service::Flink.name()).unwrap_or_default() {
                eprintln!("{}", process::tail(&log));
            }
        }
        if let Err(error) = self.stack.down(&[Service::Flink], &|_| {}).and_then(|()| cache::remove(&self.folder)) {
            eprintln!("{error}");
        }
    }
}
