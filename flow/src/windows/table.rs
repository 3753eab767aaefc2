//! What is kept for each key of one window.

use crate::state::Key;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// The hash that tables look a key up by.
#[inline]
pub(crate) fn hash_of<K: Key>(key: &K) -> u64 {
    FxBuildHasher.hash_one(key)
}

/// A flat map that borrows the keys it is asked for, and clones only those that it keeps.
#[derive(Debug)]
pub(crate) struct Table<K, S>(HashTable<(K, S)>);

impl<K, S> Default for Table<K, S> {
    fn default() -> Self {
        Self(HashTable::new())
    }
}

impl<K: Key, S> Table<K, S> {
    /// Changes what is kept for a key, or begins it.
    #[inline]
    pub(crate) fn upsert(&mut self, hash: u64, key: &K, add: impl FnOnce(&mut S), start: impl FnOnce() -> S) {
        if let Some((_, state)) = self.0.find_mut(hash, |entry| entry.0 == *key) {
            add(state);
        } else {
            self.insert(hash, key.clone(), start());
        }
    }

    /// The key and what is kept for it, if there is one and no other.
    pub(crate) fn only(&mut self) -> Option<(&K, &mut S)> {
        if self.0.len() != 1 {
            return None;
        }
        self.0.iter_mut().next().map(|entry| (&entry.0, &mut entry.1))
    }

    /// Begins a key that is not there.
    #[cold]
    #[inline(never)]
    pub(crate) fn insert(&mut self, hash: u64, key: K, state: S) {
        self.0.insert_unique(hash, (key, state), |entry| hash_of(&entry.0));
    }

    pub(crate) fn get(&self, hash: u64, key: &K) -> Option<&S> {
        self.0.find(hash, |entry| entry.0 == *key).map(|entry| &entry.1)
    }

    /// What is kept for a key, begun if it is not there.
    pub(crate) fn get_or_insert(&mut self, hash: u64, key: &K, start: impl FnOnce() -> S) -> &mut S {
        let entry = self.0.entry(hash, |entry| entry.0 == *key, |entry| hash_of(&entry.0));
        &mut entry.or_insert_with(|| (key.clone(), start())).into_mut().1
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &S)> {
        self.0.iter().map(|entry| (&entry.0, &entry.1))
    }

    /// Adds what was kept for a key elsewhere.
    pub(crate) fn merge(&mut self, key: K, state: S, add: impl FnOnce(&mut S, S)) {
        let hash = hash_of(&key);
        match self.0.find_mut(hash, |entry| entry.0 == key) {
            Some(entry) => add(&mut entry.1, state),
            None => self.insert(hash, key, state),
        }
    }

    /// Makes room for so many keys in all.
    pub(crate) fn reserve(&mut self, keys: usize) {
        self.0.reserve(keys.saturating_sub(self.0.len()), |entry| hash_of(&entry.0));
    }

    /// The table emptied, if its room is worth keeping: a look at all of it costs its room, not its content.
    pub(crate) fn recycled(mut self) -> Option<Self> {
        let worthy = self.is_worthy();
        self.0.clear();
        worthy.then_some(self)
    }

    /// What it held, and the table emptied, if its room is worth keeping.
    pub(crate) fn drained(mut self) -> (Vec<(K, S)>, Option<Self>) {
        let worthy = self.is_worthy();
        let entries = self.0.drain().collect();
        (entries, worthy.then_some(self))
    }

    fn is_worthy(&self) -> bool {
        self.0.len().saturating_mul(8) >= self.0.capacity()
    }
}
