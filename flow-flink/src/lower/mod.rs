//! A typed program as statements of Flink SQL: each stage is a view.

mod aggregate;
mod condition;
mod csv;
mod early;
mod endpoints;
mod expr;
mod files;
mod first_last;
mod fold;
mod functions;
mod join;
mod kafka;
mod key_text;
mod keyed;
mod literal;
mod program;
mod settings;
mod sink;
mod source;
mod stateless;
mod stream;
mod time;
mod union;

pub(crate) use program::lower;
