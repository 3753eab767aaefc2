//! Random schemas' worth of well-typed expressions and rows, read off a tape of bytes, so that proptest can shrink them.

use rust_decimal::Decimal;

use crate::ir::expr::{BinaryOp, Expr, Function, SomeOp, UnaryOp};
use crate::ir::types::{DataType, Field, Schema, Type};
use crate::ir::value::Value;
use crate::time::Timestamp;

/// A tape of bytes that decisions are read off; zeros once it has run out.
pub(crate) struct Tape<'a>(pub(crate) &'a [u8]);

impl Tape<'_> {
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    fn bits(&mut self) -> u64 {
        (0..8).fold(0, |bits, _| bits << 8 | u64::from(self.byte()))
    }
}

pub(crate) const SCALARS: [DataType; 11] = [
    DataType::Bool,
    DataType::I8,
    DataType::I16,
    DataType::I32,
    DataType::I64,
    DataType::F32,
    DataType::F64,
    DataType::String,
    DataType::Bytes,
    DataType::Timestamp,
    DataType::Decimal { precision: 18, scale: 2 },
];

/// A field of every type, present (`p0` …) and optional (`o0` …), and nested ones.
pub(crate) fn schema() -> Schema {
    let mut fields = Vec::new();
    for (i, data_type) in SCALARS.iter().enumerate() {
        fields.push(Field::new(format!("p{i}"), data_type.clone(), false));
        fields.push(Field::new(format!("o{i}"), data_type.clone(), true));
    }
    let inner = Schema::new(vec![
        Field::new("x", DataType::I64, false),
        Field::new("y `quoted`", DataType::String, true),
        Field::new("select", DataType::F64, false),
    ]);
    fields.push(Field::new("at", DataType::EpochMillis, false));
    fields.push(Field::new("row", DataType::Row(inner.clone()), false));
    fields.push(Field::new("rows", DataType::Array(Box::new(Type::required(DataType::Row(inner.clone())))), false));
    fields.push(Field::new("maybe", DataType::Row(inner), true));
    Schema::new(fields)
}

pub(crate) fn value(tape: &mut Tape<'_>, ty: &Type) -> Value {
    if ty.nullable && tape.below(3) == 0 {
        return Value::Null;
    }
    let edge = tape.below(4) > 0;
    let bits = if edge { 0 } else { tape.bits() };
    let int = |tape: &mut Tape<'_>| {
        if edge { tape.pick(&[0_i64, 1, -1, 2, 7, i64::MAX, i64::MIN, 127, 128]) } else { bits as i64 }
    };
    match &ty.data_type {
        DataType::Bool => Value::Bool(tape.below(2) == 1),
        DataType::I8 => Value::I8(int(tape) as i8),
        DataType::I16 => Value::I16(int(tape) as i16),
        DataType::I32 => Value::I32(int(tape) as i32),
        DataType::I64 => Value::I64(int(tape)),
        DataType::F32 if edge => Value::F32(tape.pick(&[0.0, -0.0, 1.5, -2.25, 1e30, f32::NAN, f32::INFINITY, 0.1])),
        DataType::F32 => Value::F32(f32::from_bits(bits as u32)),
        DataType::F64 if edge => {
            Value::F64(tape.pick(&[0.0, -0.0, 1.5, 0.1, 1e300, f64::NAN, f64::NEG_INFINITY, 5e-324, 1e16]))
        }
        DataType::F64 => Value::F64(f64::from_bits(bits)),
        DataType::String => {
            Value::Str(tape.pick(&["", "a", " it's `x` ", "ÄÖ", "😀b", "--", "a\nb\\", "EU", "ſ", "; DROP"]).to_owned())
        }
        DataType::Bytes => Value::Bytes((0..tape.below(4)).map(|_| tape.byte()).collect::<Vec<_>>().into()),
        DataType::Timestamp | DataType::EpochMillis => Value::Timestamp(Timestamp::from_millis(int(tape))),
        DataType::Decimal { scale, .. } => Value::Decimal(Decimal::new(int(tape) % 1_000_000, u32::from(*scale))),
        DataType::Row(schema) => row(tape, schema),
        DataType::Array(item) => Value::Array((0..tape.below(3)).map(|_| value(tape, item)).collect()),
    }
}

pub(crate) fn row(tape: &mut Tape<'_>, schema: &Schema) -> Value {
    Value::Row(schema.fields.iter().map(|field| value(tape, &field.ty())).collect())
}

fn boxed(expr: Expr) -> Box<Expr> {
    Box::new(expr)
}

fn field(name: impl Into<String>) -> Expr {
    Expr::Field(vec![name.into()])
}

