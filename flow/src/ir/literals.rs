//! Literals and numerals, typed.

use rust_decimal::Decimal;

use super::cast;
use super::expr::Expr;
use super::resolve::{is_number, wrong};
use super::typed::Typed;
use super::types::{DataType, Type};
use super::value::Value;
use crate::error::Error;

pub(super) fn is_fraction(expr: &Expr) -> bool {
    match expr {
        Expr::Number(text) => text.contains(['.', 'e', 'E']),
        Expr::Unary(_, a) => is_fraction(a),
        Expr::Binary(_, a, b) | Expr::If(_, a, b) => is_fraction(a) || is_fraction(b),
        Expr::Call(_, args) => args.iter().any(is_fraction),
        _ => false,
    }
}

pub(super) fn numeral(text: &str, expected: Option<&DataType>) -> Result<Typed, Error> {
    let number = |t: &&DataType| is_number(t) || matches!(t, DataType::Decimal { .. });
    let data_type = match expected.filter(number) {
        Some(expected) => expected.clone(),
        None if text.contains(['.', 'e', 'E']) => DataType::F64,
        None => DataType::I32,
    };
    let shown: String = text.chars().take(40).collect();
    let value = cast::parse_numeral(text, &data_type)
        .ok_or_else(|| wrong(format!("`{shown}` is not a value of {}", data_type.rust_name())))?;
    Ok(Typed::literal(value, Type::required(data_type)))
}

pub(super) fn literal(value: Value, expected: Option<&DataType>) -> Result<Typed, Error> {
    let data_type = match (&value, expected) {
        (Value::Null, Some(expected)) => return Ok(Typed::literal(value, Type::nullable(expected.clone()))),
        (Value::Null, None) => {
            return Err(wrong("the type of None is not known here").help("in SQL text, write CAST(NULL AS …)"));
        }
        (Value::Decimal(d), Some(DataType::Decimal { precision, scale }))
            if cast::fits_decimal(*d, *precision, *scale) =>
        {
            DataType::Decimal { precision: *precision, scale: *scale }
        }
        _ => literal_type(&value).ok_or_else(|| wrong(format!("a {} has no literal", value.kind())))?,
    };
    let value = match (value, &data_type) {
        (Value::Decimal(d), DataType::Decimal { scale, .. }) => Value::Decimal(cast::rescaled(d, *scale)),
        (value, _) => canonical(value),
    };
    Ok(Typed::literal(value, Type::required(data_type)))
}

/// There is one NaN.
pub(super) fn canonical(value: Value) -> Value {
    match value {
        Value::F64(v) if v.is_nan() => Value::F64(f64::NAN),
        Value::F32(v) if v.is_nan() => Value::F32(f32::NAN),
        other => other,
    }
}

pub(super) fn literal_type(value: &Value) -> Option<DataType> {
    Some(match value {
        Value::Bool(_) => DataType::Bool,
        Value::I8(_) => DataType::I8,
        Value::I16(_) => DataType::I16,
        Value::I32(_) => DataType::I32,
        Value::I64(_) => DataType::I64,
        Value::F32(_) => DataType::F32,
        Value::F64(_) => DataType::F64,
        Value::Str(_) => DataType::String,
        Value::Bytes(_) => DataType::Bytes,
        Value::Timestamp(_) => DataType::Timestamp,
        Value::Decimal(v) => decimal_type(*v),
        Value::Null | Value::Row(_) | Value::Array(_) => return None,
    })
}

fn decimal_type(value: Decimal) -> DataType {
    let scale = value.scale() as u8;
    let digits = value.mantissa().unsigned_abs().to_string().len() as u8;
    DataType::Decimal { precision: digits.max(scale).max(1), scale }
}
