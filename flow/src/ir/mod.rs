//! The description of a pipeline as data: no closure, no tokio.
//!
//! * [`types`] and [`value`]: what a record's fields can be, and what they hold;
//! * [`expr`]: the expression tree that the macro writes beside each closure;
//! * [`resolve`](mod@resolve): gives every node its type, by Rust's rules; [`typed`]: the tree that comes out;
//! * [`eval`](mod@eval): what a typed tree gives for a row;
//! * [`sql_print`], [`sql_parse`]: typed trees as SQL text, and back;
//! * [`pattern`]: regular expressions that both engines read alike.

pub mod aggregation;
mod anchor;
mod build;
mod cast;
mod construct;
mod desugar;
pub mod eval;
pub mod expr;
mod functions;
mod literals;
pub mod pattern;
pub mod resolve;
#[cfg(feature = "from-ir")]
pub mod sql_parse;
pub mod sql_print;
pub mod typed;
pub mod types;
pub mod value;
pub mod window;

#[cfg(test)]
mod tests;
