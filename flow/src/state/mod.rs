//! Keys, key groups, and the bytes that state is written to.

mod group;
mod hasher;
mod key;
mod key_fn;
mod operator_state;
mod snapshot;

pub(crate) use group::groups_of;
pub use group::{KEY_GROUPS, KeyGroups, group_of, task_of};
pub use key::{Data, Key};
pub use key_fn::KeyFn;
pub use operator_state::{OperatorState, StateReader, StateWriter};
pub use snapshot::Snapshot;
