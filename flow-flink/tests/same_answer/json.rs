//! Rows as JSON, as both engines read and write them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flow::Timestamp;
use flow::ir::types::{DataType, Schema, Type};
use flow::ir::value::Value;
use flow::record::Row;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

pub(crate) fn line(row: &Row, schema: &Schema) -> String {
    object(&row.0, schema).to_string()
}

fn object(values: &[Value], schema: &Schema) -> Json {
    let fields = schema.fields.iter().zip(values);
    Json::Object(fields.map(|(field, value)| (field.name.clone(), written(value, &field.data_type))).collect())
}

fn written(value: &Value, of: &DataType) -> Json {
    match (value, of) {
        (Value::Null, _) => Json::Null,
        (Value::Bool(v), _) => json!(v),
        (Value::I8(v), _) => json!(v),
        (Value::I16(v), _) => json!(v),
        (Value::I32(v), _) => json!(v),
        (Value::I64(v), _) => json!(v),
        (Value::F32(v), _) if v.is_finite() => json!(v),
        (Value::F64(v), _) if v.is_finite() => json!(v),
        (Value::F32(v), _) => json!(special(f64::from(*v))),
        (Value::F64(v), _) => json!(special(*v)),
        (Value::Str(v), _) => json!(v),
        (Value::Bytes(v), _) => json!(STANDARD.encode(v)),
        (Value::Timestamp(v), DataType::EpochMillis) => json!(v.millis()),
        (Value::Timestamp(v), _) => json!(v.to_string()),
        (Value::Decimal(v), _) => serde_json::from_str(&v.to_string()).expect("a decimal is a number"),
        (Value::Row(values), DataType::Row(schema)) => object(values, schema),
        (Value::Array(values), DataType::Array(item)) => {
            Json::Array(values.iter().map(|value| written(value, &item.data_type)).collect())
        }
        (value, of) => panic!("{value:?} is no {of}"),
    }
}

fn special(value: f64) -> &'static str {
    match value {
        v if v.is_nan() => "NaN",
        v if v > 0.0 => "Infinity",
        _ => "-Infinity",
    }
}

fn unspecial(text: &str) -> Option<f64> {
    let all = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    all.into_iter().find(|value| special(*value) == text)
}

/// The row of a line, read strictly.
pub(crate) fn row(line: &str, schema: &Schema) -> Result<Row, String> {
    let json: Json = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let Json::Object(fields) = json else { return Err("no object".into()) };
    values(fields, schema).map(Row)
}

fn values(mut fields: Map<String, Json>, schema: &Schema) -> Result<Vec<Value>, String> {
    let field = |field: &flow::ir::types::Field| {
        let json = fields.remove(&field.name).unwrap_or(Json::Null);
        let ty = Type { data_type: field.data_type.clone(), nullable: field.nullable };
        read(json, &ty).map_err(|what| format!("`{}`: {what}", field.name))
    };
    let values = schema.fields.iter().map(field).collect::<Result<_, _>>()?;
    match fields.keys().next() {
        Some(more) => Err(format!("`{more}` is too much")),
        None => Ok(values),
    }
}

/// The key of a correction, from its text: a list where it has several parts.
pub(crate) fn key(text: &str, parts: &[Type]) -> Result<Row, String> {
    let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let values = match (parts, json) {
        ([], Json::Null) => Vec::new(),
        ([_], one) => vec![one],
        (_, Json::Array(values)) if values.len() == parts.len() => values,
        (_, other) => return Err(format!("{other} is no key of {} parts", parts.len())),
    };
    values.into_iter().zip(parts).map(|(value, ty)| read(value, ty)).collect::<Result<_, _>>().map(Row)
}

fn read(json: Json, ty: &Type) -> Result<Value, String> {
    let wrong = |json: &Json| format!("{json} is no {ty}");
    let value = match (&ty.data_type, json) {
        (_, Json::Null) if ty.nullable => Some(Value::Null),
        (DataType::Bool, Json::Bool(v)) => Some(Value::Bool(v)),
        (DataType::I8, json) => json.as_i64().and_then(|v| v.try_into().ok()).map(Value::I8),
        (DataType::I16, json) => json.as_i64().and_then(|v| v.try_into().ok()).map(Value::I16),
        (DataType::I32, json) => json.as_i64().and_then(|v| v.try_into().ok()).map(Value::I32),
        (DataType::I64, json) => json.as_i64().map(Value::I64),
        // Of several NaNs none is another one in JSON.
        (DataType::F32, Json::String(v)) => unspecial(&v).map(|v| Value::F32(v as f32)),
        (DataType::F64, Json::String(v)) => unspecial(&v).map(Value::F64),
        (DataType::F32, json) => json.to_string().parse().ok().map(Value::F32),
        (DataType::F64, json) => json.as_f64().map(Value::F64),
        (DataType::String, Json::String(v)) => Some(Value::Str(v)),
        (DataType::Bytes, Json::String(v)) => STANDARD.decode(v).ok().map(|v| Value::Bytes(v.into())),
        (DataType::EpochMillis, json) => json.as_i64().map(|v| Value::Timestamp(Timestamp::from_millis(v))),
        (DataType::Timestamp, Json::String(v)) => v.parse().ok().map(Value::Timestamp),
        (DataType::Decimal { scale, .. }, json) => json.to_string().parse::<Decimal>().ok().map(|mut v| {
            v.rescale(u32::from(*scale));
            Value::Decimal(v)
        }),
        (DataType::Row(schema), Json::Object(fields)) => return values(fields, schema).map(Value::Row),
        (DataType::Array(item), Json::Array(items)) => {
            return items.into_iter().map(|json| read(json, item)).collect::<Result<_, _>>().map(Value::Array);
        }
        (_, json) => return Err(wrong(&json)),
    };
    value.ok_or_else(|| format!("it is no {ty}"))
}

/// The same values, with all NaNs alike.
pub(crate) fn plain(row: Row) -> Row {
    Row(row.0.into_iter().map(alike).collect())
}

fn alike(value: Value) -> Value {
    match value {
        Value::F32(v) if v.is_nan() => Value::F32(f32::NAN),
        Value::F64(v) if v.is_nan() => Value::F64(f64::NAN),
        Value::Row(values) => Value::Row(values.into_iter().map(alike).collect()),
        Value::Array(values) => Value::Array(values.into_iter().map(alike).collect()),
        value => value,
    }
}
