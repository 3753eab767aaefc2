//! What a typed tree gives for a row, by the value rules of both engines.

use super::cast;
#[cfg(feature = "from-ir")]
pub(crate) use super::cast::cast;
use super::expr::{BinaryOp, Function, UnaryOp};
use super::typed::{Node, Typed};
use super::value::Value;
use crate::error::{Error, ErrorKind};
use crate::ops::{self, Arith, Remainder};
use crate::time::Timestamp;

/// The value of an expression for a row of the schema that it was resolved against.
///
/// # Errors
///
/// On division by zero, and when the row is not of that schema.
///
/// ```
/// use flow::ir::{eval::eval, expr::Expr, resolve::{Scope, resolve}};
/// use flow::ir::{types::{DataType, Field, Schema}, value::Value};
/// let schema = Schema::new(vec![Field::new("a", DataType::I8, false)]);
/// let double = Expr::Binary(flow::ir::expr::BinaryOp::Mul, Box::new(Expr::Field(vec!["a".into()])), Box::new(Expr::Number("2".into())));
/// let typed = resolve(&double, Scope::record(&schema), None)?;
/// assert_eq!(eval(&typed, &[Value::I8(100)])?, Value::I8(-56));
/// # Ok::<(), flow::Error>(())
/// ```
pub fn eval(expr: &Typed, row: &[Value]) -> Result<Value, Error> {
    match &expr.node {
        Node::Field(name, index) => {
            row.get(*index).cloned().ok_or_else(|| misfit(&format!("the row has no field `{name}`")))
        }
        Node::Get(base, name, index) => match eval(base, row)? {
            Value::Row(mut fields) if *index < fields.len() => Ok(fields.swap_remove(*index)),
            _ => Err(misfit(&format!("there is no field `{name}`"))),
        },
        Node::Literal(value) => Ok(value.clone()),
        Node::Unary(UnaryOp::Neg, a) => Ok(cast::negate(&eval(a, row)?)),
        Node::Unary(UnaryOp::Not, a) => Ok(Value::Bool(!condition(a, row)?)),
        Node::Binary(BinaryOp::And, a, b) => Ok(Value::Bool(condition(a, row)? && condition(b, row)?)),
        Node::Binary(BinaryOp::Or, a, b) => Ok(Value::Bool(condition(a, row)? || condition(b, row)?)),
        Node::Binary(op, a, b) => binary(*op, eval(a, row)?, eval(b, row)?),
        Node::If(c, a, b) => eval(if condition(c, row)? { a } else { b }, row),
        Node::Cast(a) => Ok(cast::cast(&eval(a, row)?, &expr.ty.data_type)),
        Node::Call(function, args) => call(*function, args, row),
        Node::Row(parts) => Ok(Value::Row(parts.iter().map(|part| eval(part, row)).collect::<Result<_, _>>()?)),
    }
}

/// The value of a condition.
///
/// # Errors
///
/// As [`eval`], and when the expression is no condition.
pub fn condition(expr: &Typed, row: &[Value]) -> Result<bool, Error> {
    match eval(expr, row)? {
        Value::Bool(value) => Ok(value),
        other => Err(misfit(&format!("a condition gave {}", other.kind()))),
    }
}

fn misfit(message: &str) -> Error {
    Error::new(ErrorKind::Ir, message).help("the row is not of the schema that the expression was read against")
}

pub(crate) fn binary(op: BinaryOp, a: Value, b: Value) -> Result<Value, Error> {
    match (&a, &b) {
        (Value::I8(x), Value::I8(y)) => integers(op, *x, *y, 0, Value::I8),
        (Value::I16(x), Value::I16(y)) => integers(op, *x, *y, 0, Value::I16),
        (Value::I32(x), Value::I32(y)) => integers(op, *x, *y, 0, Value::I32),
        (Value::I64(x), Value::I64(y)) => integers(op, *x, *y, 0, Value::I64),
        (Value::F32(x), Value::F32(y)) => floats(op, *x, *y, Value::F32),
        (Value::F64(x), Value::F64(y)) => floats(op, *x, *y, Value::F64),
        (Value::Bool(x), Value::Bool(y)) => compare(op, x, y),
        (Value::Str(x), Value::Str(y)) => compare(op, x, y),
        (Value::Bytes(x), Value::Bytes(y)) => compare(op, x, y),
        (Value::Timestamp(x), Value::Timestamp(y)) => compare(op, x, y),
        (Value::Decimal(x), Value::Decimal(y)) => compare(op, x, y),
        _ => Err(misfit(&format!("an operator between {} and {}", a.kind(), b.kind()))),
    }
}

