//! Keys, key groups, and the bytes that state is written to.

mod group;
mod hasher;
mod key;
mod key_fn;
mod list;
mod map;
mod operator_state;
mod reducing;
mod scope;
mod snapshot;
mod table;
mod timers;
mod ttl;
mod value;

pub(crate) use group::groups_of;
pub use group::{KEY_GROUPS, KeyGroups, group_of, task_of};
pub use key::{Data, Key};
pub use key_fn::KeyFn;
pub(crate) use key_fn::each;
pub use list::ListState;
pub use map::MapState;
pub use operator_state::{OperatorState, StateReader, StateWriter};
pub use reducing::ReducingState;
pub use scope::{KeyScope, Scope, StateHandle, States};
pub use snapshot::Snapshot;
pub(crate) use timers::TimerClock;
pub use ttl::Ttl;
pub use value::ValueState;
