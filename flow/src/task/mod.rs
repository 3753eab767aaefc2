//! Tasks and the edges between them.
//!
//! A task takes elements from its inputs and pushes them through a chain of operators, whose ends put what comes out on
//! further edges. Here is what a task does; only [`runtime`](crate::runtime) starts any.

mod chain;
mod commit;
mod control;
mod edge;
mod input;
mod merge;
mod sink;
mod source;
mod stream_type;
mod tail;

pub(crate) use chain::Chain;
pub(crate) use commit::{ToCommit, Together};
pub(crate) use control::{Command, Control, Decision, Mode, SplitNames, Task, TaskEvent};
pub(crate) use edge::EdgeStats;
pub(crate) use merge::Merger;
pub(crate) use sink::SinkTask;
pub(crate) use source::{SourceSplit, SourceTask};
pub(crate) use stream_type::{ChainParts, CloneOf, Route, StreamType, TypeOf};
