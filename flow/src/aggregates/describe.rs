//! What an aggregate says of itself to the IR.

use crate::expr::PortableExpr;

/// Which aggregate it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AggregateKind {
    /// How many records.
    Count,
    /// How many different values.
    CountDistinct,
    /// The sum.
    Sum,
    /// The mean.
    Avg,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The first by event time.
    First,
    /// The last by event time.
    Last,
    /// The user's own: it has no form in the IR.
    Custom,
}

/// One aggregate with the expressions of its closures.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// Which it is.
    pub kind: AggregateKind,
    /// What it takes of a record; nothing for a count of records.
    pub operand: Option<PortableExpr>,
    /// Which records it takes; all, if there is no filter.
    pub filter: Option<PortableExpr>,
}

impl Described {
    /// An aggregate without a filter.
    pub(super) fn new(kind: AggregateKind, operand: Option<PortableExpr>) -> Self {
        Self { kind, operand, filter: None }
    }

    /// Adds a filter. A second one narrows the first, which the IR has no form for.
    pub(super) fn narrowed(self, filter: PortableExpr) -> Self {
        let filter = match self.filter {
            None => filter,
            Some(_) => PortableExpr::opaque("it has two filters: join their conditions with `&&`"),
        };
        Self { filter: Some(filter), ..self }
    }
}

/// The expression of a plain closure.
pub(super) fn opaque() -> PortableExpr {
    PortableExpr::opaque(
        "its closure is plain Rust: `expr!`, or `pipeline!` with what is portable, carries its expression",
    )
}
