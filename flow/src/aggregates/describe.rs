//! What an aggregate says of itself to the IR.

use crate::expr::PortableExpr;
use crate::ir::aggregation::AggregateFunction;

/// One aggregate with the expressions of its closures.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// Which it is, or why the IR has no form for it.
    pub function: Result<AggregateFunction, String>,
    /// What it takes of a record; nothing for a count of records.
    pub operand: Option<PortableExpr>,
    /// Which records it takes; all, if there is no filter.
    pub filter: Option<PortableExpr>,
}

impl Described {
    /// An aggregate without a filter.
    pub(super) fn new(function: AggregateFunction, operand: Option<PortableExpr>) -> Self {
        Self { function: Ok(function), operand, filter: None }
    }

    /// An aggregate of the user's own.
    pub(super) fn custom() -> Self {
        let why = "an aggregate of your own runs in this process only".to_owned();
        Self { function: Err(why), operand: Some(opaque()), filter: None }
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
