//! Where the shared services are: what the environment says, else what `cargo xtask up` wrote down.

use std::env;
use std::path::{Path, PathBuf};

use crate::flink::{FlinkAddress, GATEWAY, REST};
use crate::service::{KAFKA, REDIS, Service};
use crate::{Error, Result, process, record};

/// The shared Kafka's address, as `host:port`: that of `FLOW_KAFKA`, else the one that `cargo xtask up` started.
///
/// # Errors
/// When there is none, or it does not run any more.
pub fn kafka() -> Result<String> {
    of(Service::Kafka, KAFKA, env::var(KAFKA).ok(), state_folder)
}

/// The shared Redis' address, as `redis://host:port`: that of `FLOW_REDIS`, else the one that `cargo xtask up` started.
///
/// # Errors
/// When there is none, or it does not run any more.
pub fn redis() -> Result<String> {
    of(Service::Redis, REDIS, env::var(REDIS).ok(), state_folder)
}

/// The shared Flink's addresses: those of `FLOW_FLINK_GATEWAY` and `FLOW_FLINK_REST`, else those that `cargo xtask up` wrote down.
///
/// # Errors
/// When there is none, or it does not run any more.
pub fn flink() -> Result<FlinkAddress> {
    let of = |variable| of(Service::Flink, variable, env::var(variable).ok(), state_folder);
    Ok(FlinkAddress { gateway: of(GATEWAY)?, rest: of(REST)? })
}

fn of(
    service: Service,
    variable: &str,
    said: Option<String>,
    folder: impl FnOnce() -> Result<PathBuf>,
) -> Result<String> {
    if let Some(said) = said.filter(|said| !said.is_empty()) {
        return Ok(said);
    }
    let (name, folder) = (service.name(), folder()?);
    let records = record::read(&folder)?;
    let Some(record) = records.get(name) else {
        return Err(Error::new(format!(
            "no {name} here: `cargo xtask up {name}` starts one, or {variable} says where one is"
        )));
    };
    if !service.parts().iter().all(|part| record.processes.get(*part).is_some_and(crate::Process::runs)) {
        let gone = service.parts().iter().find(|part| !record.processes.get(**part).is_some_and(crate::Process::runs));
        let log = process::tail(&log(&folder, service, gone.unwrap_or(&name)));
        return Err(Error::new(format!(
            "{name} does not run any more: `cargo xtask up {name}` starts it again; {log}"
        )));
    }
    let address = record.addresses.get(variable);
    address
        .cloned()
        .ok_or_else(|| Error::new(format!("{} does not say {variable}", folder.join(record::FILE).display())))
}

/// Where a process of a service writes its log.
pub(crate) fn log(folder: &Path, service: Service, part: &str) -> PathBuf {
    folder.join(service.name()).join(part).with_extension("log")
}

/// Where the services of the workspace that the caller stands in have their files.
///
/// # Errors
/// When the caller stands in none.
pub fn state_folder() -> Result<PathBuf> {
    let here = env::current_dir().map_err(|error| Error::new(error.to_string()))?;
    let is_root = |folder: &&Path| {
        std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|text| text.contains("[workspace]"))
    };
    let root = here.ancestors().find(is_root);
    let root = root.ok_or_else(|| Error::new(format!("{} is in no cargo workspace", here.display())))?;
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    Ok(root.join(target).join("services"))
}

#[cfg(test)]
mod tests {
    use super::{KAFKA, Service, of};
    use crate::Process;
    use crate::record::{self, Record};

    #[test]
    fn the_environment_wins_over_the_file() {
        let own = Process::own().unwrap();
        let gone = Process { started: "another boot/1".to_owned(), ..own.clone() };
        let check = |said: Option<&str>, process: Option<&Process>, expected: std::result::Result<&str, &str>| {
            let folder = tempfile::tempdir().unwrap();
            if let Some(process) = process {
                let addresses = [(KAFKA.to_owned(), "127.0.0.1:1".to_owned())].into();
                let record = Record { addresses, processes: [("kafka".to_owned(), process.clone())].into() };
                record::write(folder.path(), &[("kafka".to_owned(), record)].into()).unwrap();
            }
            let found = of(Service::Kafka, KAFKA, said.map(str::to_owned), || Ok(folder.path().to_path_buf()));
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(error), Err(word)) => assert!(error.to_string().contains(word), "{error}"),
                (found, expected) => panic!("{found:?} is not {expected:?}"),
            }
        };
        check(Some("elsewhere:9092"), Some(&own), Ok("elsewhere:9092"));
        check(Some("elsewhere:9092"), None, Ok("elsewhere:9092"));
        check(None, Some(&own), Ok("127.0.0.1:1"));
        check(Some(""), Some(&own), Ok("127.0.0.1:1"));
        check(None, None, Err("cargo xtask up kafka"));
        check(None, Some(&gone), Err("does not run any more"));
    }
}
