//! How a stage finds the keys of its records.

use super::group::group_of;
use super::key::Key;
use crate::element::Batch;
use std::fmt;
use std::sync::Arc;

/// Finds something of each record, or of those at some places.
type Each<T, C> = Arc<dyn Fn(&[T], Option<&[u32]>, &mut Vec<C>) + Send + Sync>;

/// Finds the keys of records, a batch at a time: the user's closure is inlined into the loop, and the call through the
/// pointer is paid once a batch.
pub struct KeyFn<K, T> {
    keys: Each<T, K>,
    groups: Each<T, u16>,
}

impl<K: Key, T: 'static> KeyFn<K, T> {
    /// From a closure that makes a record's key.
    pub fn new(key: impl Fn(&T) -> K + Send + Sync + 'static) -> Self {
        let key = Arc::new(key);
        let grouped = Arc::clone(&key);
        Self { keys: each(move |record| key(record)), groups: each(move |record| group_of(&grouped(record))) }
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
    pub(crate) fn groups(&self) -> Each<T, u16> {
        Arc::clone(&self.groups)
    }
}

/// From a function that finds it of one record.
pub(crate) fn each<T, C>(of: impl Fn(&T) -> C + Send + Sync + 'static) -> Each<T, C> {
    Arc::new(move |records, places, found| match places {
        None => found.extend(records.iter().map(&of)),
        Some(places) => found.extend(places.iter().map(|&place| of(&records[place as usize]))),
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
