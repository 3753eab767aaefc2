//! Constants, written so that they have their type in SQL.

use super::expr::{Exprs, Lowered};
use crate::sql::{Expr, Op};
use flow::ir::typed::{Node, Typed};
use flow::ir::types::DataType;
use flow::ir::value::Value;

/// The years 0 to 9999, which Flink's literals and functions of time know.
pub(super) const TIMES: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

impl Exprs<'_> {
    /// A constant of exactly its type.
    pub(super) fn literal(&self, value: &Value, data_type: &DataType) -> Lowered {
        let sql = match value {
            Value::Null if *data_type == DataType::Timestamp => {
                return Lowered { sql: Expr::Null.cast(DataType::I64), data_type: DataType::EpochMillis };
            }
            Value::Null => Expr::Null.cast(data_type.clone()),
            Value::Timestamp(at) => {
                return Lowered { sql: whole(at.millis(), &DataType::I64), data_type: DataType::EpochMillis };
            }
            Value::I8(v) => whole((*v).into(), data_type),
            Value::I16(v) => whole((*v).into(), data_type),
            Value::I32(v) => whole((*v).into(), data_type),
            Value::I64(v) => whole(*v, data_type),
            Value::Str(text) => Expr::text(text).cast(DataType::String),
            Value::F64(v) if plain(*v) => Expr::Double(*v),
            // The planner keeps seven digits of a constant FLOAT.
            Value::F32(v) if plain(f64::from(*v)) && digits(*v) <= 7 => {
                Expr::text(&format!("{v:e}")).cast(DataType::F32)
            }
            Value::F32(_) | Value::F64(_) => unseen_float(value).unwrap_or(Expr::Null),
            Value::Bool(v) => Expr::Bool(*v),
            Value::Bytes(bytes) => Expr::Bytes(bytes.to_vec()).cast(DataType::Bytes),
            Value::Decimal(v) => Expr::text(&v.to_string()).cast(data_type.clone()),
            // No expression of the IR makes one.
            Value::Row(_) | Value::Array(_) => Expr::Null.cast(data_type.clone()),
        };
        Lowered { sql, data_type: data_type.clone() }
    }

    /// An operand beside one that has its type: an integer or a string stands bare there.
    pub(super) fn bare(&self, typed: &Typed) -> Option<Expr> {
        match (&typed.node, &typed.ty.data_type) {
            (Node::Literal(Value::I8(v)), _) => Some(Expr::Integer((*v).into())),
            (Node::Literal(Value::I16(v)), _) => Some(Expr::Integer((*v).into())),
            (Node::Literal(Value::I32(v)), _) => Some(Expr::Integer((*v).into())),
            (Node::Literal(Value::I64(v)), _) if *v != i64::MIN => Some(Expr::Integer(*v)),
            (Node::Literal(Value::Str(text)), _) => Some(Expr::text(text)),
            _ => None,
        }
    }
}

pub(super) fn is_literal(typed: &Typed) -> bool {
    matches!(typed.node, Node::Literal(_))
}

/// A whole number of exactly this type.
pub(super) fn whole(value: i64, data_type: &DataType) -> Expr {
    let number = Expr::Integer(value);
    match data_type {
        DataType::I32 if value != i64::from(i32::MIN) => number,
        // What is larger than an INT is a BIGINT anyway, but for the smallest one, whose digits without the sign are neither.
        DataType::I64 if i32::try_from(value).is_err() && value != i64::MIN => number,
        _ => number.cast(data_type.clone()),
    }
}

/// A constant that the planner does not see as one: it has no NaN, no -0.0 and no far times, and reckons what may fail.
pub(super) fn unseen(value: Expr, other: Expr) -> Expr {
    let always = Expr::infix(Op::Lt, Expr::Call("RAND", Vec::new()), Expr::Double(2.0));
    Expr::Call("IF", vec![always, value, other])
}

/// A constant float that the planner does not see.
pub(super) fn unseen_float(value: &Value) -> Option<Expr> {
    let (float, digits, data_type) = match value {
        Value::F32(v) => (f64::from(*v), format!("{v:e}"), DataType::F32),
        Value::F64(v) => (*v, format!("{v:e}"), DataType::F64),
        _ => return None,
    };
    Some(unseen(Expr::Text(word(float, digits)), Expr::text("")).cast(data_type))
}

/// Whether the planner can hold it.
fn plain(value: f64) -> bool {
    value.is_finite() && !(value == 0.0 && value.is_sign_negative())
}

/// The digits that it takes to tell it from others.
fn digits(value: f32) -> usize {
    let text = format!("{value:e}");
    text.split('e').next().unwrap_or_default().chars().filter(char::is_ascii_digit).count()
}

/// What Java calls it.
fn word(value: f64, digits: String) -> String {
    match value {
        v if v.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        _ => digits,
    }
}
