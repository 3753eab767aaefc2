//! One keyed state of a task: its content by key.

use super::key::{Data, Key};
use super::operator_state::{StateReader, StateWriter};
use super::ttl::{Lives, Stamped, Ttl, TtlClock};
use crate::error::{Error, ErrorKind, Result};
use crate::time;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::FxBuildHasher;
use std::any::Any;
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

/// What a key holds in a state.
pub(crate) trait Content: Data {
    /// What it is called where types are compared.
    fn type_name() -> String;

    /// Drops what has expired. True if nothing is left.
    fn expire(&mut self, lives: Lives) -> bool;
}

impl<V: Data> Content for Stamped<V> {
    fn type_name() -> String {
        format!("value of {}", short_name::<V>())
    }

    fn expire(&mut self, lives: Lives) -> bool {
        !lives.sees(self.at)
    }
}

impl<V: Data> Content for Vec<Stamped<V>> {
    fn type_name() -> String {
        format!("list of {}", short_name::<V>())
    }

    fn expire(&mut self, lives: Lives) -> bool {
        self.retain(|element| lives.sees(element.at));
        self.is_empty()
    }
}

impl<M: Data + Ord, V: Data> Content for BTreeMap<M, Stamped<V>> {
    fn type_name() -> String {
        format!("map of {} to {}", short_name::<M>(), short_name::<V>())
    }

    fn expire(&mut self, lives: Lives) -> bool {
        self.retain(|_, entry| lives.sees(entry.at));
        self.is_empty()
    }
}

/// The hash that a task finds a key's content by.
pub(crate) fn hash_of<K: Key>(key: &K) -> u64 {
    FxBuildHasher.hash_one(key)
}

/// One state of a task.
pub(crate) struct Table<K, C> {
    pub(crate) name: Arc<str>,
    pub(crate) ttl: Option<Ttl>,
    entries: HashTable<(K, C)>,
    /// When the next sweep is due, by the clock of the life.
    sweep_at: i64,
}

impl<K: Key, C: Content> Table<K, C> {
    pub(crate) fn new(name: Arc<str>, ttl: Option<Ttl>) -> Self {
        Self { name, ttl, entries: HashTable::new(), sweep_at: time::MAX }
    }

    pub(crate) fn get(&self, hash: u64, key: &K) -> Option<&C> {
        self.entries.find(hash, |(held, _)| held == key).map(|(_, content)| content)
    }

    pub(crate) fn get_mut(&mut self, hash: u64, key: &K) -> Option<&mut C> {
        self.entries.find_mut(hash, |(held, _)| held == key).map(|(_, content)| content)
    }

    /// The content of a key, made by `new` if there is none; something is about to be written into it.
    pub(crate) fn get_or(&mut self, hash: u64, key: &K, written: i64, new: impl FnOnce() -> C) -> &mut C {
        if let Some(ttl) = self.ttl {
            self.sweep_at = self.sweep_at.min(written.saturating_add(ttl.life));
        }
        match self.entries.entry(hash, |(held, _)| held == key, |(held, _)| hash_of(held)) {
            Entry::Occupied(occupied) => &mut occupied.into_mut().1,
            Entry::Vacant(vacant) => &mut vacant.insert((key.clone(), new())).into_mut().1,
        }
    }

    pub(crate) fn remove(&mut self, hash: u64, key: &K) -> Option<C> {
        let found = self.entries.find_entry(hash, |(held, _)| held == key).ok()?;
        Some(found.remove().0.1)
    }
}

/// A table whose types are forgotten.
pub(crate) trait AnyTable<K>: Any + Send {
    fn name(&self) -> &str;
    fn snapshot(&self, state: &mut StateWriter) -> Result<()>;
    fn restore(&mut self, state: &StateReader<'_>) -> Result<()>;
    /// Drops what has expired, if that is due: `event` and `processing` are what the clocks show.
    fn sweep(&mut self, event: i64, processing: i64);
    /// When a sweep by processing time is due.
    fn next_sweep(&self) -> Option<i64>;
}

impl<K: Key, C: Content> AnyTable<K> for Table<K, C> {
    fn name(&self) -> &str {
        &self.name
    }

    fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        state.plain(&format!("type of {}", self.name), &C::type_name())?;
        state.keyed(&format!("state {}", self.name), self.entries.iter().map(|(key, content)| (key, content)))
    }

    fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        let types: Vec<String> = state.plain(&format!("type of {}", self.name))?;
        let now = C::type_name();
        if let Some(then) = types.into_iter().find(|then| *then != now) {
            let what = format!("the state `{}` was written as a {then}, and is a {now} now", self.name);
            return Err(
                Error::new(ErrorKind::Snapshot, what).help("keep its type, or give what has another type another name")
            );
        }
        for (key, content) in state.keyed::<K, C>(&format!("state {}", self.name))? {
            let hash = hash_of(&key);
            self.entries.insert_unique(hash, (key, content), |(held, _)| hash_of(held));
        }
        if self.ttl.is_some() && !self.entries.is_empty() {
            self.sweep_at = time::MIN;
        }
        Ok(())
    }

    fn sweep(&mut self, event: i64, processing: i64) {
        let Some(ttl) = self.ttl else { return };
        let now = match ttl.clock {
            TtlClock::Event => event,
            TtlClock::Processing => processing,
        };
        if now < self.sweep_at {
            return;
        }
        let lives = Lives::new(Some(ttl), now, now);
        self.entries.retain(|(_, content)| !content.expire(lives));
        // Once a life at most: then every entry is looked at a few times in its life, however many there are.
        self.sweep_at = if self.entries.is_empty() { time::MAX } else { now.saturating_add(ttl.life) };
    }

    fn next_sweep(&self) -> Option<i64> {
        let by_processing_time = self.ttl.is_some_and(|ttl| ttl.clock == TtlClock::Processing);
        (by_processing_time && self.sweep_at < time::MAX).then_some(self.sweep_at)
    }
}

/// A type's name without the paths of its modules: those may change.
fn short_name<T>() -> String {
    let parts = std::any::type_name::<T>().split_inclusive(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
    parts.map(|part| part.rsplit("::").next().unwrap_or(part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_by_its_name() {
        for (name, expected) in [
            (<Stamped<i64>>::type_name(), "value of i64"),
            (<Vec<Stamped<Option<String>>>>::type_name(), "list of Option<String>"),
            (<BTreeMap<String, Stamped<(crate::Timestamp, i8)>>>::type_name(), "map of String to (Timestamp, i8)"),
        ] {
            assert_eq!(name, expected);
        }
    }
}
