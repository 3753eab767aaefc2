//! Processes that stay the same ones, and how they are started, watched and ended.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};

use crate::{Error, Result, wait};

/// How long a service may take to answer. A machine that is busy with other things is slow, not broken.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long a service may take to end when it is asked to.
const POLITE: Duration = Duration::from_secs(10);
/// How much of a log is shown.
const TAIL: usize = 20;

/// A process: its number, and when it was started, for numbers are used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The boot and the clock tick at which it was started.
    pub started: String,
}

impl Process {
    /// The process that has this number now, unless it has ended and only waits to be reaped.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name stands in brackets and may hold anything; what follows it are plain fields, of which the state is the third.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let (state, tick) = (fields.first()?, fields.get(22 - 3)?);
        if ["Z", "X"].contains(state) {
            return None;
        }
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Some(Self { pid, started: format!("{}/{tick}", boot.trim()) })
    }

    /// This process.
    #[must_use]
    pub fn own() -> Option<Self> {
        Self::of(std::process::id())
    }

    /// Whether it still runs; another one that was given its number does not count.
    #[must_use]
    pub fn runs(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// Sends a signal, and says whether the process was there to take it. Another one of the same number gets none.
    ///
    /// # Errors
    /// When it runs and may not be sent to.
    pub(crate) fn signal(&self, signal: Signal) -> Result<bool> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let (true, Some(pid)) = (self.runs(), pid) else { return Ok(false) };
        match rustix::process::kill_process(pid, signal) {
            Err(rustix::io::Errno::SRCH) => Ok(false),
            sent => sent.map(|()| true).map_err(|error| Error::new(format!("could not signal {pid:?}: {error}"))),
        }
    }

    /// Asks it to end, and after a while makes it.
    ///
    /// # Errors
    /// When it runs on.
    pub(crate) fn end(&self) -> Result<()> {
        self.signal(Signal::TERM)?;
        // One that was stopped could not take the first.
        self.signal(Signal::CONT)?;
        self.gone(POLITE).or_else(|_| self.kill())
    }

    /// Ends it at once.
    ///
    /// # Errors
    /// When it runs on.
    pub(crate) fn kill(&self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.gone(POLITE)
    }

    fn gone(&self, patience: Duration) -> Result<()> {
        let look = || if self.runs() { Err("it runs on".to_owned()) } else { Ok(()) };
        wait::until(&format!("the end of process {}", self.pid), patience, look)
    }
}

/// Whether a process that is started belongs to the one that starts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Belongs {
    /// Ctrl-C at the terminal ends both.
    Here,
    /// It lives on by itself.
    Apart,
}

/// Starts a command whose output goes to the end of a log.
///
/// # Errors
/// When the program or its log is not there.
pub(crate) fn start(mut command: Command, log: &Path, belongs: Belongs) -> Result<(Child, Process)> {
    let out = File::options().create(true).append(true).open(log).map_err(Error::at(log))?;
    let error = out.try_clone().map_err(Error::at(log))?;
    command.stdin(Stdio::null()).stdout(out).stderr(error);
    if belongs == Belongs::Apart {
        command.process_group(0);
    }
    let child = command
        .spawn()
        .map_err(|error| Error::new(format!("could not start {}: {error}", command.get_program().display())))?;
    match Process::of(child.id()) {
        Some(process) => Ok((child, process)),
        None => Err(Error::new(format!("{} ended at once; {}", command.get_program().display(), tail(log)))),
    }
}

/// Waits until what was started answers. One that does not is killed.
///
/// # Errors
/// When it ends, or does not answer in time: with the end of its log.
pub(crate) fn ready(
    (child, process): (&mut Child, &Process),
    name: &str,
    log: &Path,
    mut look: impl FnMut() -> std::result::Result<(), String>,
) -> Result<()> {
    let answered = wait::until(&format!("{name} to answer"), PATIENCE, || match child.try_wait() {
        Ok(Some(status)) => Ok(Err(Error::new(format!("{name} ended before it answered ({status})")))),
        _ => look().map(Ok),
    });
    let Err(error) = answered.and_then(|answered| answered) else { return Ok(()) };
    process.kill()?;
    child.wait().map_err(|error| Error::new(format!("{name}: {error}")))?;
    Err(Error::new(format!("{error}; {}", tail(log))))
}

/// The end of a log, with where it is.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let shown = &lines[lines.len().saturating_sub(TAIL)..];
    if shown.is_empty() {
        return format!("{} is empty", log.display());
    }
    format!("the end of {}:\n    {}", log.display(), shown.join("\n    "))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use rustix::process::Signal;

    use super::Process;

    #[test]
    fn a_number_alone_is_no_process() {
        let mut child = Command::new("sleep").arg("60").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let process = Process::of(child.id()).unwrap();
        let another = Process { started: format!("{}0", process.started), ..process.clone() };
        assert!(process.runs() && !another.runs());
        assert_eq!(another.signal(Signal::KILL), Ok(false));
        another.end().unwrap();
        assert!(child.try_wait().unwrap().is_none(), "the signals were for another");
        assert_eq!(process.signal(Signal::STOP), Ok(true));
        process.end().unwrap();
        // It has ended, although nobody has asked how, and its number is not free.
        assert!(!process.runs());
        assert_eq!(Process::of(process.pid), None);
        child.wait().unwrap();
        assert_eq!(process.signal(Signal::TERM), Ok(false));
    }
}
