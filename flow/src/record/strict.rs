//! Strict reading and writing of single values: text formats as the language page says, binary ones compactly.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rust_decimal::Decimal;
use serde::de::{self, Error as _};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::encoding::{Encoding, Ref};
use crate::ir::decimal::{fit, parse_decimal};
use crate::ir::value::decimal_bits;

pub(super) fn write_plain<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    value.serialize(serializer)
}

/// Bools, integers and strings: serde_json reads these without coercion.
pub(super) fn read_plain<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(deserializer)
}

macro_rules! floats {
    ($($t:ident $bits:ident $write:ident $read:ident;)*) => {$(
        pub(super) fn $write<S: Serializer>(value: &$t, serializer: S) -> Result<S::Ok, S::Error> {
            match non_finite(f64::from(*value)).filter(|_| serializer.is_human_readable()) {
                Some(name) => serializer.serialize_str(name),
                None => value.serialize(serializer),
            }
        }

        pub(super) fn $read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$t, D::Error> {
            if !deserializer.is_human_readable() {
                return $t::deserialize(deserializer);
            }
            let wide = deserializer.deserialize_any(Float)?;
            let value = wide as $t;
            let fits = value.is_finite() || !wide.is_finite();
            fits.then_some(value).ok_or_else(|| D::Error::custom(concat!("number out of range for ", stringify!($t))))
        }
    )*};
}

floats! {
    f32 u32 write_f32 read_f32;
    f64 u64 write_f64 read_f64;
}

fn non_finite(value: f64) -> Option<&'static str> {
    match value {
        v if v.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

struct Float;

impl de::Visitor<'_> for Float {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, \"NaN\", \"Infinity\" or \"-Infinity\"")
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<f64, E> {
        Ok(value)
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<f64, E> {
        Ok(value as f64)
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<f64, E> {
        Ok(value as f64)
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
        match text {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
        }
    }
}

pub(super) fn write_bytes<S: Serializer>(value: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        serializer.serialize_str(&STANDARD.encode(value))
    } else {
        serializer.serialize_bytes(value)
    }
}

pub(super) fn read_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    if !deserializer.is_human_readable() {
        return Bytes::deserialize(deserializer);
    }
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(&text).map(Bytes::from).map_err(|error| D::Error::custom(format_args!("bad base64: {error}")))
}

pub(super) fn write_decimal<S: Serializer>(
    value: Decimal,
    precision: u8,
    scale: u8,
    out: S,
) -> Result<S::Ok, S::Error> {
    let fitted = fit(value, precision, scale)
        .ok_or_else(|| S::Error::custom(format_args!("{value} does not fit DECIMAL({precision}, {scale})")))?;
    if !out.is_human_readable() {
        return decimal_bits::serialize(&fitted, out);
    }
    RawValue::from_string(fitted.to_string()).map_err(S::Error::custom)?.serialize(out)
}

/// The name under which serde_json gives a value's own text; other formats take it for any wrapper's.
const RAW: &str = "$serde_json::private::RawValue";

/// A number's own text: in JSON, or where every value is a text, as in CSV.
struct Digits;

impl<'de> de::Visitor<'de> for Digits {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }
    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        map.next_key::<de::IgnoredAny>()?;
        map.next_value()
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<String, D::Error> {
        String::deserialize(from)
    }
}

/// Reads the digits as they are written, since the way over a float would lose some.
pub(super) fn read_decimal<'de, D: Deserializer<'de>>(precision: u8, scale: u8, from: D) -> Result<Decimal, D::Error> {
    let value = if from.is_human_readable() {
        let text = from.deserialize_newtype_struct(RAW, Digits)?;
        parse_decimal(&text).ok_or_else(|| D::Error::custom("a number with at most 28 digits expected"))?
    } else {
        decimal_bits::deserialize(from)?
    };
    fit(value, precision, scale)
        .ok_or_else(|| D::Error::custom(format_args!("{value} does not fit DECIMAL({precision}, {scale})")))
}

pub(super) fn write_option<T, E: Encoding<T>, S: Serializer>(value: &Option<T>, out: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => out.serialize_some(&Ref::<T, E>::new(value)),
        None => out.serialize_none(),
    }
}

pub(super) fn read_option<'de, T, E: Encoding<T>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    struct Visitor<T, E>(PhantomData<(fn() -> T, E)>);

    impl<'de, T, E: Encoding<T>> de::Visitor<'de> for Visitor<T, E> {
        type Value = Option<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{} or null", E::ty().data_type)
        }
        fn visit_none<X>(self) -> Result<Option<T>, X> {
            Ok(None)
        }
        fn visit_unit<X>(self) -> Result<Option<T>, X> {
            Ok(None)
        }
        fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Option<T>, D::Error> {
            E::decode(from).map(Some)
        }
    }
    from.deserialize_option(Visitor::<T, E>(PhantomData))
}

/// Calls `schema`, and stops a record that contains itself before the stack does.
pub(super) fn nesting<T>(schema: impl FnOnce() -> T) -> T {
    thread_local!(static DEPTH: Cell<u32> = const { Cell::new(0) });
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            DEPTH.set(DEPTH.get() - 1);
        }
    }
    DEPTH.set(DEPTH.get() + 1);
    let _leave = Leave;
    assert!(DEPTH.get() <= 32, "a record that contains itself (or is nested over 32 deep) has no schema");
    schema()
}
