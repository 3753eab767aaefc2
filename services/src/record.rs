//! What runs, written down: the one file that says where the services are and which processes they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::service::Addresses;
use crate::{Error, Process, Result};

/// The file, below the folder of the services.
pub(crate) const FILE: &str = "running.json";

/// What was started of one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) addresses: Addresses,
    pub(crate) processes: BTreeMap<String, Process>,
}

/// By the service's name.
pub(crate) type Records = BTreeMap<String, Record>;

/// Reads the file; where there is none, nothing runs.
///
/// # Errors
/// When it cannot be understood.
pub(crate) fn read(folder: &Path) -> Result<Records> {
    let path = folder.join(FILE);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Records::new()),
        read => read.map_err(Error::at(&path))?,
    };
    parse(&text).ok_or_else(|| Error::new(format!("{} is no list of services", path.display())))
}

/// Writes the file anew, at once or not at all.
pub(crate) fn write(folder: &Path, records: &Records) -> Result<()> {
    let (path, new) = (folder.join(FILE), folder.join("running.json.new"));
    let value: Value = records.iter().map(|(name, record)| (name.clone(), record.value())).collect();
    fs::write(&new, format!("{value:#}\n")).map_err(Error::at(&new))?;
    fs::rename(&new, &path).map_err(Error::at(&path))
}

fn parse(text: &str) -> Option<Records> {
    let value: Value = serde_json::from_str(text).ok()?;
    value.as_object()?.iter().map(|(name, record)| Some((name.clone(), Record::of(record)?))).collect()
}

impl Record {
    fn value(&self) -> Value {
        let processes: Value = self.processes.iter().map(|(part, process)| (part.clone(), process.value())).collect();
        json!({ "addresses": self.addresses, "processes": processes })
    }

    fn of(value: &Value) -> Option<Self> {
        let addresses = value["addresses"].as_object()?.iter();
        let processes = value["processes"].as_object()?.iter();
        Some(Self {
            addresses: addresses
                .map(|(name, at)| Some((name.clone(), at.as_str()?.to_owned())))
                .collect::<Option<_>>()?,
            processes: processes.map(|(part, of)| Some((part.clone(), Process::read(of)?))).collect::<Option<_>>()?,
        })
    }
}

impl Process {
    pub(crate) fn value(&self) -> Value {
        json!({ "pid": self.pid, "started": self.started })
    }

    pub(crate) fn read(value: &Value) -> Option<Self> {
        let pid = value["pid"].as_u64()?.try_into().ok()?;
        Some(Self { pid, started: value["started"].as_str()?.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Record, Records, read, write};
    use crate::Process;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), Records::new());
        let process = Process { pid: 7, started: "boot/8".to_owned() };
        let addresses = [("FLOW_KAFKA".to_owned(), "127.0.0.1:9".to_owned())].into();
        let record = Record { addresses, processes: [("kafka".to_owned(), process)].into() };
        let records: Records = [("kafka".to_owned(), record)].into();
        write(folder.path(), &records).unwrap();
        assert_eq!(read(folder.path()).unwrap(), records);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for text in ["", "[]", "{\"kafka\": 1}", "{\"kafka\": {\"addresses\": {}, \"processes\": {\"kafka\": {}}}}"] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(super::FILE), text).unwrap();
            assert!(read(folder.path()).is_err(), "{text}");
        }
    }
}
