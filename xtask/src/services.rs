//! `cargo xtask up` and its like: the services of this checkout.

use std::path::Path;
use std::process::{Command, ExitCode};

use flow_services::{Addresses, Error, Result, Service, Stack};

use crate::command;

/// Runs the command of these words, if it is one of these.
pub(crate) fn run(root: &Path, words: &[&str]) -> Option<ExitCode> {
    let stack = stack(root);
    let done = match words {
        ["up", names @ ..] => named(names).and_then(|services| up(&stack, &services)),
        ["down", names @ ..] => named(names).and_then(|services| down(&stack, &services)),
        ["status"] => status(&stack),
        ["restart", name] => stack.restart(name, &say).map(|()| ExitCode::SUCCESS),
        ["logs", name] => logs(&stack, name, false),
        ["logs", name, "-f"] | ["logs", "-f", name] => logs(&stack, name, true),
        ["env"] => environment(&stack),
        _ => return None,
    };
    Some(done.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    }))
}

/// The services of this checkout.
fn stack(root: &Path) -> Stack {
    Stack::at(&command::target(root).join("services"))
}

/// Services that are up while something is done. What ran before is left as it was.
pub(crate) struct Lent {
    stack: Stack,
    started: Option<Vec<Service>>,
}

impl Lent {
    /// None yet.
    pub(crate) fn new(root: &Path) -> Self {
        Self { stack: stack(root), started: None }
    }

    /// Where these services are, started if need be. One that the environment says is elsewhere is not started.
    ///
    /// # Errors
    /// When one cannot be started.
    pub(crate) fn up(&mut self, services: &[Service]) -> Result<Addresses> {
        let elsewhere = |name: &str| std::env::var_os(name).is_some_and(|at| !at.is_empty());
        let mut services = services.to_vec();
        services.retain(|service| !service.variables().iter().all(|name| elsewhere(name)));
        if services.is_empty() {
            return Ok(Addresses::new());
        }
        // First, so that what is started is ended when another cannot be.
        self.started = Some(self.stack.missing(&services)?);
        self.stack.up(&services, true, &say)?;
        let mut addresses = self.stack.addresses()?;
        addresses.retain(|name, _| !elsewhere(name));
        Ok(addresses)
    }

    /// Ends those that were started, and what tests have left.
    ///
    /// # Errors
    /// When one cannot be ended.
    pub(crate) fn down(&mut self) -> Result<()> {
        self.started.take().map_or(Ok(()), |started| self.stack.down(&started, &say))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Err(error) = self.down() {
            eprintln!("{error}");
        }
    }
}

/// One line of what is being done.
fn say(line: &str) {
    println!("{line}");
}

/// The services of these names; all, where none is named.
fn named(names: &[&str]) -> Result<Vec<Service>> {
    if names.is_empty() {
        return Ok(Service::ALL.to_vec());
    }
    Ok(names.iter().map(|name| Service::named(name)).collect::<Result<Vec<_>>>()?.concat())
}

fn up(stack: &Stack, services: &[Service]) -> Result<ExitCode> {
    stack.up(services, true, &say)?;
    println!();
    print!("{}", exports(stack)?);
    if services.contains(&Service::Flink)
        && let Some(page) = stack.addresses()?.get(flow_services::flink::REST)
    {
        println!("\nFlink's pages: {page}");
    }
    Ok(ExitCode::SUCCESS)
}

fn down(stack: &Stack, services: &[Service]) -> Result<ExitCode> {
    stack.down(services, &say)?;
    Ok(ExitCode::SUCCESS)
}

fn status(stack: &Stack) -> Result<ExitCode> {
    let all = stack.status()?;
    if all.is_empty() {
        println!("nothing is up; `cargo xtask up` starts Kafka, Redis and Flink");
    }
    for one in &all {
        let places: Vec<&str> = one.addresses.values().map(String::as_str).collect();
        let how = one.trouble.as_ref().map_or("runs", |trouble| trouble);
        println!("{:<12} {:<48} process {:<8} {how}", one.part, places.join(" "), one.pid);
    }
    Ok(if all.iter().all(|one| one.trouble.is_none()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn logs(stack: &Stack, name: &str, follow: bool) -> Result<ExitCode> {
    let mut tail = Command::new("tail");
    tail.args(["-n", "+1"]).args(follow.then_some("-F")).args(stack.logs(name)?);
    let status = tail.status().map_err(|error| Error::new(format!("tail: {error}")))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn environment(stack: &Stack) -> Result<ExitCode> {
    let exports = exports(stack)?;
    if exports.is_empty() {
        return Err(Error::new("nothing is up; `cargo xtask up` starts Kafka, Redis and Flink"));
    }
    print!("{exports}");
    Ok(ExitCode::SUCCESS)
}

fn exports(stack: &Stack) -> Result<String> {
    Ok(stack.addresses()?.iter().map(|(name, at)| format!("export {name}={at}\n")).collect())
}