fn integers<T: Remainder + PartialOrd + Copy>(
    op: BinaryOp,
    a: T,
    b: T,
    zero: T,
    value: impl Fn(T) -> Value,
) -> Result<Value, Error> {
    match op {
        BinaryOp::Div | BinaryOp::Rem if b == zero => Err(Error::new(ErrorKind::Panic, "division by zero")),
        BinaryOp::Rem => Ok(value(ops::rem(a, b))),
        _ => floats(op, a, b, value),
    }
}

fn floats<T: Arith + PartialOrd + Copy>(op: BinaryOp, a: T, b: T, value: impl Fn(T) -> Value) -> Result<Value, Error> {
    match op {
        BinaryOp::Add => Ok(value(ops::add(a, b))),
        BinaryOp::Sub => Ok(value(ops::sub(a, b))),
        BinaryOp::Mul => Ok(value(ops::mul(a, b))),
        BinaryOp::Div => Ok(value(ops::div(a, b))),
        _ => compare(op, &a, &b),
    }
}

fn compare<T: PartialOrd>(op: BinaryOp, a: &T, b: &T) -> Result<Value, Error> {
    Ok(Value::Bool(match op {
        BinaryOp::Eq => a == b,
        BinaryOp::Ne => a != b,
        BinaryOp::Lt => a < b,
        BinaryOp::Le => a <= b,
        BinaryOp::Gt => a > b,
        BinaryOp::Ge => a >= b,
        _ => return Err(misfit("arithmetic of values that have none")),
    }))
}

fn call(function: Function, args: &[Typed], row: &[Value]) -> Result<Value, Error> {
    let first = args.first().ok_or_else(|| misfit("a function without arguments"))?;
    let value = eval(first, row)?;
    Ok(match (function, value) {
        (Function::IsSome, value) => Value::Bool(!value.is_null()),
        (Function::IsNone, value) => Value::Bool(value.is_null()),
        (Function::UnwrapOr | Function::OrElse, Value::Null) => second(args, row)?,
        (Function::UnwrapOr | Function::OrElse, value) => value,
        (Function::Min2, value) => value.min(second(args, row)?),
        (Function::Max2, value) => {
            let other = second(args, row)?;
            if other > value { other } else { value }
        }
        (Function::Concat, Value::Str(mut text)) => {
            for arg in &args[1..] {
                text.push_str(&string(arg, row)?);
            }
            Value::Str(text)
        }
        (function, Value::Str(text)) => text_function(function, text, args, row)?,
        (function, Value::Timestamp(at)) => time_function(function, at, args, row)?,
        (function, value) => number_function(function, &value)?,
    })
}

fn second(args: &[Typed], row: &[Value]) -> Result<Value, Error> {
    eval(args.get(1).ok_or_else(|| misfit("a function lacks an argument"))?, row)
}

fn string(arg: &Typed, row: &[Value]) -> Result<String, Error> {
    match eval(arg, row)? {
        Value::Str(text) => Ok(text),
        other => Err(misfit(&format!("a text function was given {}", other.kind()))),
    }
}

fn integer(value: Value) -> Result<i64, Error> {
    match value {
        Value::I64(value) => Ok(value),
        other => Err(misfit(&format!("a function of an i64 was given {}", other.kind()))),
    }
}

