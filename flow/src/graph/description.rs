//! What a node says of itself to the IR, beside the operator that it gives the runtime.

use crate::connector::Endpoint;
use crate::expr::PortableExpr;
use crate::ir::aggregation::AggregateFunction;
use crate::ir::window::{JoinBounds, JoinKind, WindowSpec};
use std::time::Duration;

/// What a node means, as far as the IR can hold it, or why it cannot.
#[derive(Clone, Debug)]
pub(crate) enum Description {
    /// It runs in this process only.
    Opaque { why: String },
    /// Where records come from.
    Source(Endpoint),
    /// Where records go to.
    Sink(Endpoint),
    /// Several streams as one.
    Union,
    /// Keeps the records for which the condition holds.
    Filter(PortableExpr),
    /// Makes each record into another. The node's schema is the new record's.
    Map(PortableExpr),
    /// Makes each record into another one, or none (the expression is NULL then).
    FilterMap(PortableExpr),
    /// Makes the records of a list out of each. The node's schema is theirs.
    FlatMap(PortableExpr),
    /// Gives records their event time, and says how far it has come: `delay` behind the latest (zero for monotonic).
    Watermark { time: PortableExpr, delay: Duration },
    /// Sends each record to the first condition that holds, a side output each; the rest to the main output.
    Route(Vec<(String, PortableExpr)>),
    /// Aggregates by key: in windows, or running (without one).
    Aggregate(Aggregate),
    /// The `count` records of each key and window that have the greatest `by`.
    Top { key: PortableExpr, window: WindowSpec, count: usize, by: PortableExpr },
    /// Pairs the records of two inputs, the left one first.
    Join { left_key: PortableExpr, right_key: PortableExpr, kind: JoinKind, bounds: JoinBounds },
}

/// An aggregate of several aggregations over one key.
#[derive(Clone, Debug)]
pub(crate) struct Aggregate {
    pub(crate) key: PortableExpr,
    /// `None`: a running aggregate, an upsert stream.
    pub(crate) window: Option<WindowSpec>,
    pub(crate) aggregations: Vec<Aggregation>,
    /// What is made of key, window and results, by `Expr::Key`, `WindowStart`, `WindowEnd` and `Aggregate(n)`. The node's
    /// schema is that of the record.
    pub(crate) output: PortableExpr,
}

/// One aggregation, or why it is none that the IR knows.
#[derive(Clone, Debug)]
pub(crate) struct Aggregation {
    pub(crate) function: Result<AggregateFunction, String>,
    /// What is aggregated; `None`: the records themselves, for `count()`.
    pub(crate) operand: Option<PortableExpr>,
    pub(crate) filter: Option<PortableExpr>,
}

impl Description {
    /// It runs in this process only, and why.
    pub(crate) fn opaque(why: impl Into<String>) -> Self {
        Self::Opaque { why: why.into() }
    }

    /// It runs in this process only, for its closure is plain Rust.
    pub(crate) fn closure() -> Self {
        Self::opaque("its closure is plain Rust: `expr!`, or `pipeline!` with what is portable, carries its expression")
    }
}

/// The expression of a stage's closure.
pub(crate) fn closure_expr() -> PortableExpr {
    PortableExpr::opaque(
        "its closure is plain Rust: `expr!`, or `pipeline!` with what is portable, carries its expression",
    )
}
