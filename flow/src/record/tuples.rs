//! Tuples as records: the keys of several fields, the pairs of a join. Their fields are `f0`, `f1`, … .

use std::fmt;

use serde::de::{self, DeserializeOwned, SeqAccess};
use serde::ser::{SerializeStruct, SerializeTuple};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Record;
use super::encoding::{Encoding, Plain, Ref, Strict};
use super::field::Field;
use super::row::{Fields, RowError};
use crate::ir::types::Schema;
use crate::ir::value::Value;

macro_rules! tuples {
    ($($count:literal: $($name:literal $t:ident $part:ident $i:tt),*;)*) => {$(
        impl<$($t: Field + Serialize + DeserializeOwned),*> Record for ($($t,)*) {
            fn schema() -> Schema {
                Schema::new(vec![$(<Plain as Encoding<$t>>::field($name)),*])
            }
            fn to_row(&self) -> Value {
                Value::Row(vec![$(Field::to_value(&self.$i)),*])
            }
            fn from_row(row: Value) -> Result<Self, RowError> {
                let mut fields = Fields::new(row, $count)?;
                Ok(($(fields.next::<$t, Plain>($name)?,)*))
            }
            fn encode<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                if !serializer.is_human_readable() {
                    let mut out = serializer.serialize_tuple($count)?;
                    $(out.serialize_element(&Ref::<$t, Plain>::new(&self.$i))?;)*
                    return out.end();
                }
                let mut out = serializer.serialize_struct("Tuple", $count)?;
                $(out.serialize_field($name, &Ref::<$t, Plain>::new(&self.$i))?;)*
                out.end()
            }
            fn decode<'de, Z: Deserializer<'de>>(deserializer: Z) -> Result<Self, Z::Error> {
                #[derive(Deserialize)]
                #[serde(bound = "")]
                struct Shadow<$($t: Field),*> {
                    $(#[serde(rename = $name)] $part: Strict<$t, Plain>,)*
                }
                if !deserializer.is_human_readable() {
                    return deserializer.deserialize_tuple($count, Parts::<Self>(std::marker::PhantomData));
                }
                let Shadow { $($part),* } = Shadow::<$($t),*>::deserialize(deserializer)?;
                Ok(($($part.into_inner(),)*))
            }
        }

        impl<'de, $($t: Field),*> de::Visitor<'de> for Parts<($($t,)*)> {
            type Value = ($($t,)*);
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a tuple of {}", $count)
            }
            fn visit_seq<Z: SeqAccess<'de>>(self, mut seq: Z) -> Result<Self::Value, Z::Error> {
                Ok(($({
                    let part: Option<Strict<$t, Plain>> = seq.next_element()?;
                    part.ok_or_else(|| de::Error::invalid_length($i, &self))?.into_inner()
                },)*))
            }
        }
    )*};
}

struct Parts<T>(std::marker::PhantomData<T>);

tuples! {
    2: "f0" A a 0, "f1" B b 1;
    3: "f0" A a 0, "f1" B b 1, "f2" C c 2;
    4: "f0" A a 0, "f1" B b 1, "f2" C c 2, "f3" D d 3;
    5: "f0" A a 0, "f1" B b 1, "f2" C c 2, "f3" D d 3, "f4" E e 4;
    6: "f0" A a 0, "f1" B b 1, "f2" C c 2, "f3" D d 3, "f4" E e 4, "f5" F f 5;
    7: "f0" A a 0, "f1" B b 1, "f2" C c 2, "f3" D d 3, "f4" E e 4, "f5" F f 5, "f6" G g 6;
    8: "f0" A a 0, "f1" B b 1, "f2" C c 2, "f3" D d 3, "f4" E e 4, "f5" F f 5, "f6" G g 6, "f7" H h 7;
}
