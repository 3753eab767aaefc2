//! Flink SQL as a tree: what the lowering makes, and what one place writes as text.

mod expr;
mod print;
mod query;

pub(crate) use expr::{Expr, Op};
pub(crate) use query::{
    Column, From, Insert, Item, Join, Projection, Query, Select, Statement, Table, Unnest, Watermark, Window,
};
