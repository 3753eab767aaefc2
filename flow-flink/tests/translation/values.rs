//! Rows without a Rust type, as JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flow::Timestamp;
use flow::ir::types::{DataType, Schema};
use flow::ir::value::Value;
use serde_json::Value as Json;

/// A row as JSON text.
pub(crate) fn to_json(schema: &Schema, row: &[Value]) -> String {
    let field = |(field, value): (&flow::ir::types::Field, &Value)| {
        format!("{}:{}", Json::from(field.name.as_str()), text(&field.data_type, value))
    };
    format!("{{{}}}", schema.fields.iter().zip(row).map(field).collect::<Vec<_>>().join(","))
}

fn text(data_type: &DataType, value: &Value) -> String {
    let float = |v: f64| if v.is_finite() { format!("{v:?}") } else { Json::from(word(v)).to_string() };
    match value {
        Value::Null => "null".into(),
        Value::Bool(v) => v.to_string(),
        Value::I8(v) => v.to_string(),
        Value::I16(v) => v.to_string(),
        Value::I32(v) => v.to_string(),
        Value::I64(v) => v.to_string(),
        Value::F32(v) if v.is_finite() => format!("{v:?}"),
        Value::F32(v) => float((*v).into()),
        Value::F64(v) => float(*v),
        Value::Str(v) => Json::from(v.as_str()).to_string(),
        Value::Bytes(v) => Json::from(STANDARD.encode(v)).to_string(),
        Value::Timestamp(v) if *data_type == DataType::EpochMillis => v.millis().to_string(),
        Value::Timestamp(v) => format!("\"{v}\""),
        Value::Decimal(v) => v.to_string(),
        Value::Row(fields) => match data_type {
            DataType::Row(schema) => to_json(schema, fields),
            _ => panic!("{data_type}"),
        },
        Value::Array(items) => match data_type {
            DataType::Array(item) => {
                format!("[{}]", items.iter().map(|i| text(&item.data_type, i)).collect::<Vec<_>>().join(","))
            }
            _ => panic!("{data_type}"),
        },
    }
}

fn word(value: f64) -> &'static str {
    match value {
        v if v.is_nan() => "NaN",
        v if v > 0.0 => "Infinity",
        _ => "-Infinity",
    }
}

/// The values that a line of JSON stands for; what is missing is NULL.
pub(crate) fn from_json(schema: &Schema, line: &str) -> Vec<Value> {
    let json: Json = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    schema.fields.iter().map(|field| value(&field.data_type, &json[&field.name])).collect()
}

fn value(data_type: &DataType, json: &Json) -> Value {
    let text = || json.as_str().unwrap_or_else(|| panic!("{data_type}: {json}"));
    let whole = || json.as_i64().unwrap_or_else(|| panic!("{data_type}: {json}"));
    let float = || json.as_f64().unwrap_or_else(|| text().parse().unwrap());
    match data_type {
        _ if json.is_null() => Value::Null,
        DataType::Bool => Value::Bool(json.as_bool().unwrap()),
        DataType::I8 => Value::I8(whole().try_into().unwrap()),
        DataType::I16 => Value::I16(whole().try_into().unwrap()),
        DataType::I32 => Value::I32(whole().try_into().unwrap()),
        DataType::I64 => Value::I64(whole()),
        DataType::F32 => Value::F32(float() as f32),
        DataType::F64 => Value::F64(float()),
        DataType::String => Value::Str(text().to_owned()),
        DataType::Bytes => Value::Bytes(STANDARD.decode(text()).unwrap().into()),
        DataType::EpochMillis => Value::Timestamp(Timestamp::from_millis(whole())),
        DataType::Timestamp => Value::Timestamp(text().parse().unwrap()),
        DataType::Decimal { .. } => Value::Decimal(json.to_string().parse().unwrap()),
        DataType::Row(schema) => {
            Value::Row(schema.fields.iter().map(|field| value(&field.data_type, &json[&field.name])).collect())
        }
        DataType::Array(item) => {
            Value::Array(json.as_array().unwrap().iter().map(|json| value(&item.data_type, json)).collect())
        }
    }
}

/// NaN has many bits, of which a text keeps one.
pub(crate) fn canonical(value: Value) -> Value {
    match value {
        Value::F32(v) if v.is_nan() => Value::F32(f32::NAN),
        Value::F64(v) if v.is_nan() => Value::F64(f64::NAN),
        Value::Row(fields) => Value::Row(fields.into_iter().map(canonical).collect()),
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        other => other,
    }
}
