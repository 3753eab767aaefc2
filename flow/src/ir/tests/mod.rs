//! Laws over random expressions.

mod expressions;
pub(crate) mod generate;
