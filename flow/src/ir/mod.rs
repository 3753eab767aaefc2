//! The description of a pipeline as data: no closure, no tokio.
//!
//! * [`types`] and [`value`]: what a record's fields can be, and what they hold;
//! * [`expr`]: the expression tree that the macro writes beside each closure;
//! * [`resolve`](mod@resolve): gives every node its type, by Rust's rules; [`typed`]: the tree that comes out;
//! * [`eval`](mod@eval): what a typed tree gives for a row;
//! * [`sql_print`], [`sql_parse`]: typed trees as SQL text, and back;
//! * [`pattern`]: regular expressions that both engines read alike;
//! * [`document`], [`operation`], [`window`], [`aggregation`]: the document, [`Ir`], which is read strictly;
//! * [`program`]: a document whose expressions have been read and typed.

pub mod aggregation;
mod anchor;
mod cast;
#[cfg(feature = "from-ir")]
mod check;
mod construct;
pub(crate) mod decimal;
mod desugar;
pub mod document;
pub mod eval;
pub mod expr;
mod functions;
mod json;
mod literals;
pub mod operation;
pub mod pattern;
#[cfg(feature = "from-ir")]
pub mod program;
mod read;
mod read_operation;
pub mod refusal;
pub mod resolve;
#[cfg(feature = "from-ir")]
pub mod sql_parse;
pub mod sql_print;
mod structure;
pub mod typed;
pub mod types;
pub mod value;
pub mod window;

pub use document::Ir;
pub(crate) use read::{is_reserved, is_secret};
pub use refusal::{Refusal, Refusals};

#[cfg(test)]
mod tests;
