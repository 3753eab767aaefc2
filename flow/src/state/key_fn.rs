//! How a stage finds the keys of its records.

use super::group::group_of;
use super::key::Key;
use crate::element::Batch;
use std::fmt;
use std::sync::Arc;

type Keys<K, T> = Arc<dyn Fn(&[T], Option<&[u32]>, &mut Vec<K>) + Send + Sync>;
type Groups<T> = Arc<dyn Fn(&[T], Option<&[u32]>, &mut Vec<u16>) + Send + Sync>;

/// Finds the keys of records, a batch at a time: the user's closure is inlined into the loop, and the call through the
/// pointer is paid once a batch.
pub struct KeyFn<K, T> {
    keys: Keys<K, T>,
    groups: Groups<T>,
}

impl<K: Key, T: 'static> KeyFn<K, T> {
    /// From a closure that makes a record's key.
    pub fn new(key: impl Fn(&T) -> K + Send + Sync + 'static) -> Self {
        let key = Arc::new(key);
        let grouped = Arc::clone(&key);
        Self {
            keys: Arc::new(move |records, places, keys| match places {
                None => keys.extend(records.iter().map(|record| key(record))),
                Some(places) => keys.extend(places.iter().map(|&place| key(&records[place as usize]))),
            }),
            groups: groups_by(move |record| group_of(&grouped(record))),
        }
    }

    /// Adds the records' keys, in order.
    pub fn keys(&self, records: &[T], keys: &mut Vec<K>) {
        (self.keys)(records, None, keys);
    }

    /// Adds the keys of a batch's records, in order, also of a sparse one's.
    pub fn keys_of(&self, batch: &Batch<T>, keys: &mut Vec<K>) {
        (self.keys)(batch.items(), batch.kept(), keys);
    }

    /// The key of one record, if the closure makes one (it always does).
    #[must_use]
    pub fn key(&self, record: &T) -> Option<K> {
        let mut keys = Vec::with_capacity(1);
        self.keys(std::slice::from_ref(record), &mut keys);
        keys.pop()
    }

    /// What an exchange needs: the key groups of records.
    pub(crate) fn groups(&self) -> Groups<T> {
        Arc::clone(&self.groups)
    }
}

/// What an exchange needs, from a function that finds one record's group.
pub(crate) fn groups_by<T>(group: impl Fn(&T) -> u16 + Send + Sync + 'static) -> Groups<T> {
    Arc::new(move |records, places, groups| match places {
        None => groups.extend(records.iter().map(&group)),
        Some(places) => groups.extend(places.iter().map(|&place| group(&records[place as usize]))),
    })
}

impl<K, T> Clone for KeyFn<K, T> {
    fn clone(&self) -> Self {
        Self { keys: Arc::clone(&self.keys), groups: Arc::clone(&self.groups) }
    }
}

impl<K, T> fmt::Debug for KeyFn<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyFn")
    }
}
