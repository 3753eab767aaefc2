//! The definition of a pipeline: the one thing that changes while it is written, and what both engines are given.

mod bodies;
mod chain;
mod check;
mod description;
mod node;
mod plan;
mod settings;

pub(crate) use bodies::{
    HeadBody, HeadParts, Instance, OperatorBody, SinkBody, SinkOf, SourceOf, SourceOptions, Wiring,
};
pub(crate) use chain::{Layout, lay_out};
pub(crate) use check::check;
pub(crate) use description::{Aggregate, Aggregation, Description, closure_expr};
pub(crate) use node::{Body, Graph, Input, Node, NodeId, Parallel, Port};
pub(crate) use plan::plan;
pub(crate) use settings::check_tasks;
