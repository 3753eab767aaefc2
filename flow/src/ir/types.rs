//! The types of the IR: what a field of a record can be on both engines.

use std::fmt;

use serde::de::{self, Deserializer};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

/// The type of a value, without saying whether it may be absent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// `bool`, BOOLEAN.
    Bool,
    /// `i8`, TINYINT.
    I8,
    /// `i16`, SMALLINT.
    I16,
    /// `i32`, INT.
    I32,
    /// `i64`, BIGINT.
    I64,
    /// `f32`, FLOAT.
    F32,
    /// `f64`, DOUBLE.
    F64,
    /// `String`, STRING.
    String,
    /// `bytes::Bytes`, BYTES.
    Bytes,
    /// `flow::Timestamp`, `TIMESTAMP_LTZ(3)`.
    Timestamp,
    /// A `flow::Timestamp` that formats write as an integer of milliseconds; in an expression it is a [`Self::Timestamp`].
    EpochMillis,
    /// `rust_decimal::Decimal` with at most `precision` digits, `scale` of them after the point.
    Decimal {
        /// Digits in all, 1 to 28.
        precision: u8,
        /// Digits after the point, at most `precision`.
        scale: u8,
    },
    /// A nested record.
    Row(Schema),
    /// `Vec<T>`.
    Array(Box<Type>),
}

/// A type, and whether its value may be absent (`Option` in Rust, NULL in SQL).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// What the value is when it is there.
    pub data_type: DataType,
    /// Whether it may be absent.
    pub nullable: bool,
}

/// A field of a [`Schema`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The field's name in the record's formats.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// Whether it may be absent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nullable: bool,
    #[serde(skip)]
    rust: RustName,
}

/// What the field is called in Rust, when that is another name: closures call it so. It is no part of what the field is,
/// so it counts in no comparison.
#[derive(Clone, Debug, Default)]
struct RustName(Option<String>);

impl PartialEq for RustName {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for RustName {}

impl std::hash::Hash for RustName {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

/// The fields of a record, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schema {
    /// The fields, in order; names are unique.
    pub fields: Vec<Field>,
}

impl Type {
    /// A type whose value is always there.
    pub fn required(data_type: DataType) -> Self {
        Self { data_type, nullable: false }
    }

    /// A type whose value may be absent.
    pub fn nullable(data_type: DataType) -> Self {
        Self { data_type, nullable: true }
    }
}

impl Field {
    /// A field of a given type.
    pub fn new(name: impl Into<String>, data_type: DataType, nullable: bool) -> Self {
        Self { name: name.into(), data_type, nullable, rust: RustName::default() }
    }

    /// The same field, which is called otherwise in Rust: `#[record(rename = "…")]`.
    #[must_use]
    pub fn called(mut self, rust: impl Into<String>) -> Self {
        self.rust = RustName(Some(rust.into()));
        self
    }

    /// What the field is called in Rust.
    pub fn rust_name(&self) -> &str {
        self.rust.0.as_deref().unwrap_or(&self.name)
    }

    /// The field's type as an expression sees it: an epoch-millis field is a timestamp.
    pub fn ty(&self) -> Type {
        Type { data_type: self.data_type.logical(), nullable: self.nullable }
    }
}

impl Schema {
    /// A schema of these fields.
    pub fn new(fields: Vec<Field>) -> Self {
        Self { fields }
    }

    /// Where the field of that name stands.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Where the field stands that an expression calls so: by its Rust name, or else by its own.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.rust_name() == name).or_else(|| self.index_of(name))
    }

    /// The names of the fields, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }

    /// The same schema as expressions see it: epoch-millis fields are timestamps, on every level.
    pub fn logical(&self) -> Self {
        let logical = |f: &Field| Field { data_type: f.data_type.logical(), ..f.clone() };
        Self { fields: self.fields.iter().map(logical).collect() }
    }

    /// Whether the record is a tuple: its fields are `f0`, `f1`, … .
    pub fn is_tuple(&self) -> bool {
        !self.fields.is_empty() && self.names().enumerate().all(|(i, name)| name == tuple_field(i))
    }
}

/// The name of the n-th part of a tuple.
pub fn tuple_field(index: usize) -> String {
    format!("f{index}")
}

impl DataType {
    /// The type as an expression sees it: [`Self::EpochMillis`] is a timestamp, on every level.
    pub fn logical(&self) -> Self {
        match self {
            Self::EpochMillis => Self::Timestamp,
            Self::Row(schema) => Self::Row(schema.logical()),
            Self::Array(item) => {
                Self::Array(Box::new(Type { data_type: item.data_type.logical(), nullable: item.nullable }))
            }
            other => other.clone(),
        }
    }

