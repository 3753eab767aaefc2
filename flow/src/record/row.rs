//! Taking a row apart.

use std::fmt;

use super::encoding::Encoding;
use crate::ir::value::Value;

/// A row that does not fit a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    path: Vec<String>,
    message: String,
}

impl RowError {
    /// An error that says what was expected and what was there.
    pub fn new(expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self { path: Vec::new(), message: format!("expected {expected}, found {found}") }
    }

    /// What was expected, against the kind of a value.
    pub fn kind(expected: impl fmt::Display, found: &Value) -> Self {
        Self::new(expected, found.kind())
    }

    /// Adds the field that the error is in.
    #[must_use]
    pub fn within(mut self, field: impl Into<String>) -> Self {
        self.path.push(field.into());
        self
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            f.write_str("field `")?;
            for (i, part) in self.path.iter().rev().enumerate() {
                write!(f, "{}{part}", if i == 0 { "" } else { "." })?;
            }
            f.write_str("`: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for RowError {}

impl From<RowError> for crate::Error {
    fn from(error: RowError) -> Self {
        Self::new(crate::ErrorKind::BadRecord, error.to_string())
    }
}

/// The fields of a row, taken one after the other.
pub struct Fields(std::vec::IntoIter<Value>);

impl Fields {
    /// The fields of a row that must have `count` of them.
    ///
    /// # Errors
    ///
    /// When the value is no row, or one of another width.
    pub fn new(row: Value, count: usize) -> Result<Self, RowError> {
        match row {
            Value::Row(values) if values.len() == count => Ok(Self(values.into_iter())),
            Value::Row(values) => {
                Err(RowError::new(format_args!("a record of {count} fields"), format_args!("{} fields", values.len())))
            }
            other => Err(RowError::kind("a record", &other)),
        }
    }

    /// The next field, by its encoding.
    ///
    /// # Errors
    ///
    /// When it is of another type.
    pub fn next<T, E: Encoding<T>>(&mut self, name: &str) -> Result<T, RowError> {
        let value = self.0.next().unwrap_or(Value::Null);
        E::from_value(value).map_err(|error| error.within(name))
    }
}
