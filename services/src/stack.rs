//! The shared services of a checkout: up, down, and how they are.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{self, Belongs};
use crate::record::{self, Record, Records};
use crate::service::{Addresses, Service};
use crate::{Error, Result, absent, address, cache, own};

/// The services below one folder. Whoever changes something there waits for whoever does so already.
#[derive(Clone, Debug)]
pub struct Stack {
    folder: PathBuf,
}

/// How one process of a service is.
#[derive(Clone, Debug)]
pub struct Status {
    /// The service.
    pub service: Service,
    /// The process' name.
    pub part: &'static str,
    /// Its number.
    pub pid: u32,
    /// Where the service is.
    pub addresses: Addresses,
    /// Why it is not well, with the end of its log.
    pub trouble: Option<String>,
}

impl Stack {
    /// Whose files are in this folder.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf() }
    }

    /// Those of these services that are not up and well, in the order in which they are started.
    ///
    /// # Errors
    /// When what runs was written down by somebody else.
    pub fn missing(&self, services: &[Service]) -> Result<Vec<Service>> {
        let records = record::read(&self.folder)?;
        let is_well = |service: &Service| {
            let well = |record: &Record| service.parts().iter().all(|part| trouble(*service, part, record).is_none());
            records.get(service.name()).is_some_and(well)
        };
        Ok(Service::ALL.into_iter().filter(|service| services.contains(service) && !is_well(service)).collect())
    }

    /// Starts those of these services that do not run, and gets what is missing for it. A service that has crashed goes on where it was,
    /// with its data.
    ///
    /// # Errors
    /// When something is absent and `install` does not allow to get it, or cannot; when a service does not answer in time.
    pub fn up(&self, services: &[Service], install: bool, say: &dyn Fn(&str)) -> Result<()> {
        fs::create_dir_all(&self.folder).map_err(Error::at(&self.folder))?;
        let _lock = self.lock()?;
        own::sweep(&self.folder, say)?;
        let mut records = record::read(&self.folder)?;
        let missing = self.missing(services)?;
        for service in services.iter().filter(|service| !missing.contains(service)) {
            let at = records.get(service.name()).map(|record| places(&record.addresses)).unwrap_or_default();
            say(&format!("{}: runs already{at}", service.name()));
        }
        absent::provide(&missing, install, say)?;
        missing.into_iter().try_for_each(|service| self.bring_up(service, &mut records, say))
    }

    fn bring_up(&self, service: Service, records: &mut Records, say: &dyn Fn(&str)) -> Result<()> {
        let (name, folder) = (service.name(), self.folder.join(service.name()));
        let jars = service.jars().map(|jars| jars.get(say)).transpose()?.unwrap_or_default();
        if !records.contains_key(name) {
            cache::remove(&folder)?;
            fs::create_dir_all(&folder).map_err(Error::at(&folder))?;
            let record = Record { addresses: service.prepare(&jars, &folder)?, ..Record::default() };
            records.insert(name.to_owned(), record);
        }
        for part in service.parts() {
            let record = records.entry(name.to_owned()).or_default();
            if let Some(process) = record.processes.get(*part) {
                let Some(why) = trouble(service, part, record) else { continue };
                say(&format!("{part}: {}; it is replaced", why.lines().next().unwrap_or_default()));
                process.kill()?;
            }
            let at = record.addresses.clone();
            say(&format!("{part}: starting"));
            let log = address::log(&self.folder, service, part);
            let command = service.command(part, &jars, &folder, &at)?;
            let (mut child, process) = process::start(command, &log, Belongs::Apart)?;
            record.processes.insert((*part).to_owned(), process.clone());
            // Before it answers: whoever gives up now can still take it down.
            record::write(&self.folder, records)?;
            process::ready((&mut child, &process), part, &log, || service.ready(part, &at))?;
        }
        say(&format!("{name}: up{}", places(&records.entry(name.to_owned()).or_default().addresses)));
        Ok(())
    }

    /// Ends these services and removes their data; logs stay. Of those that are not up nothing is touched.
    ///
    /// # Errors
    /// When a process cannot be ended.
    pub fn down(&self, services: &[Service], say: &dyn Fn(&str)) -> Result<()> {
        if !self.folder.exists() {
            return Ok(());
        }
        let _lock = self.lock()?;
        own::sweep(&self.folder, say)?;
        let mut records = record::read(&self.folder)?;
        for service in Service::ALL.into_iter().rev().filter(|service| services.contains(service)) {
            let Some(record) = records.get(service.name()) else { continue };
            for part in service.parts().iter().rev() {
                if let Some(process) = record.processes.get(*part) {
                    say(&format!("{part}: {}", if process.runs() { "ending" } else { "has ended already" }));
                    process.end()?;
                }
            }
            remove_data(&self.folder.join(service.name()))?;
            records.remove(service.name());
            record::write(&self.folder, &records)?;
        }
        Ok(())
    }

    /// Ends a service, or one process of it, and starts it again with its data at its addresses.
    ///
    /// # Errors
    /// When it is not up, or does not come back.
    pub fn restart(&self, name: &str, say: &dyn Fn(&str)) -> Result<()> {
        let (service, parts) = Service::parts_named(name)?;
        let records = record::read(&self.folder)?;
        let record = records.get(service.name());
        let record =
            record.ok_or_else(|| Error::new(format!("{name} is not up: `cargo xtask up {}`", service.name())))?;
        for process in parts.iter().rev().filter_map(|part| record.processes.get(*part)) {
            process.end()?;
        }
        self.up(&[service], false, say)
    }

    /// How each process is that was started and not taken down.
    ///
    /// # Errors
    /// When what runs was written down by somebody else.
    pub fn status(&self) -> Result<Vec<Status>> {
        let records = record::read(&self.folder)?;
        let mut found = Vec::new();
        for service in Service::ALL {
            let Some(record) = records.get(service.name()) else { continue };
            for part in service.parts() {
                let trouble = trouble(service, part, record);
                let log = || process::tail(&address::log(&self.folder, service, part));
                found.push(Status {
                    service,
                    part,
                    pid: record.processes.get(*part).map_or(0, |process| process.pid),
                    addresses: record.addresses.clone(),
                    trouble: trouble.map(|why| format!("{why}; {}", log())),
                });
            }
        }
        Ok(found)
    }

    /// Where the services are that were started and not taken down.
    ///
    /// # Errors
    /// When what runs was written down by somebody else.
    pub fn addresses(&self) -> Result<Addresses> {
        Ok(record::read(&self.folder)?.into_values().flat_map(|record| record.addresses).collect())
    }

    /// The logs of a service, or of one process of it, that are there.
    ///
    /// # Errors
    /// When there is none.
    pub fn logs(&self, name: &str) -> Result<Vec<PathBuf>> {
        let (service, parts) = Service::parts_named(name)?;
        let paths = parts.iter().map(|part| address::log(&self.folder, service, part));
        let found: Vec<PathBuf> = paths.filter(|path| path.exists()).collect();
        if found.is_empty() {
            return Err(Error::new(format!("{name} has no log in {}", self.folder.display())));
        }
        Ok(found)
    }

    fn lock(&self) -> Result<fs::File> {
        cache::lock(&self.folder.join("lock"))
    }
}

/// Why a process that was started is not well.
fn trouble(service: Service, part: &str, record: &Record) -> Option<String> {
    match record.processes.get(part) {
        None => Some("it was not started".to_owned()),
        Some(process) if !process.runs() => Some(format!("process {} has ended", process.pid)),
        Some(_) => service.ready(part, &record.addresses).err().map(|why| format!("it does not answer: {why}")),
    }
}

/// The addresses, after ` at `.
fn places(addresses: &Addresses) -> String {
    let all: Vec<&str> = addresses.values().map(String::as_str).collect();
    if all.is_empty() { String::new() } else { format!(", at {}", all.join(" and ")) }
}

/// Removes all but the logs.
fn remove_data(folder: &Path) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.map_err(Error::at(folder))?.path();
        if path.is_dir() {
            cache::remove(&path)?;
        } else if path.extension().is_none_or(|ending| ending != "log") {
            fs::remove_file(&path).map_err(Error::at(&path))?;
        }
    }
    Ok(())
}
