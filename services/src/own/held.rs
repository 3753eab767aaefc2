//! What a service of a test's own holds: a folder, and a process that comes and goes.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::Signal;

use super::{owned_folder, write};
use crate::process::{self, Belongs};
use crate::{Error, Process, Result, cache};

/// A folder, and a process that comes and goes.
pub(super) struct Held {
    name: &'static str,
    pub(super) folder: PathBuf,
    running: Mutex<Option<(Child, Process)>>,
}

impl Held {
    pub(super) fn new(name: &'static str) -> Result<Self> {
        Ok(Self { name, folder: owned_folder(name)?, running: Mutex::new(None) })
    }

    fn log(&self) -> PathBuf {
        self.folder.join(self.name).with_extension("log")
    }

    /// A test that has failed while it held this has done no harm to it.
    fn running(&self) -> MutexGuard<'_, Option<(Child, Process)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the process, unless it runs, and waits until it answers.
    pub(super) fn start(&self, command: Command, look: impl FnMut() -> std::result::Result<(), String>) -> Result<()> {
        let mut running = self.running();
        if running.as_ref().is_some_and(|(_, process)| process.runs()) {
            return Ok(());
        }
        let (mut child, process) = process::start(command, &self.log(), Belongs::Here)?;
        write(&self.folder, Some(&process))?;
        process::ready((&mut child, &process), self.name, &self.log(), look)?;
        *running = Some((child, process));
        Ok(())
    }

    /// Ends the process by this signal, and waits for its end.
    pub(super) fn end(&self, signal: Signal) -> Result<()> {
        let Some((mut child, process)) = self.running().take() else { return Ok(()) };
        process.signal(signal)?;
        child.wait().map(|_| ()).map_err(|error| Error::new(format!("{}: {error}", self.name)))
    }

    pub(super) fn signal(&self, signal: Signal) -> Result<()> {
        match self.running().as_ref() {
            Some((_, process)) if process.signal(signal)? => Ok(()),
            _ => Err(Error::new(format!("{} does not run", self.name))),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Where a test fails, the log may say why, and the folder goes with the value.
        if std::thread::panicking() {
            eprintln!("{}", process::tail(&self.log()));
        }
        if let Err(error) = self.end(Signal::KILL).and_then(|()| cache::remove(&self.folder)) {
            eprintln!("{error}");
        }
    }
}
