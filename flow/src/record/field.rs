//! The Rust types that a field of a record can have.

use bytes::Bytes;
use serde::{Deserializer, Serializer};

use super::row::RowError;
use super::{Record, strict};
use crate::ir::types::{DataType, Type};
use crate::ir::value::Value;
use crate::time::Timestamp;

/// A type that a field of a record can have.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` is not portable",
    label = "not one of the types of a record",
    note = "permitted: bool, i8 to i64, f32, f64, String, bytes::Bytes, flow::Timestamp, Option, Vec and nested records",
    note = "unsigned integers: use i64; a Decimal needs `#[record(precision = 18, scale = 2)]`; maps and enums are not portable",
    note = "a field that formats do not carry can have `#[record(skip)]`"
)]
pub trait Field: Sized + Send + 'static {
    /// The type in the IR.
    fn ty() -> Type;

    /// The value as data.
    fn to_value(&self) -> Value;

    /// The value that data stands for.
    ///
    /// # Errors
    ///
    /// When the data is of another type.
    fn from_value(value: Value) -> Result<Self, RowError>;

    /// Writes the value as the language page says.
    ///
    /// # Errors
    ///
    /// As the serializer.
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads the value strictly.
    ///
    /// # Errors
    ///
    /// As the deserializer, and when the value is not of exactly this type.
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

macro_rules! scalars {
    ($($t:ty, $variant:ident, $data_type:ident, $encode:path, $decode:path;)*) => {$(
        impl Field for $t {
            fn ty() -> Type {
                Type::required(DataType::$data_type)
            }
            fn to_value(&self) -> Value {
                Value::$variant(self.clone())
            }
            fn from_value(value: Value) -> Result<Self, RowError> {
                match value {
                    Value::$variant(value) => Ok(value),
                    other => Err(RowError::kind(stringify!($t), &other)),
                }
            }
            fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $encode(self, serializer)
            }
            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $decode(deserializer)
            }
        }
    )*};
}

scalars! {
    bool, Bool, Bool, strict::write_plain, strict::read_plain;
    i8, I8, I8, strict::write_plain, strict::read_plain;
    i16, I16, I16, strict::write_plain, strict::read_plain;
    i32, I32, I32, strict::write_plain, strict::read_plain;
    i64, I64, I64, strict::write_plain, strict::read_plain;
    f32, F32, F32, strict::write_f32, strict::read_f32;
    f64, F64, F64, strict::write_f64, strict::read_f64;
    String, Str, String, strict::write_plain, strict::read_plain;
    Bytes, Bytes, Bytes, strict::write_bytes, strict::read_bytes;
    Timestamp, Timestamp, Timestamp, strict::write_plain, strict::read_plain;
}

#[diagnostic::do_not_recommend]
impl<R: Record> Field for R {
    fn ty() -> Type {
        Type::required(DataType::Row(strict::nesting(R::schema)))
    }
    fn to_value(&self) -> Value {
        self.to_row()
    }
    fn from_value(value: Value) -> Result<Self, RowError> {
        R::from_row(value)
    }
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Record::encode(self, serializer)
    }
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <R as Record>::decode(deserializer)
    }
}
