//! Services of a test's own, to be killed, paused and started again; gone with the value that holds them.

mod flink;
mod kafka;
mod redis;

pub use flink::OwnFlink;
pub use kafka::OwnKafka;
pub use redis::OwnRedis;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::process::{self, Belongs};
use crate::unique::unique;
use crate::{Error, Process, Result, address, cache, record};

/// What says whose it is, in the folder of each.
const FILE: &str = "owner.json";

/// A new folder that belongs to this process. When the process is gone, the next `cargo xtask up`, `down` or `test` ends what was started
/// for it there, and removes it.
///
/// # Errors
/// When the caller stands in no workspace, or the folder cannot be made.
pub fn owned_folder(name: &str) -> Result<PathBuf> {
    let folder = address::state_folder()?.join("own").join(unique(name));
    // Complete when it is there: a folder that nobody owns would be removed, or stay for ever.
    let half = folder.with_extension("new");
    fs::create_dir_all(&half).map_err(Error::at(&half))?;
    write(&half, None)?;
    fs::rename(&half, &folder).map_err(Error::at(&folder))?;
    Ok(folder)
}

/// A service of its own: a folder, an address that stays, and a process that comes and goes.
struct Own {
    name: &'static str,
    folder: PathBuf,
    running: Mutex<Option<(Child, Process)>>,
}

impl Own {
    fn new(name: &'static str) -> Result<Self> {
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
    fn start(&self, command: Command, look: impl FnMut() -> std::result::Result<(), String>) -> Result<()> {
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
    fn end(&self, signal: Signal) -> Result<()> {
        let Some((mut child, process)) = self.running().take() else { return Ok(()) };
        process.signal(signal)?;
        child.wait().map(|_| ()).map_err(|error| Error::new(format!("{}: {error}", self.name)))
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        match self.running().as_ref() {
            Some((_, process)) if process.signal(signal)? => Ok(()),
            _ => Err(Error::new(format!("{} does not run", self.name))),
        }
    }
}

impl Drop for Own {
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

fn write(folder: &Path, process: Option<&Process>) -> Result<()> {
    let (path, new) = (folder.join(FILE), folder.join("owner.json.new"));
    let value = json!({ "owner": Process::own().map(|own| own.value()), "process": process.map(Process::value) });
    fs::write(&new, value.to_string()).map_err(Error::at(&new))?;
    fs::rename(&new, &path).map_err(Error::at(&path))
}

/// Ends what tests have left that were killed themselves.
pub(crate) fn sweep(folder: &Path, say: &dyn Fn(&str)) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder.join("own")) else { return Ok(()) };
    for entry in entries {
        let left = entry.map_err(Error::at(folder))?.path();
        let Ok(text) = fs::read_to_string(left.join(FILE)) else { continue };
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        if Process::read(&value["owner"]).is_some_and(|owner| owner.runs()) {
            continue;
        }
        let name = left.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let records = record::read(&left)?.into_values();
        let shared = records.flat_map(|record| record.processes.into_values());
        for process in shared.chain(Process::read(&value["process"])).filter(Process::runs) {
            say(&format!("{name}: its test has ended without it; ending process {}", process.pid));
            process.kill()?;
        }
        cache::remove(&left)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{FILE, OwnRedis, owned_folder, sweep};
    use crate::{Process, RedisTools, Service, Stack, address};

    /// As if the process that a folder belongs to had ended.
    fn orphan(folder: &Path) {
        let (file, own) = (folder.join(FILE), Process::own().unwrap());
        let gone = Process { started: "an earlier boot/1".to_owned(), ..own.clone() };
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace(&own.value().to_string(), &gone.value().to_string())).unwrap();
    }

    #[test]
    fn what_a_killed_test_has_left_is_ended() {
        let (left, kept) = (OwnRedis::start().unwrap(), OwnRedis::start().unwrap());
        let folder = owned_folder("stack").unwrap();
        let stack = Stack::at(&folder);
        stack.up(&[Service::Redis], false, &|_| {}).unwrap();
        let shared = stack.addresses().unwrap()[crate::REDIS].clone();
        let answers = |address: &str| RedisTools::at(address).cli(&["PING"]).is_ok();
        let sweep = || sweep(&address::state_folder().unwrap(), &|_| {}).unwrap();

        sweep();
        assert!(answers(left.address()) && answers(kept.address()) && answers(&shared), "this test runs still");
        orphan(&left.own.folder);
        orphan(&folder);
        sweep();
        assert!(!answers(left.address()) && answers(kept.address()) && !answers(&shared));
        assert!(!left.own.folder.exists() && kept.own.folder.exists() && !folder.exists());
    }
}
