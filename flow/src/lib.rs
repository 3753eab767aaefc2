//! `flow`: one definition, two engines, the same answer.

pub mod connector;
pub mod element;
pub mod error;
pub mod ir;
pub mod operator;
pub mod state;
pub mod time;

pub use error::{Error, ErrorKind, Origin, Result};
pub use time::Timestamp;
