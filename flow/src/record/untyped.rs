//! A record without a Rust type.

use serde::{Deserialize, Serialize};

use super::{Record, RowError};
use crate::ir::value::Value;

/// A record without a Rust type: its values, in the order of a schema that stands elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// The row of a record.
    pub fn of<R: Record>(record: &R) -> Self {
        match record.to_row() {
            Value::Row(values) => Self(values),
            other => Self(vec![other]),
        }
    }

    /// The record of the row.
    ///
    /// # Errors
    ///
    /// When the row is not of the record's schema.
    pub fn into_record<R: Record>(self) -> Result<R, RowError> {
        R::from_row(Value::Row(self.0))
    }
}
