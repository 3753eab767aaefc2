//! `flow`: one definition, two engines, the same answer.

pub mod error;
pub mod ir;
pub mod time;

pub use error::{Error, ErrorKind, Origin, Result};
pub use time::Timestamp;
