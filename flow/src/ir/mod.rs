//! The description of a pipeline as data: no closure, no tokio.
//!
//! * [`types`] and [`value`]: what a record's fields can be, and what they hold;
//! * [`expr`]: the expression tree that the macro writes beside each closure.

pub mod expr;
pub mod types;
pub mod value;
