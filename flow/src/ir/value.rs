//! Values: what a field of a record holds when the record has no Rust type.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use bytes::Bytes;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A value of any type of the IR.
///
/// Equality, order and hash are total, so that a value can be a key: floats are told apart by their bits (`-0.0` is not
/// `0.0`, a NaN equals itself), as GROUP BY does. The comparison operators of expressions are another thing: they follow
/// IEEE and NULL logic, and live in [`eval`](super::eval).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Value {
    /// An absent value.
    Null,
    /// A `bool`.
    Bool(bool),
    /// An `i8`.
    I8(i8),
    /// An `i16`.
    I16(i16),
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// An `f32`.
    F32(f32),
    /// An `f64`.
    F64(f64),
    /// A string.
    Str(String),
    /// Bytes.
    Bytes(Bytes),
    /// A time.
    Timestamp(Timestamp),
    /// A decimal number.
    Decimal(#[serde(with = "decimal_bits")] Decimal),
    /// A record: its fields in the schema's order.
    Row(Vec<Value>),
    /// A list.
    Array(Vec<Value>),
}

impl Value {
    /// Whether the value is absent.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// What kind of value it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Bool(_) => "bool",
            Self::I8(_) => "i8",
            Self::I16(_) => "i16",
            Self::I32(_) => "i32",
            Self::I64(_) => "i64",
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
            Self::Str(_) => "String",
            Self::Bytes(_) => "Bytes",
            Self::Timestamp(_) => "Timestamp",
            Self::Decimal(_) => "Decimal",
            Self::Row(_) => "record",
            Self::Array(_) => "Vec",
        }
    }

    /// The kinds' order, for values of different kinds; NULL comes first.
    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::I8(_) => 2,
            Self::I16(_) => 3,
            Self::I32(_) => 4,
            Self::I64(_) => 5,
            Self::F32(_) => 6,
            Self::F64(_) => 7,
            Self::Str(_) => 8,
            Self::Bytes(_) => 9,
            Self::Timestamp(_) => 10,
            Self::Decimal(_) => 11,
            Self::Row(_) => 12,
            Self::Array(_) => 13,
        }
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::I8(a), Self::I8(b)) => a.cmp(b),
            (Self::I16(a), Self::I16(b)) => a.cmp(b),
            (Self::I32(a), Self::I32(b)) => a.cmp(b),
            (Self::I64(a), Self::I64(b)) => a.cmp(b),
            (Self::F32(a), Self::F32(b)) => a.total_cmp(b),
            (Self::F64(a), Self::F64(b)) => a.total_cmp(b),
            (Self::Str(a), Self::Str(b)) => a.cmp(b),
            (Self::Bytes(a), Self::Bytes(b)) => a.cmp(b),
            (Self::Timestamp(a), Self::Timestamp(b)) => a.cmp(b),
            (Self::Decimal(a), Self::Decimal(b)) => a.cmp(b),
            (Self::Row(a), Self::Row(b)) | (Self::Array(a), Self::Array(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(self.rank());
        match self {
            Self::Null => {}
            Self::Bool(v) => v.hash(state),
            Self::I8(v) => v.hash(state),
            Self::I16(v) => v.hash(state),
            Self::I32(v) => v.hash(state),
            Self::I64(v) => v.hash(state),
            Self::F32(v) => v.to_bits().hash(state),
            Self::F64(v) => v.to_bits().hash(state),
            Self::Str(v) => v.hash(state),
            Self::Bytes(v) => v.hash(state),
            Self::Timestamp(v) => v.hash(state),
            Self::Decimal(v) => v.hash(state),
            Self::Row(v) | Self::Array(v) => v.hash(state),
        }
    }
}

/// Sixteen bytes: the crate's own form needs a self-describing format, and snapshots are not one.
pub(crate) mod decimal_bits {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        Ok(Decimal::deserialize(<[u8; 16]>::deserialize(deserializer)?))
    }
}
