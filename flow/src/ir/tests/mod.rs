//! Laws over random expressions.

mod documents;
mod expressions;
pub(crate) mod generate;