fn text_function(function: Function, text: String, args: &[Typed], row: &[Value]) -> Result<Value, Error> {
    let arg = |n: usize| args.get(n).ok_or_else(|| misfit("a function lacks an argument"));
    Ok(match function {
        Function::CharCount => Value::I64(text.chars().count() as i64),
        Function::Lower => Value::Str(text.to_lowercase()),
        Function::Upper => Value::Str(text.to_uppercase()),
        Function::Trim => Value::Str(text.trim_matches(' ').to_owned()),
        Function::StartsWith => Value::Bool(text.starts_with(&string(arg(1)?, row)?)),
        Function::EndsWith => Value::Bool(text.ends_with(&string(arg(1)?, row)?)),
        Function::Contains => Value::Bool(text.contains(&string(arg(1)?, row)?)),
        Function::Replace => Value::Str(text.replace(&string(arg(1)?, row)?, &string(arg(2)?, row)?)),
        Function::Substring => {
            let (skip, take) = (integer(eval(arg(1)?, row)?)?, integer(eval(arg(2)?, row)?)?);
            // As `skip(n as usize)`: a negative number is a huge one.
            Value::Str(text.chars().skip(skip as usize).take(take as usize).collect())
        }
        Function::ToString => Value::Str(text),
        Function::Matches => matches(&text, &string(arg(1)?, row)?)?,
        _ => return Err(misfit("a function was given a String")),
    })
}

#[cfg(feature = "regex")]
fn matches(text: &str, pattern: &str) -> Result<Value, Error> {
    super::pattern::is_match(text, pattern).map(Value::Bool).map_err(|reason| misfit(&reason))
}

#[cfg(not(feature = "regex"))]
fn matches(_: &str, _: &str) -> Result<Value, Error> {
    Err(misfit("regular expressions need the cargo feature `regex`"))
}

fn time_function(function: Function, at: Timestamp, args: &[Typed], row: &[Value]) -> Result<Value, Error> {
    Ok(match function {
        Function::Millis => Value::I64(at.millis()),
        Function::PlusMillis => Value::Timestamp(at.plus_millis(integer(second(args, row)?)?)),
        Function::Year => Value::I64(at.year()),
        Function::Month => Value::I64(at.month()),
        Function::Day => Value::I64(at.day()),
        Function::Hour => Value::I64(at.hour()),
        Function::Minute => Value::I64(at.minute()),
        Function::Second => Value::I64(at.second()),
        Function::FormatDate => Value::Str(at.format_date()),
        _ => return Err(misfit("a function was given a Timestamp")),
    })
}

fn number_function(function: Function, value: &Value) -> Result<Value, Error> {
    Ok(match (function, value) {
        (Function::ToString, Value::Bool(v)) => Value::Str(v.to_string()),
        (Function::ToString, Value::I8(v)) => Value::Str(v.to_string()),
        (Function::ToString, Value::I16(v)) => Value::Str(v.to_string()),
        (Function::ToString, Value::I32(v)) => Value::Str(v.to_string()),
        (Function::ToString, Value::I64(v)) => Value::Str(v.to_string()),
        (Function::Abs, Value::I8(v)) => Value::I8(ops::abs(*v)),
        (Function::Abs, Value::I16(v)) => Value::I16(ops::abs(*v)),
        (Function::Abs, Value::I32(v)) => Value::I32(ops::abs(*v)),
        (Function::Abs, Value::I64(v)) => Value::I64(ops::abs(*v)),
        (Function::Abs, Value::F32(v)) => Value::F32(ops::abs(*v)),
        (Function::Abs, Value::F64(v)) => Value::F64(ops::abs(*v)),
        (Function::Floor, Value::F32(v)) => Value::F32(v.floor()),
        (Function::Floor, Value::F64(v)) => Value::F64(v.floor()),
        (Function::Ceil, Value::F32(v)) => Value::F32(v.ceil()),
        (Function::Ceil, Value::F64(v)) => Value::F64(v.ceil()),
        (Function::Sqrt, Value::F64(v)) => Value::F64(v.sqrt()),
        (Function::FromMillis, Value::I64(v)) => Value::Timestamp(Timestamp::from_millis(*v)),
        (_, value) => return Err(misfit(&format!("a function was given {}", value.kind()))),
    })
}
