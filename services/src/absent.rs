//! What has to be on the machine, and what to do when it is not.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::maven::output;
use crate::service::Service;
use crate::{Error, Result};

/// The oldest Java that Kafka and Flink run on.
const JAVA: u32 = 17;

/// A program that a service needs.
#[derive(Debug, PartialEq, Eq)]
struct Tool {
    command: &'static str,
    what: &'static str,
    /// On Debian and Ubuntu.
    package: &'static str,
    /// Elsewhere.
    remedy: &'static str,
    services: &'static [Service],
    /// Only to fetch jars.
    fetches: bool,
}

const TOOLS: &[Tool] = &[
    Tool {
        command: "java",
        what: "Java 17 or later",
        package: "openjdk-17-jre-headless",
        remedy: "a JRE or JDK of your system, or from adoptium.net",
        services: &[Service::Kafka, Service::Flink],
        fetches: false,
    },
    Tool {
        command: "mvn",
        what: "Maven, which fetches the jars",
        package: "maven",
        remedy: "your system's `maven`, or from maven.apache.org",
        services: &[Service::Kafka, Service::Flink],
        fetches: true,
    },
    Tool {
        command: "kcat",
        what: "a Kafka client that is not ours, for the tests",
        package: "kcat",
        remedy: "your system's `kcat`, or from github.com/edenhill/kcat",
        services: &[Service::Kafka],
        fetches: false,
    },
    Tool {
        command: "cc",
        what: "a C compiler, for librdkafka",
        package: "gcc",
        remedy: "your system's `gcc` or `clang`",
        services: &[Service::Kafka],
        fetches: false,
    },
    Tool {
        command: "make",
        what: "make, for librdkafka",
        package: "make",
        remedy: "your system's `make`",
        services: &[Service::Kafka],
        fetches: false,
    },
    Tool {
        command: "redis-server",
        what: "Redis 7 or later",
        package: "redis-server",
        remedy: "your system's `redis` or `valkey`, or from redis.io",
        services: &[Service::Redis],
        fetches: false,
    },
];

/// Looks for what these services need, and gets it where that can be done: as root on Debian or Ubuntu, when `install` allows it.
///
/// # Errors
/// With all that is absent, and the remedy for each.
pub(crate) fn provide(services: &[Service], install: bool, say: &dyn Fn(&str)) -> Result<()> {
    let fetches = |service: &Service| service.jars().is_some_and(|jars| jars.find().is_none());
    let look = || absent(services, &fetches, &is_there);
    let absent = look();
    if absent.is_empty() {
        return Ok(());
    }
    if !cfg!(target_os = "linux") {
        return Err(Error::new(
            "services are started from packages on Linux only; elsewhere `docker compose up --wait` does it",
        ));
    }
    if !(install && rustix::process::geteuid().is_root() && Path::new("/usr/bin/apt-get").exists()) {
        return Err(Error::new(message(services, &absent)));
    }
    let packages: Vec<&str> = absent.iter().map(|tool| tool.package).collect();
    say(&format!("installing {}", packages.join(", ")));
    apt(&packages)?;
    // An old Java that stands first in the path, for one, is there still.
    let absent = look();
    if absent.is_empty() { Ok(()) } else { Err(Error::new(message(services, &absent))) }
}

fn absent(
    services: &[Service],
    fetches: &dyn Fn(&Service) -> bool,
    there: &dyn Fn(&str) -> bool,
) -> Vec<&'static Tool> {
    let needed = |tool: &&Tool| {
        let mut users = services.iter().filter(|service| tool.services.contains(service));
        if tool.fetches { users.any(fetches) } else { users.next().is_some() }
    };
    TOOLS.iter().filter(needed).filter(|tool| !there(tool.command)).collect()
}

fn message(services: &[Service], absent: &[&Tool]) -> String {
    let names: Vec<&str> = services.iter().map(|service| service.name()).collect();
    let packages: Vec<&str> = absent.iter().map(|tool| tool.package).collect();
    let lines: String = absent
        .iter()
        .map(|tool| {
            format!("\n  {} ({}): Debian's `{}`; elsewhere {}", tool.command, tool.what, tool.package, tool.remedy)
        })
        .collect();
    format!(
        "needed for {}, and not here:{lines}\nOn Debian or Ubuntu: sudo apt-get install {}\n\
         Or start them elsewhere (`docker compose up --wait`) and say where they are in FLOW_KAFKA and FLOW_REDIS.",
        names.join(" and "),
        packages.join(" ")
    )
}

/// Whether a program is in the path, and young enough.
fn is_there(command: &str) -> bool {
    let found = env::split_paths(&env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(command).is_file());
    found && (command != "java" || java_version().is_some_and(|version| version >= JAVA))
}

fn java_version() -> Option<u32> {
    let said = Command::new("java").arg("-version").output().ok()?;
    version_of(&String::from_utf8_lossy(&said.stderr))
}

/// The major version in `openjdk version "17.0.15" 2025-04-15`.
fn version_of(said: &str) -> Option<u32> {
    let quoted = said.split('"').nth(1)?;
    quoted.split(['.', '-']).next()?.parse().ok()
}

/// Installs packages. The lists of what there is are fetched only if it fails without: they may be old, or absent on a new machine.
fn apt(packages: &[&str]) -> Result<()> {
    let apt = |words: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.args(["-q", "-y", "-o", "DPkg::Lock::Timeout=300"]).args(words).env("DEBIAN_FRONTEND", "noninteractive");
        output(&mut apt)
    };
    let install = || apt(&[&["install", "--no-install-recommends"], packages].concat());
    install().or_else(|_| apt(&["update"]).and_then(|_| install())).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::{absent, message, version_of};
    use crate::Service;

    #[test]
    fn what_is_absent_is_named_with_its_remedy() {
        let check = |services: &[Service], there: &[&str], fetches: bool, expected: &[&str]| {
            let found = absent(services, &|_| fetches, &|command| there.contains(&command));
            let commands: Vec<&str> = found.iter().map(|tool| tool.command).collect();
            assert_eq!(commands, expected, "{services:?} with {there:?}");
            let message = message(services, &found);
            for tool in found {
                for part in [tool.command, tool.what, tool.package, tool.remedy] {
                    assert!(message.contains(part), "{part} is not in {message}");
                }
            }
        };
        let (kafka, redis, flink) = (Service::Kafka, Service::Redis, Service::Flink);
        check(&[redis], &["redis-server"], true, &[]);
        check(&[redis], &[], true, &["redis-server"]);
        check(&[kafka], &["cc", "make", "kcat"], true, &["java", "mvn"]);
        check(&[kafka], &["cc", "make"], false, &["java", "kcat"]);
        check(&[flink], &[], true, &["java", "mvn"]);
        check(&[flink], &["java"], false, &[]);
        check(&[redis, kafka], &["java"], true, &["mvn", "kcat", "cc", "make", "redis-server"]);
    }

    #[test]
    fn versions_of_java_are_read() {
        let check = |said: &str, version| assert_eq!(version_of(said), version, "{said}");
        check("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime Environment", Some(17));
        check("openjdk version \"21-ea\" 2023-09-19", Some(21));
        check("java version \"1.8.0_402\"", Some(1));
        check("no java here", None);
    }
}