fn place(data_type: &DataType) -> usize {
    SCALARS.iter().position(|t| t == data_type).expect("a scalar")
}

/// An expression as the macro would write it for a Rust closure that gives `data_type`; `bound`: the type of the argument
/// of the closure on an option that it stands in.
pub(crate) fn expr(tape: &mut Tape<'_>, data_type: &DataType, bound: Option<&DataType>, depth: usize) -> Expr {
    let leaf = depth == 0 || tape.below(4) == 0;
    if bound == Some(data_type) && tape.below(2) == 0 {
        return Expr::Bound(Vec::new());
    }
    if leaf {
        return self::leaf(tape, data_type);
    }
    let below = |tape: &mut Tape<'_>, data_type: &DataType| expr(tape, data_type, bound, depth - 1);
    match tape.below(6) {
        0 => {
            Expr::If(boxed(below(tape, &DataType::Bool)), boxed(below(tape, data_type)), boxed(below(tape, data_type)))
        }
        1 => {
            let option = optional(tape, data_type, bound, depth - 1);
            Expr::Call(Function::UnwrapOr, vec![option, below(tape, data_type)])
        }
        2 => match data_type {
            DataType::I64 => Expr::Field(vec!["row".into(), "x".into()]),
            DataType::Bool => presence(tape, bound, depth - 1),
            _ => own(tape, data_type, bound, depth - 1),
        },
        _ => own(tape, data_type, bound, depth - 1),
    }
}

fn leaf(tape: &mut Tape<'_>, data_type: &DataType) -> Expr {
    let number = data_type.is_integer() || data_type.is_float();
    match tape.below(3) {
        // Captured decimals have a width of their own, which not every neighbour has.
        _ if matches!(data_type, DataType::Decimal { .. }) => field("p10"),
        0 => field(format!("p{}", place(data_type))),
        // Numerals are always cast here, since their type does not come back from every neighbour.
        1 if number => {
            let text =
                if data_type.is_float() { tape.pick(&["0.5", "3.0", "1e3"]) } else { tape.pick(&["0", "5", "100"]) };
            Expr::Cast(boxed(Expr::Number(text.into())), data_type.clone())
        }
        _ => Expr::Literal(value(tape, &Type::required(data_type.clone()))),
    }
}

/// An expression of `Option<data_type>`.
fn optional(tape: &mut Tape<'_>, data_type: &DataType, bound: Option<&DataType>, depth: usize) -> Expr {
    if depth == 0 {
        return field(format!("o{}", place(data_type)));
    }
    match tape.below(5) {
        0 => Expr::If(
            boxed(expr(tape, &DataType::Bool, bound, depth - 1)),
            boxed(optional(tape, data_type, bound, depth - 1)),
            boxed(Expr::None),
        ),
        1 => {
            let inner = tape.pick(&SCALARS);
            let option = optional(tape, &inner, bound, depth - 1);
            let body = expr(tape, data_type, Some(&inner), depth - 1);
            Expr::WithSome { option: boxed(option), then: SomeOp::Map, body: boxed(body) }
        }
        2 if *data_type == DataType::I64 => {
            let body = Expr::Bound(vec!["x".into()]);
            Expr::WithSome { option: boxed(field("maybe")), then: SomeOp::Map, body: boxed(body) }
        }
        3 => {
            let (a, b) = (optional(tape, data_type, bound, depth - 1), optional(tape, data_type, bound, depth - 1));
            Expr::Call(Function::OrElse, vec![a, b])
        }
        _ => field(format!("o{}", place(data_type))),
    }
}

/// What is asked of an option.
fn presence(tape: &mut Tape<'_>, bound: Option<&DataType>, depth: usize) -> Expr {
    let inner = tape.pick(&SCALARS);
    let option = optional(tape, &inner, bound, depth);
    match tape.below(4) {
        0 => Expr::Call(Function::IsSome, vec![option]),
        1 => Expr::Call(Function::IsNone, vec![option]),
        n => {
            let then = if n == 2 { SomeOp::IsSomeAnd } else { SomeOp::IsNoneOr };
            let body = expr(tape, &DataType::Bool, Some(&inner), depth.saturating_sub(1));
            Expr::WithSome { option: boxed(option), then, body: boxed(body) }
        }
    }
}

