//! How a field of a Rust type is written: plainly, or as an attribute says.

use std::marker::PhantomData;

use rust_decimal::Decimal;
use serde::de::{self, Expected, MapAccess, SeqAccess};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::field::Field;
use super::names::Missing;
use super::row::{Fields, RowError};
use super::strict;
use crate::ir::decimal::fit;
use crate::ir::types::{self, DataType, Type};
use crate::ir::value::Value;
use crate::time::Timestamp;

/// How a field of type `T` is written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not encode a field of type `{T}`",
    label = "the attribute does not fit this type",
    note = "`epoch_millis` is for Timestamp, `precision` and `scale` for Decimal; both also within Option and Vec"
)]
pub trait Encoding<T>: 'static {
    /// The type in the IR.
    fn ty() -> Type;

    /// The value as data.
    fn to_value(value: &T) -> Value;

    /// The value that data stands for.
    ///
    /// # Errors
    ///
    /// When the data is of another type.
    fn from_value(value: Value) -> Result<T, RowError>;

    /// Writes the value as the language page says.
    ///
    /// # Errors
    ///
    /// As the serializer, and when the value does not fit the declared type.
    fn encode<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads the value strictly.
    ///
    /// # Errors
    ///
    /// As the deserializer, and when the value is not of exactly this type.
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error>;

    /// A field of that name.
    fn field(name: &str) -> types::Field {
        let Type { data_type, nullable } = Self::ty();
        types::Field::new(name, data_type, nullable)
    }

    // What the derive calls. All of it is here, and not in functions with bounds of their own, so that rustc says of a type
    // that is not permitted the same thing wherever it stands, and says it once.

    #[doc(hidden)]
    fn take(fields: &mut Fields, name: &str) -> Result<T, RowError>
    where
        Self: Sized,
    {
        fields.next::<T, Self>(name)
    }

    #[doc(hidden)]
    fn write<S: SerializeStruct>(out: &mut S, name: &'static str, value: &T) -> Result<(), S::Error>
    where
        Self: Sized,
    {
        out.serialize_field(name, &Ref::<T, Self>::new(value))
    }

    #[doc(hidden)]
    fn read<'de, A: MapAccess<'de>>(map: &mut A, name: &'static str, slot: &mut Option<T>) -> Result<(), A::Error>
    where
        Self: Sized,
    {
        if slot.is_some() {
            return Err(de::Error::duplicate_field(name));
        }
        *slot = Some(map.next_value::<Strict<T, Self>>()?.into_inner());
        Ok(())
    }

    #[doc(hidden)]
    fn given<E: de::Error>(slot: Option<T>, name: &'static str) -> Result<T, E> {
        slot.map_or_else(|| Self::decode(Missing::new(name)), Ok)
    }

    #[doc(hidden)]
    fn element<'de, A: SeqAccess<'de>>(seq: &mut A, at: usize, expected: &dyn Expected) -> Result<T, A::Error>
    where
        Self: Sized,
    {
        let value = seq.next_element::<Strict<T, Self>>()?;
        value.map(Strict::into_inner).ok_or_else(|| de::Error::invalid_length(at, expected))
    }
}

/// The type's own encoding: a field without an attribute.
pub struct Plain;

/// A time as an integer of milliseconds: `#[record(epoch_millis)]`.
pub struct EpochMillis;

/// A decimal of a declared width: `#[record(precision = 18, scale = 2)]`.
pub struct Digits<const PRECISION: u8, const SCALE: u8>;

/// `Option` and `Vec` of what an encoding takes are written by the same encoding: said for each, as one blanket
/// implementation would overlap with that of `Plain`.
macro_rules! within {
    ([$($generics:tt)*] $encoding:ty) => {
        impl<$($generics)*> Encoding<Option<T>> for $encoding
        where
            T: Send + 'static,
            $encoding: Encoding<T>,
        {
            fn ty() -> Type {
                Type::nullable(<Self as Encoding<T>>::ty().data_type)
            }
            fn to_value(value: &Option<T>) -> Value {
                value.as_ref().map_or(Value::Null, <Self as Encoding<T>>::to_value)
            }
            fn from_value(value: Value) -> Result<Option<T>, RowError> {
                if value.is_null() { Ok(None) } else { <Self as Encoding<T>>::from_value(value).map(Some) }
            }
            fn encode<S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
                strict::write_option::<T, Self, S>(value, serializer)
            }
            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
                strict::read_option::<T, Self, D>(deserializer)
            }
        }

        impl<$($generics)*> Encoding<Vec<T>> for $encoding
        where
            T: Send + 'static,
            $encoding: Encoding<T>,
        {
            fn ty() -> Type {
                Type::required(DataType::Array(Box::new(<Self as Encoding<T>>::ty())))
            }
            fn to_value(value: &Vec<T>) -> Value {
                Value::Array(value.iter().map(<Self as Encoding<T>>::to_value).collect())
            }
            fn from_value(value: Value) -> Result<Vec<T>, RowError> {
                match value {
                    Value::Array(items) => items.into_iter().map(<Self as Encoding<T>>::from_value).collect(),
                    other => Err(RowError::kind("Vec", &other)),
                }
            }
            fn encode<S: Serializer>(value: &Vec<T>, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(value.iter().map(Ref::<T, Self>::new))
            }
            fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
                let items = Vec::<Strict<T, Self>>::deserialize(deserializer)?;
                Ok(items.into_iter().map(Strict::into_inner).collect())
            }
        }
    };
}

