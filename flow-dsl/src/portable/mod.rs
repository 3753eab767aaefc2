//! The portable subset: a closure becomes the closure that runs here and the expression that runs elsewhere.
//!
//! * [`closure`]: the entry: parameters, captured variables, what comes out.
//! * [`scope`]: what the names in a closure stand for.
//! * [`walk`]: expressions; [`control`]: `if`, `match`, literals of structs and tuples; [`methods`]: the table of what may be
//!   called.
//! * [`tree`]: the expression as data, and as the tokens that build it.

pub mod closure;
pub mod control;
pub mod methods;
pub mod scope;
pub mod tree;
pub mod walk;
