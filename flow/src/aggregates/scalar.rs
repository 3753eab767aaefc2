//! Values that aggregates keep.

use crate::ir::value::decimal_bits;
use crate::state::Data;
use crate::time::Timestamp;
use bytes::Bytes;
use rust_decimal::Decimal;
use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

/// A value that an aggregate can take: never an `Option`, which is a value that may be absent.
///
/// It is implemented for the numbers, strings, times and so on, for lists and for tuples. A type of yours that is known to
/// serde needs one line:
///
/// ```
/// #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// enum Status { Open, Paid }
/// impl flow::aggregates::Scalar for Status {}
///
/// use flow::{Timestamp, aggregates::{AggregateSpec, Of}};
/// let last = Of::<(Status, u8)>::new().last(|order| order.0.clone());
/// assert_eq!(last.of_all(&[((Status::Open, 1), Timestamp::MIN), ((Status::Paid, 1), Timestamp::MAX)]), Some(Status::Paid));
/// ```
#[diagnostic::on_unimplemented(
    message = "an aggregate cannot take a `{Self}`",
    note = "for a type of your own that is known to serde, write `impl flow::aggregates::Scalar for {Self} {{}}`"
)]
pub trait Scalar: Data + Clone {
    /// Writes the value to a snapshot.
    ///
    /// # Errors
    /// As the serializer.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    /// Reads the value from a snapshot.
    ///
    /// # Errors
    /// As the deserializer.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// A value as it is kept in state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stored<V>(pub V);

impl<V: Scalar> Serialize for Stored<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

impl<'de, V: Scalar> Deserialize<'de> for Stored<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        V::read(deserializer).map(Self)
    }
}

macro_rules! scalars {
    ($($t:ty)*) => { $(impl Scalar for $t {})* };
}

scalars!(bool char i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 String Bytes Timestamp);

impl<V: Scalar> Scalar for Vec<V> {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Borrowed))
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored: Vec<Stored<V>> = Vec::deserialize(deserializer)?;
        Ok(stored.into_iter().map(|stored| stored.0).collect())
    }
}

/// The crate's own form of a decimal needs a format that says what it holds, and a snapshot does not.
impl Scalar for Decimal {
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        decimal_bits::serialize(self, serializer)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decimal_bits::deserialize(deserializer)
    }
}

struct Borrowed<'a, V>(&'a V);

impl<V: Scalar> Serialize for Borrowed<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

macro_rules! tuples {
    ($($name:ident $at:tt),*) => {
        impl<$($name: Scalar),*> Scalar for ($($name,)*) {
            fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                ($(Borrowed(&self.$at),)*).serialize(serializer)
            }

            fn read<'de, De: Deserializer<'de>>(deserializer: De) -> Result<Self, De::Error> {
                let stored: ($(Stored<$name>,)*) = Deserialize::deserialize(deserializer)?;
                Ok(($(stored.$at.0,)*))
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
