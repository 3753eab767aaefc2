//! What an upsert stream is made of.

use serde::{Deserialize, Serialize};

/// A correction: the row of a key, from now on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Upsert<K, V> {
    /// The key's row is this one.
    Put {
        /// The key.
        key: K,
        /// Its row.
        value: V,
    },
    /// The key has no row any more.
    Delete {
        /// The key.
        key: K,
    },
}

impl<K, V> Upsert<K, V> {
    /// The key that is corrected.
    pub fn key(&self) -> &K {
        match self {
            Self::Put { key, .. } | Self::Delete { key } => key,
        }
    }

    /// The row that the key has from now on.
    pub fn value(&self) -> Option<&V> {
        match self {
            Self::Put { value, .. } => Some(value),
            Self::Delete { .. } => None,
        }
    }
}