/// An operator or function that gives the type.
fn own(tape: &mut Tape<'_>, data_type: &DataType, bound: Option<&DataType>, depth: usize) -> Expr {
    use Function as F;
    let arg = |tape: &mut Tape<'_>, t: &DataType| expr(tape, t, bound, depth);
    let (text, time, int) = (DataType::String, DataType::Timestamp, DataType::I64);
    match data_type {
        DataType::Bool => match tape.below(4) {
            0 => Expr::Unary(UnaryOp::Not, boxed(arg(tape, data_type))),
            1 => {
                let op = tape.pick(&[BinaryOp::And, BinaryOp::Or]);
                Expr::Binary(op, boxed(arg(tape, data_type)), boxed(arg(tape, data_type)))
            }
            2 => {
                // Patterns are a feature.
                let functions = [F::StartsWith, F::EndsWith, F::Contains, F::Matches];
                let f = tape.pick(&functions[..if cfg!(feature = "regex") { 4 } else { 3 }]);
                let second =
                    if f == F::Matches { Expr::Literal(Value::Str("^a+|\\d".into())) } else { arg(tape, &text) };
                Expr::Call(f, vec![arg(tape, &text), second])
            }
            _ => comparison(tape, bound, depth),
        },
        t if t.is_integer() || t.is_float() => number(tape, t, bound, depth),
        DataType::String => {
            let f = tape.pick(&[
                F::Lower,
                F::Upper,
                F::Trim,
                F::Replace,
                F::Substring,
                F::Concat,
                F::ToString,
                F::FormatDate,
                F::Min2,
                F::Max2,
            ]);
            let args = match f {
                F::Lower | F::Upper | F::Trim => vec![arg(tape, &text)],
                F::Replace => vec![arg(tape, &text), arg(tape, &text), arg(tape, &text)],
                F::Substring => vec![arg(tape, &text), arg(tape, &int), arg(tape, &int)],
                F::ToString => vec![arg(tape, &int)],
                F::FormatDate => vec![arg(tape, &time)],
                _ => vec![arg(tape, &text), arg(tape, &text)],
            };
            Expr::Call(f, args)
        }
        DataType::Timestamp => match tape.below(3) {
            0 => Expr::Call(F::PlusMillis, vec![arg(tape, &time), arg(tape, &int)]),
            1 => Expr::Call(F::FromMillis, vec![arg(tape, &int)]),
            _ => field("at"),
        },
        other => leaf(tape, other),
    }
}

fn comparison(tape: &mut Tape<'_>, bound: Option<&DataType>, depth: usize) -> Expr {
    let of = tape.pick(&SCALARS);
    let equality = [BinaryOp::Eq, BinaryOp::Ne];
    let all = [BinaryOp::Lt, BinaryOp::Le, BinaryOp::Gt, BinaryOp::Ge, BinaryOp::Eq, BinaryOp::Ne];
    let op = if matches!(of, DataType::Bool | DataType::Bytes) { tape.pick(&equality) } else { tape.pick(&all) };
    let a = expr(tape, &of, bound, depth);
    let bare = of.is_integer() && tape.below(2) == 0;
    let b = if bare { Expr::Number("42".into()) } else { expr(tape, &of, bound, depth) };
    Expr::Binary(op, boxed(a), boxed(b))
}

fn number(tape: &mut Tape<'_>, data_type: &DataType, bound: Option<&DataType>, depth: usize) -> Expr {
    use Function as F;
    let arg = |tape: &mut Tape<'_>, t: &DataType| boxed(expr(tape, t, bound, depth));
    let float = data_type.is_float();
    match tape.below(6) {
        0 => Expr::Unary(UnaryOp::Neg, arg(tape, data_type)),
        1 => {
            let from = tape.pick(&SCALARS[..7]);
            let from = if from == DataType::Bool && float { DataType::I16 } else { from };
            Expr::Cast(arg(tape, &from), data_type.clone())
        }
        2 if *data_type == DataType::I64 => match tape.below(3) {
            0 => Expr::Call(F::CharCount, vec![*arg(tape, &DataType::String)]),
            1 => Expr::Call(tape.pick(&[F::Year, F::Month, F::Day, F::Hour, F::Minute, F::Second]), vec![field("p9")]),
            _ => Expr::Call(F::Millis, vec![*arg(tape, &DataType::Timestamp)]),
        },
        2 if float => Expr::Call(tape.pick(&[F::Floor, F::Ceil, F::Abs]), vec![*arg(tape, data_type)]),
        2 => Expr::Call(tape.pick(&[F::Min2, F::Max2]), vec![*arg(tape, data_type), *arg(tape, data_type)]),
        3 => Expr::Call(F::Abs, vec![*arg(tape, data_type)]),
        _ => {
            let ops = [BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::Div, BinaryOp::Rem];
            let op = tape.pick(if float { &ops[..4] } else { &ops });
            Expr::Binary(op, arg(tape, data_type), arg(tape, data_type))
        }
    }
}
