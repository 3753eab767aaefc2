//! Where and with what it was measured.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command;

/// Crates whose versions matter to the figures.
const CRATES: &[&str] = &[
    "tokio",
    "futures",
    "timely",
    "serde_json",
    "hashbrown",
    "rustc-hash",
    "mimalloc",
    "rdkafka",
    "rdkafka-sys",
    "redis",
];

/// Names and values, for a table. What cannot be found out is said to be unknown.
pub(crate) fn describe(root: &Path) -> Vec<(&'static str, String)> {
    let unknown = || "unknown".to_owned();
    let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processor = field(&file("/proc/cpuinfo"), "model name").unwrap_or_else(unknown);
    let cores = std::thread::available_parallelism().map_or_else(|_| unknown(), |cores| cores.to_string());
    let memory = field(&file("/proc/meminfo"), "MemTotal").and_then(|memory| gigabytes(&memory));
    let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let versions: Vec<String> = CRATES.iter().filter_map(|name| locked(&lock, name)).collect();
    vec![
        ("date", said(root, "date", &["-u", "+%Y-%m-%d"])),
        ("commit", said(root, "git", &["describe", "--always", "--dirty"])),
        ("processor", processor),
        ("cores", cores),
        ("memory", memory.unwrap_or_else(unknown)),
        ("kernel", said(root, "uname", &["-sr"])),
        ("compiler", said(root, "rustc", &["--version"])),
        ("crates", versions.join(", ")),
    ]
}

/// The first line that a command says.
fn said(root: &Path, program: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root);
    let said = command::run(command, |_| {});
    let line = said.output.lines().next().filter(|_| said.success);
    line.map_or_else(|| "unknown".to_owned(), |line| line.trim().to_owned())
}

/// The value of the first line `name : value`.
fn field(text: &str, name: &str) -> Option<String> {
    let (_, value) = text.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == name)?;
    Some(value.trim().to_owned())
}

/// `24684444 kB` as gigabytes.
fn gigabytes(memory: &str) -> Option<String> {
    let kilobytes: f64 = memory.strip_suffix("kB")?.trim().parse().ok()?;
    Some(format!("{:.1} GB", kilobytes / 1024.0 / 1024.0))
}

/// Name and version of a crate, as Cargo.lock has them; the newest, which stands last, if there are several.
fn locked(lock: &str, name: &str) -> Option<String> {
    let header = format!("name = \"{name}\"\nversion = \"");
    let (_, rest) = lock.rsplit_once(&header)?;
    Some(format!("{name} {}", rest.split('"').next()?))
}

#[cfg(test)]
mod tests {
    use super::{field, gigabytes, locked};

    #[test]
    fn files_are_read() {
        let info = "processor\t: 0\nmodel name\t: A Fast One @ 3: GHz\n";
        assert_eq!(field(info, "model name").as_deref(), Some("A Fast One @ 3: GHz"));
        assert_eq!(field(info, "MemTotal"), None);
        assert_eq!(gigabytes("2097152 kB").as_deref(), Some("2.0 GB"));
        let lock =
            "[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n\n[[package]]\nname = \"ab\"\nversion = \"2.0.0\"\n";
        assert_eq!(locked(lock, "a").as_deref(), Some("a 1.2.3"));
        assert_eq!(locked(lock, "b"), None);
    }
}