within!([T] EpochMillis);
within!([T, const N: u8, const M: u8] Digits<N, M>);

impl<T: Field> Encoding<T> for Plain {
    fn ty() -> Type {
        T::ty()
    }
    fn to_value(value: &T) -> Value {
        value.to_value()
    }
    fn from_value(value: Value) -> Result<T, RowError> {
        T::from_value(value)
    }
    fn encode<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.encode(serializer)
    }
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::decode(deserializer)
    }
}

impl<T: Field> Field for Option<T> {
    fn ty() -> Type {
        Type::nullable(T::ty().data_type)
    }
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
    fn from_value(value: Value) -> Result<Self, RowError> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        strict::write_option::<T, Plain, S>(self, serializer)
    }
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        strict::read_option::<T, Plain, D>(deserializer)
    }
}

impl<T: Field> Field for Vec<T> {
    fn ty() -> Type {
        Type::required(DataType::Array(Box::new(T::ty())))
    }
    fn to_value(&self) -> Value {
        Value::Array(self.iter().map(T::to_value).collect())
    }
    fn from_value(value: Value) -> Result<Self, RowError> {
        match value {
            Value::Array(items) => items.into_iter().map(T::from_value).collect(),
            other => Err(RowError::kind("Vec", &other)),
        }
    }
    fn encode<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Ref::<T, Plain>::new))
    }
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Vec::<Strict<T, Plain>>::deserialize(deserializer)?;
        Ok(items.into_iter().map(Strict::into_inner).collect())
    }
}

impl Encoding<Timestamp> for EpochMillis {
    fn ty() -> Type {
        Type::required(DataType::EpochMillis)
    }
    fn to_value(value: &Timestamp) -> Value {
        Value::Timestamp(*value)
    }
    fn from_value(value: Value) -> Result<Timestamp, RowError> {
        Timestamp::from_value(value)
    }
    fn encode<S: Serializer>(value: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        value.millis().serialize(serializer)
    }
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        i64::deserialize(deserializer).map(Timestamp::from_millis)
    }
}

impl<const P: u8, const S: u8> Encoding<Decimal> for Digits<P, S> {
    fn ty() -> Type {
        const { assert!(P >= 1 && P <= 28 && S <= P, "a decimal has 1 to 28 digits, and a scale within them") }
        Type::required(DataType::Decimal { precision: P, scale: S })
    }
    fn to_value(value: &Decimal) -> Value {
        Value::Decimal(*value)
    }
    fn from_value(value: Value) -> Result<Decimal, RowError> {
        match value {
            Value::Decimal(value) => fit(value, P, S)
                .ok_or_else(|| RowError::new(format_args!("DECIMAL({P}, {S})"), format_args!("{value}"))),
            other => Err(RowError::kind("Decimal", &other)),
        }
    }
    fn encode<Z: Serializer>(value: &Decimal, serializer: Z) -> Result<Z::Ok, Z::Error> {
        strict::write_decimal(*value, P, S, serializer)
    }
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        strict::read_decimal(P, S, deserializer)
    }
}

/// A field that is read by its encoding, for the derive: as a field type, so that serde knows that a missing `Option`
/// is `None`.
pub struct Strict<T, E>(T, PhantomData<fn() -> E>);

impl<T, E> Strict<T, E> {
    /// The field.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<'de, T, E: Encoding<T>> Deserialize<'de> for Strict<T, E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        E::decode(deserializer).map(|value| Self(value, PhantomData))
    }
}

/// A field that is written by its encoding, for the derive.
pub struct Ref<'a, T, E>(&'a T, PhantomData<fn() -> E>);

impl<'a, T, E: Encoding<T>> Ref<'a, T, E> {
    /// The field to write.
    pub fn new(value: &'a T) -> Self {
        Self(value, PhantomData)
    }
}

impl<T, E: Encoding<T>> Serialize for Ref<'_, T, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        E::encode(self.0, serializer)
    }
}
