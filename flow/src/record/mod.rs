//! Records: Rust structs with a schema, for portable pipelines, the IR, and formats that need one.
//!
//! A [`Record`] is a struct (or a tuple of fields, named `f0`, `f1`, …) whose every field is a [`Field`]. Users write
//! `#[derive(Record)]`. Its serde implementations read JSON strictly: nothing is coerced, a missing field is an error
//! unless it is an `Option`, times are UTC with a `Z`, bytes are base64, NaN and the infinities are strings, a decimal is a
//! number of the declared scale. In binary formats (snapshots) they are compact.
//!
//! # What the derive generates
//!
//! Each field has an encoding: [`Plain`] without an attribute, [`EpochMillis`] for `#[record(epoch_millis)]`,
//! [`Digits<18, 2>`](Digits) for `#[record(precision = 18, scale = 2)]`. For
//!
//! ```text
//! #[derive(Record)]
//! struct Order { id: i64, #[record(epoch_millis)] placed_at: Timestamp, #[record(skip)] note: Note }
//! ```
//!
//! it writes implementations that mean what stands in the example of [`Record`], with every path through `::flow::`: `impl
//! Record`, `impl Serialize` and `impl Deserialize`. The latter two call hidden methods of [`Encoding`] for each field and
//! nothing else, so that rustc reports a field of another type once. With `#[record(serde)]` only `impl Record`. A skipped
//! field is in none of them and comes back as `Default::default()`.

mod encoding;
mod field;
mod names;
mod row;
mod strict;
mod tuples;
mod untyped;

#[cfg(test)]
mod tests;

pub use encoding::{Digits, Encoding, EpochMillis, Plain, Ref, Strict};
pub use field::Field;
#[doc(hidden)]
pub use names::FieldIndex;
pub use row::{Fields, RowError};
pub use untyped::Row;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::ir::types::Schema;
use crate::ir::value::Value;

/// A struct with a schema.
///
/// `#[derive(Record)]` writes it. By hand it is:
///
/// ```
/// use flow::Timestamp;
/// use flow::ir::types::{self, Schema};
/// use flow::ir::value::Value;
/// use flow::record::{Encoding, EpochMillis, Fields, Plain, Record, Ref, RowError, Strict};
/// use flow::__private::serde;
///
/// # #[derive(Debug, PartialEq)]
/// struct Order { id: i64, placed_at: Timestamp, note: Option<String> }
///
/// impl Record for Order {
///     fn schema() -> Schema {
///         Schema::new(vec![
///             <Plain as Encoding<i64>>::field("id"),
///             <EpochMillis as Encoding<Timestamp>>::field("placed_at"),
///             <Plain as Encoding<Option<String>>>::field("note"),
///         ])
///     }
///     fn to_row(&self) -> Value {
///         Value::Row(vec![
///             <Plain as Encoding<i64>>::to_value(&self.id),
///             <EpochMillis as Encoding<Timestamp>>::to_value(&self.placed_at),
///             <Plain as Encoding<Option<String>>>::to_value(&self.note),
///         ])
///     }
///     fn from_row(row: Value) -> Result<Self, RowError> {
///         let mut fields = Fields::new(row, 3)?;
///         Ok(Self {
///             id: fields.next::<i64, Plain>("id")?,
///             placed_at: fields.next::<Timestamp, EpochMillis>("placed_at")?,
///             note: fields.next::<Option<String>, Plain>("note")?,
///         })
///     }
/// }
///
/// impl serde::Serialize for Order {
///     fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
///         use serde::ser::SerializeStruct;
///         let mut out = serializer.serialize_struct("Order", 3)?;
///         out.serialize_field("id", &Ref::<i64, Plain>::new(&self.id))?;
///         out.serialize_field("placed_at", &Ref::<Timestamp, EpochMillis>::new(&self.placed_at))?;
///         out.serialize_field("note", &Ref::<Option<String>, Plain>::new(&self.note))?;
///         out.end()
///     }
/// }
///
/// impl<'de> serde::Deserialize<'de> for Order {
///     fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
///         #[derive(serde::Deserialize)]
///         #[serde(crate = "flow::__private::serde", rename = "Order")] // `::flow::…` in the derive
///         struct Shadow {
///             #[serde(rename = "id")]
///             f0: Strict<i64, Plain>,
///             #[serde(rename = "placed_at")]
///             f1: Strict<Timestamp, EpochMillis>,
///             #[serde(rename = "note")]
///             f2: Strict<Option<String>, Plain>,
///         }
///         let Shadow { f0, f1, f2 } = serde::Deserialize::deserialize(deserializer)?;
///         Ok(Self { id: f0.into_inner(), placed_at: f1.into_inner(), note: f2.into_inner() })
///     }
/// }
///
/// let order: Order = serde_json::from_str(r#"{"id": 1, "placed_at": 5}"#)?;
/// assert_eq!(order, Order { id: 1, placed_at: Timestamp::from_millis(5), note: None });
/// assert_eq!(serde_json::to_string(&order)?, r#"{"id":1,"placed_at":5,"note":null}"#);
/// assert_eq!(Order::from_row(order.to_row()), Ok(order));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Record`",
    label = "has no schema",
    note = "write `#[derive(Record)]` on it, with fields of the permitted types; or leave out `portable;`"
)]
pub trait Record: Serialize + DeserializeOwned + Send + 'static {
    /// The fields, in order.
    fn schema() -> Schema;

    /// The record as a [`Value::Row`], in the schema's order.
    fn to_row(&self) -> Value;

    /// The record that a row stands for.
    ///
    /// # Errors
    ///
    /// When the row has another number of fields, or a field is of another type.
    fn from_row(row: Value) -> Result<Self, RowError>;

    /// Writes the record as a nested field of another one.
    ///
    /// # Errors
    ///
    /// As the serializer.
    #[doc(hidden)]
    fn encode<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    /// Reads the record as a nested field of another one.
    ///
    /// # Errors
    ///
    /// As the deserializer.
    #[doc(hidden)]
    fn decode<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}
