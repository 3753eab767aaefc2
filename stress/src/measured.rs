//! Runs a program, and looks from outside at what it takes.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flow_services::{Error, Result};

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What a program has taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    /// From its start to its end.
    pub(crate) seconds: f64,
    /// Of processor time, its own and the kernel's for it.
    pub(crate) cpu_seconds: f64,
    /// The most memory that it had at a time.
    pub(crate) peak_bytes: u64,
    /// How it ended, if not well.
    pub(crate) trouble: Option<String>,
    /// What it printed.
    pub(crate) said: String,
}

/// Runs a program to its end, or ends it when its time is over.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<Measured> {
    let name = command.get_program().to_string_lossy().into_owned();
    let said = |error: std::io::Error| Error::new(format!("{name}: {error}"));
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(said)?;
    let mut stdout = child.stdout.take();
    let mut measured = Measured::default();
    std::thread::scope(|scope| {
        let output = scope.spawn(move || {
            let mut output = String::new();
            stdout.as_mut().map_or(Ok(0), |stdout| stdout.read_to_string(&mut output)).map(|_| output)
        });
        let ended = loop {
            // Until it is waited for, the kernel keeps what it took.
            measured.look(child.id());
            if let Some(ended) = child.try_wait()? {
                break ended;
            }
            if start.elapsed() >= limit && measured.trouble.is_none() {
                measured.trouble = Some(format!("not within {limit:?}; it was killed"));
                child.kill()?;
            }
            std::thread::sleep(LOOK);
        };
        measured.seconds = start.elapsed().as_secs_f64();
        if measured.trouble.is_none() && !ended.success() {
            measured.trouble = Some(ended.to_string());
        }
        measured.said = output.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(())
    })
    .map_err(said)?;
    Ok(measured)
}

impl Measured {
    /// Both only rise, so what cannot be read any more is as it was.
    fn look(&mut self, pid: u32) {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
        if let Some(peak) = peak_bytes(&read("status")) {
            self.peak_bytes = peak;
        }
        if let Some(ticks) = ticks(&read("stat")) {
            self.cpu_seconds = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
        }
    }
}

/// The mark in `VmHWM:     1234 kB`.
fn peak_bytes(status: &str) -> Option<u64> {
    let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"))?;
    Some(mark.parse::<u64>().ok()? * 1024)
}

/// Ticks of the program and of the kernel for it: the 14th and the 15th word, of which the second is a name in brackets.
fn ticks(stat: &str) -> Option<u64> {
    let (_, behind) = stat.rsplit_once(')')?;
    let mut words = behind.split_whitespace().skip(11);
    Some(words.next()?.parse::<u64>().ok()? + words.next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::{peak_bytes, run, ticks};
    use std::process::Command;
    use std::time::Duration;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn what_the_kernel_says_is_read() {
        assert_eq!(peak_bytes("Name:\ta\nVmPeak:\t   9 kB\nVmHWM:\t   1234 kB\n"), Some(1234 * 1024));
        assert_eq!(ticks("7 (a) b) R 1 2 3 4 5 6 7 8 9 10 40 2 0 0"), Some(42));
        assert_eq!((peak_bytes(""), ticks("7 (a) R 1")), (None, None));
    }

    #[test]
    fn a_program_is_measured() {
        let count = "n=0; while [ $n -lt 300000 ]; do n=$((n+1)); done; echo $n";
        let work = run(Command::new("sh").args(["-c", count]), LONG);
        let work = work.unwrap();
        assert_eq!((work.said.trim(), work.trouble), ("300000", None));
        assert!(work.peak_bytes > 100_000 && work.cpu_seconds > 0.0 && work.seconds > 0.0);
        let ended = run(Command::new("sh").args(["-c", "exit 3"]), LONG).unwrap();
        assert!(ended.trouble.is_some_and(|trouble| trouble.contains('3')));
    }
}
