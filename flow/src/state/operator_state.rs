//! The state of one operator, as bytes.

use super::group::{KEY_GROUPS, KeyGroups, group_of};
use super::key::Data;
use crate::error::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What one operator has written: per name, keyed entries by key group and values that belong to no key.
///
/// The states of an operator's tasks [merge](Self::merge) into one, which each task of a rebuilt job reads its part of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorState {
    keyed: BTreeMap<String, BTreeMap<u16, Entries>>,
    plain: BTreeMap<String, Vec<Vec<u8>>>,
}

/// How many entries follow each other in the bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Entries {
    count: u64,
    bytes: Vec<u8>,
}

impl OperatorState {
    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keyed.is_empty() && self.plain.is_empty()
    }

    /// Adds what another task of the same operator wrote.
    pub fn merge(&mut self, other: Self) {
        for (name, groups) in other.keyed {
            let mine = self.keyed.entry(name).or_default();
            for (group, entries) in groups {
                let into = mine.entry(group).or_default();
                into.count += entries.count;
                into.bytes.extend(entries.bytes);
            }
        }
        for (name, values) in other.plain {
            self.plain.entry(name).or_default().extend(values);
        }
    }

    /// How many bytes it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        let keyed = self.keyed.values().flat_map(BTreeMap::values).map(|entries| entries.bytes.len());
        let plain = self.plain.values().flatten().map(Vec::len);
        keyed.chain(plain).sum()
    }

    /// Reads the part of a task.
    #[must_use]
    pub fn reader(&self, groups: KeyGroups) -> StateReader<'_> {
        StateReader { state: self, groups }
    }
}

/// Where an operator writes its state to.
#[derive(Debug, Default)]
pub struct StateWriter {
    state: OperatorState,
}

impl StateWriter {
    /// Writes entries that belong to keys; each goes to its key's group.
    ///
    /// # Errors
    /// When a key or value refuses to be serialised.
    pub fn keyed<'a, K, V>(&mut self, name: &str, entries: impl IntoIterator<Item = (&'a K, &'a V)>) -> Result<()>
    where
        K: Serialize + 'a,
        V: Serialize + 'a,
    {
        let groups = self.state.keyed.entry(name.to_owned()).or_default();
        for (key, value) in entries {
            let entries = groups.entry(group_of(key)).or_default();
            entries.bytes = postcard::to_extend(&(key, value), std::mem::take(&mut entries.bytes))
                .map_err(|error| unwritable(name, &error))?;
            entries.count += 1;
        }
        Ok(())
    }

    /// Writes a value that belongs to the task and not to a key. After a rebuild every task is given those of all tasks.
    ///
    /// # Errors
    /// When the value refuses to be serialised.
    pub fn plain<V: Serialize>(&mut self, name: &str, value: &V) -> Result<()> {
        let bytes = postcard::to_stdvec(value).map_err(|error| unwritable(name, &error))?;
        self.state.plain.entry(name.to_owned()).or_default().push(bytes);
        Ok(())
    }

    /// What was written.
    #[must_use]
    pub fn finish(self) -> OperatorState {
        self.state
    }
}

/// Where an operator reads its state from: the key groups that are its task's, and all plain values.
#[derive(Debug)]
pub struct StateReader<'a> {
    state: &'a OperatorState,
    groups: KeyGroups,
}

impl StateReader<'_> {
    /// The entries written under `name` whose keys are this task's.
    ///
    /// # Errors
    /// When the bytes are not such entries: they were damaged, or written for other types.
    pub fn keyed<K: Data, V: Data>(&self, name: &str) -> Result<Vec<(K, V)>> {
        let mut read = Vec::new();
        let Some(groups) = self.state.keyed.get(name) else { return Ok(read) };
        for (_, entries) in groups.range(self.groups.clone()) {
            let mut rest = &entries.bytes[..];
            for _ in 0..entries.count {
                let (entry, after) = postcard::take_from_bytes(rest).map_err(|error| unreadable(name, &error))?;
                read.push(entry);
                rest = after;
            }
            if !rest.is_empty() {
                return Err(unreadable(name, &postcard::Error::SerdeDeCustom));
            }
        }
        Ok(read)
    }

    /// The values that all tasks wrote under `name`.
    ///
    /// # Errors
    /// When the bytes are no such value.
    pub fn plain<V: Data>(&self, name: &str) -> Result<Vec<V>> {
        let values = self.state.plain.get(name).map(Vec::as_slice).unwrap_or_default();
        values.iter().map(|bytes| postcard::from_bytes(bytes).map_err(|error| unreadable(name, &error))).collect()
    }

    /// The key groups that this task holds.
    #[must_use]
    pub fn groups(&self) -> KeyGroups {
        self.groups.start..self.groups.end.min(KEY_GROUPS)
    }
}

fn unwritable(name: &str, error: &postcard::Error) -> Error {
    Error::new(ErrorKind::Snapshot, format!("the state `{name}` cannot be written: {error}"))
}

fn unreadable(name: &str, error: &postcard::Error) -> Error {
    Error::new(ErrorKind::Snapshot, format!("the state `{name}` cannot be read: {error}"))
        .help("the snapshot is damaged, or the types of this stage have changed since it was written")
}
