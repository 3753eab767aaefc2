//! Ctrl-C and SIGTERM: what runs is told, and the command ends as it always does, so that what it has started is taken down.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// The signal that came, or 0.
static CAME: AtomicI32 = AtomicI32::new(0);
/// The process that is waited for, which leads a group of its own.
static RUNS: Mutex<Option<Pid>> = Mutex::new(None);

/// From here on a signal no longer ends this process by itself.
///
/// # Errors
/// When the system refuses it.
pub(crate) fn listen() -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            eprintln!("\ninterrupted: what was started here is taken down");
            CAME.store(signal, SeqCst);
            if let Some(group) = *runs() {
                // What a shell has put into the background hears no Ctrl-C. A group that has ended meanwhile needs no signal.
                let _ended = kill_process_group(group, Signal::TERM);
            }
        }
    })?;
    Ok(())
}

/// How the command ends that a signal has come to; `None` if none has.
pub(crate) fn ended() -> Option<ExitCode> {
    match CAME.load(SeqCst) {
        0 => None,
        signal => Some(ExitCode::from(128 + u8::try_from(signal).unwrap_or_default())),
    }
}

/// Starts a process that gets the signals that come here, with all that it has started itself. After a signal nothing is started any more.
pub(crate) fn start(command: &mut Command) -> io::Result<Running> {
    let mut runs = runs();
    if ended().is_some() {
        return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
    }
    let child = command.process_group(0).spawn()?;
    *runs = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    Ok(Running(child))
}

/// A process that is waited for.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn wait(mut self) -> io::Result<ExitStatus> {
        self.0.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        *runs() = None;
    }
}

fn runs() -> MutexGuard<'static, Option<Pid>> {
    RUNS.lock().unwrap_or_else(PoisonError::into_inner)
}
