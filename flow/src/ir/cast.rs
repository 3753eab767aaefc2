//! Casts and literals: Rust's `as`, and the values that texts stand for.

use rust_decimal::Decimal;

use super::types::DataType;
use super::value::Value;
use crate::ops;
use crate::time::Timestamp;

/// The longest text of a number that is looked at.
const MAX_NUMERAL: usize = 400;

macro_rules! cast_from {
    ($value:expr, $to:expr) => {
        match $to {
            DataType::I8 => Value::I8($value as i8),
            DataType::I16 => Value::I16($value as i16),
            DataType::I32 => Value::I32($value as i32),
            DataType::I64 => Value::I64($value as i64),
            DataType::F32 => Value::F32($value as f32),
            DataType::F64 => Value::F64($value as f64),
            _ => Value::Null,
        }
    };
}

/// `value as to`, between numbers and from bool: integers wrap, a float saturates, NaN is 0. NULL for anything else, which
/// typing excludes.
pub(crate) fn cast(value: &Value, to: &DataType) -> Value {
    match *value {
        Value::Bool(v) => cast_from!(i8::from(v), to),
        Value::I8(v) => cast_from!(v, to),
        Value::I16(v) => cast_from!(v, to),
        Value::I32(v) => cast_from!(v, to),
        Value::I64(v) => cast_from!(v, to),
        Value::F32(v) => cast_from!(v, to),
        Value::F64(v) => cast_from!(v, to),
        _ => Value::Null,
    }
}

/// `-value`, wrapping.
pub(super) fn negate(value: &Value) -> Value {
    match *value {
        Value::I8(v) => Value::I8(ops::neg(v)),
        Value::I16(v) => Value::I16(ops::neg(v)),
        Value::I32(v) => Value::I32(ops::neg(v)),
        Value::I64(v) => Value::I64(ops::neg(v)),
        Value::F32(v) => Value::F32(ops::neg(v)),
        Value::F64(v) => Value::F64(ops::neg(v)),
        _ => Value::Null,
    }
}

/// What a numeral stands for as a value of this type, if it is one.
pub(super) fn parse_numeral(text: &str, data_type: &DataType) -> Option<Value> {
    if text.len() > MAX_NUMERAL || !text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+'))
    {
        return None;
    }
    Some(match data_type {
        DataType::I8 => Value::I8(text.parse().ok()?),
        DataType::I16 => Value::I16(text.parse().ok()?),
        DataType::I32 => Value::I32(text.parse().ok()?),
        DataType::I64 => Value::I64(text.parse().ok()?),
        DataType::F32 => Value::F32(text.parse().ok().filter(|v: &f32| v.is_finite())?),
        DataType::F64 => Value::F64(text.parse().ok().filter(|v: &f64| v.is_finite())?),
        DataType::Decimal { precision, scale } => {
            let value = super::decimal::parse_decimal(text)?;
            if !fits_decimal(value, *precision, *scale) {
                return None;
            }
            Value::Decimal(rescaled(value, *scale))
        }
        _ => return None,
    })
}

/// What `CAST('text' AS type)` stands for: the values that have no bare literal.
pub(super) fn parse_literal(text: &str, data_type: &DataType) -> Option<Value> {
    Some(match (data_type, text) {
        (DataType::Timestamp, text) => Value::Timestamp(text.parse::<Timestamp>().ok()?),
        (DataType::F64, "NaN") => Value::F64(f64::NAN),
        (DataType::F64, "Infinity") => Value::F64(f64::INFINITY),
        (DataType::F64, "-Infinity") => Value::F64(f64::NEG_INFINITY),
        (DataType::F32, "NaN") => Value::F32(f32::NAN),
        (DataType::F32, "Infinity") => Value::F32(f32::INFINITY),
        (DataType::F32, "-Infinity") => Value::F32(f32::NEG_INFINITY),
        _ => return None,
    })
}

pub(super) fn fits_decimal(value: Decimal, precision: u8, scale: u8) -> bool {
    super::decimal::fit(value, precision, scale).is_some()
}

pub(super) fn rescaled(mut value: Decimal, scale: u8) -> Decimal {
    value.rescale(u32::from(scale));
    value
}
