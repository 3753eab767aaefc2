//! What a node says of itself to the IR, beside the operator that it gives the runtime.

use crate::connector::Endpoint;
use crate::expr::PortableExpr;

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