    /// Whether it is one of `i8` to `i64`.
    pub fn is_integer(&self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I32 | Self::I64)
    }

    /// Whether it is `f32` or `f64`.
    pub fn is_float(&self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Whether its values can be told apart and grouped by (`Eq + Hash` in Rust): everything but floats and what holds them.
    pub fn is_key(&self) -> bool {
        match self {
            Self::F32 | Self::F64 => false,
            Self::Row(schema) => schema.fields.iter().all(|f| f.data_type.is_key()),
            Self::Array(item) => item.data_type.is_key(),
            _ => true,
        }
    }

    /// The type's name in Rust, for messages to people who write Rust.
    pub fn rust_name(&self) -> String {
        match self {
            Self::Bool => "bool".into(),
            Self::I8 => "i8".into(),
            Self::I16 => "i16".into(),
            Self::I32 => "i32".into(),
            Self::I64 => "i64".into(),
            Self::F32 => "f32".into(),
            Self::F64 => "f64".into(),
            Self::String => "String".into(),
            Self::Bytes => "Bytes".into(),
            Self::Timestamp | Self::EpochMillis => "Timestamp".into(),
            Self::Decimal { .. } => "Decimal".into(),
            Self::Row(schema) => format!("a record of {} fields", schema.fields.len()),
            Self::Array(item) => format!("Vec<{item:#}>"),
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "BOOLEAN" => Self::Bool,
            "TINYINT" => Self::I8,
            "SMALLINT" => Self::I16,
            "INT" => Self::I32,
            "BIGINT" => Self::I64,
            "FLOAT" => Self::F32,
            "DOUBLE" => Self::F64,
            "STRING" => Self::String,
            "BYTES" => Self::Bytes,
            "TIMESTAMP_LTZ(3)" => Self::Timestamp,
            "EPOCH_MILLIS" => Self::EpochMillis,
            other => {
                let (precision, scale) = other.strip_prefix("DECIMAL(")?.strip_suffix(')')?.split_once(", ")?;
                let (precision, scale) = (precision.parse().ok()?, scale.parse().ok()?);
                let valid = (1..=28).contains(&precision) && scale <= precision;
                return valid.then_some(Self::Decimal { precision, scale });
            }
        })
    }
}

/// The SQL name; nested types as `ROW<…>` and `ARRAY<…>`.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("BOOLEAN"),
            Self::I8 => f.write_str("TINYINT"),
            Self::I16 => f.write_str("SMALLINT"),
            Self::I32 => f.write_str("INT"),
            Self::I64 => f.write_str("BIGINT"),
            Self::F32 => f.write_str("FLOAT"),
            Self::F64 => f.write_str("DOUBLE"),
            Self::String => f.write_str("STRING"),
            Self::Bytes => f.write_str("BYTES"),
            Self::Timestamp => f.write_str("TIMESTAMP_LTZ(3)"),
            Self::EpochMillis => f.write_str("EPOCH_MILLIS"),
            Self::Decimal { precision, scale } => write!(f, "DECIMAL({precision}, {scale})"),
            Self::Array(item) => write!(f, "ARRAY<{item}>"),
            Self::Row(schema) => {
                f.write_str("ROW<")?;
                for (i, field) in schema.fields.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    let null = if field.nullable { "" } else { " NOT NULL" };
                    write!(f, "{comma}{} {}{null}", field.name, field.data_type)?;
                }
                f.write_str(">")
            }
        }
    }
}

/// The SQL name with NOT NULL; `{:#}` is the Rust name.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (f.alternate(), self.nullable) {
            (true, true) => write!(f, "Option<{}>", self.data_type.rust_name()),
            (true, false) => f.write_str(&self.data_type.rust_name()),
            (false, true) => write!(f, "{}", self.data_type),
            (false, false) => write!(f, "{} NOT NULL", self.data_type),
        }
    }
}

/// In JSON a simple type is its SQL name, a nested one an object: `{"row": [fields]}`, `{"array": {"type": …}}`.
impl Serialize for DataType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Row(schema) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("row", schema)?;
                map.end()
            }
            Self::Array(item) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("array", &ArrayItem::from(&**item))?;
                map.end()
            }
            simple => serializer.collect_str(simple),
        }
    }
}

impl<'de> Deserialize<'de> for DataType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TypeVisitor)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArrayItem {
    #[serde(rename = "type")]
    data_type: DataType,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    nullable: bool,
}

impl From<&Type> for ArrayItem {
    fn from(item: &Type) -> Self {
        Self { data_type: item.data_type.clone(), nullable: item.nullable }
    }
}

struct TypeVisitor;

impl<'de> de::Visitor<'de> for TypeVisitor {
    type Value = DataType;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type such as \"BIGINT\", {\"row\": [fields]} or {\"array\": {\"type\": \"BIGINT\"}}")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<DataType, E> {
        DataType::from_name(name).ok_or_else(|| E::invalid_value(de::Unexpected::Str(name), &self))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<DataType, A::Error> {
        let key: String = map.next_key()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
        let data_type = match key.as_str() {
            "row" => DataType::Row(map.next_value()?),
            "array" => {
                let item: ArrayItem = map.next_value()?;
                DataType::Array(Box::new(Type { data_type: item.data_type, nullable: item.nullable }))
            }
            other => return Err(de::Error::unknown_field(other, &["row", "array"])),
        };
        match map.next_key::<String>()? {
            None => Ok(data_type),
            Some(more) => Err(de::Error::unknown_field(&more, &[])),
        }
    }
}
