//! What may be kept in state, and what may be a key.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::hash::Hash;

/// A value that can be kept in state, and so be written to a snapshot: anything `serde` knows, which `#[derive(Record)]`
/// sees to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept in a window, a join or other state",
    note = "state is written to snapshots: derive `Record`, or serde's `Serialize` and `Deserialize`, for it"
)]
pub trait Data: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Data for T {}

/// A value that records can be grouped by.
///
/// Floats are no keys, for they have no equality that both engines share: round them, or use an integer.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key",
    note = "a key is `Clone + Eq + Hash` and known to serde; a float is not: use an integer or a string"
)]
pub trait Key: Data + Clone + Eq + Hash + Sync {}

#[diagnostic::do_not_recommend]
impl<T: Data + Clone + Eq + Hash + Sync> Key for T {}
