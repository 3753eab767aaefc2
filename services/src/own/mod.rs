//! Services of a test's own, to be killed, paused and started again; gone with the value that holds them.

mod flink;
mod held;
mod kafka;
mod redis;

pub use flink::OwnFlink;
pub use kafka::{Broker, OwnKafka};
pub use redis::{OwnRedis, Server};

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use serde_json::{Value, json};

use self::held::Held;
use crate::unique::unique;
use crate::{Error, Process, Result, Service, absent, address, cache, record};

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

/// What a service is that a test may have of its own.
pub trait Kind: Sized {
    /// What it needs is what the shared one needs.
    const SERVICE: Service;
    /// What may be set differently.
    type Options<'a>: Default;

    /// One with this folder that was never started.
    ///
    /// # Errors
    /// When something that it needs is absent.
    fn prepare(folder: &Path, options: Self::Options<'_>) -> Result<Self>;

    /// Where it is.
    fn address(&self) -> &str;

    /// What starts it.
    fn command(&self, folder: &Path) -> Command;

    /// Whether it answers.
    ///
    /// # Errors
    /// Why it does not.
    fn ready(&self) -> std::result::Result<(), String>;
}

/// A service that one test may kill, pause and start again. Its address stays; its process and its data end with the value.
pub struct Own<K> {
    kind: K,
    held: Held,
}

impl<K: Kind> Own<K> {
    /// One that answers.
    ///
    /// # Errors
    /// When something that it needs is absent, or it does not answer in time.
    pub fn start() -> Result<Self> {
        Self::with(K::Options::default())
    }

    /// The same with options.
    ///
    /// # Errors
    /// As `start`.
    pub fn with(options: K::Options<'_>) -> Result<Self> {
        let own = Self::reserve_with(options)?;
        own.start_again()?;
        Ok(own)
    }

    /// One that is not there yet: it has an address, and nothing listens until `start_again`.
    ///
    /// # Errors
    /// When something that it needs is absent.
    pub fn reserve() -> Result<Self> {
        Self::reserve_with(K::Options::default())
    }

    fn reserve_with(options: K::Options<'_>) -> Result<Self> {
        absent::provide(&[K::SERVICE], false, &|_| {})?;
        let held = Held::new(K::SERVICE.name())?;
        Ok(Self { kind: K::prepare(&held.folder, options)?, held })
    }

    /// Where it is: `host:port` of Kafka's plain listener, `redis://host:port` of Redis.
    #[must_use]
    pub fn address(&self) -> &str {
        self.kind.address()
    }

    /// Starts it, for the first time or again, at the same address with the same data, and waits until it answers. If it runs it is left alone.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub fn start_again(&self) -> Result<()> {
        self.held.start(self.kind.command(&self.held.folder), || self.kind.ready())
    }

    /// Kills it: it has no time to write or say anything.
    ///
    /// # Errors
    /// When it may not be sent to.
    pub fn kill(&self) -> Result<()> {
        self.held.end(Signal::KILL)
    }

    /// Lets it shut down in order.
    ///
    /// # Errors
    /// When it may not be sent to.
    pub fn stop(&self) -> Result<()> {
        self.held.end(Signal::TERM)
    }

    /// Makes it stand still: its connections stay and say nothing.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pause(&self) -> Result<()> {
        self.held.signal(Signal::STOP)
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn resume(&self) -> Result<()> {
        self.held.signal(Signal::CONT)
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
        orphan(&left.held.folder);
        orphan(&folder);
        sweep();
        assert!(!answers(left.address()) && answers(kept.address()) && !answers(&shared));
        assert!(!left.held.folder.exists() && kept.held.folder.exists() && !folder.exists());
    }
}
