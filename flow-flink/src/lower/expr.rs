//! Typed expressions as Flink's, with Rust's meaning.

use super::literal::{is_literal, unseen, unseen_float, whole};
use super::stream::{Column, Place};
use super::time;
use crate::sql::{Expr, Op};
use crate::support::Limit;
use flow::ir::expr::{BinaryOp, Function, UnaryOp};
use flow::ir::typed::{Node, Typed};
use flow::ir::types::{DataType, Schema};
use flow::ir::value::Value;

/// An expression of SQL and its type there, in which a time may be a number of milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Lowered {
    pub(super) sql: Expr,
    pub(super) data_type: DataType,
}

/// Expressions over the columns of an input.
pub(super) struct Exprs<'a> {
    columns: &'a [Column],
    input: Option<&'static str>,
    refused: Vec<(Limit, String)>,
}

impl<'a> Exprs<'a> {
    pub(super) fn new(columns: &'a [Column], input: Option<&'static str>) -> Self {
        Self { columns, input, refused: Vec::new() }
    }

    /// What of the expressions cannot be translated.
    pub(super) fn refused(self) -> Vec<(Limit, String)> {
        self.refused
    }

    pub(super) fn refuse(&mut self, limit: Limit, what: &str) {
        self.refused.push((limit, what.to_owned()));
    }

    /// An expression as it comes.
    pub(super) fn lowered(&mut self, typed: &Typed) -> Lowered {
        let typed = self.folded(typed);
        self.value(&typed)
    }

    /// An expression as a field of this type.
    pub(super) fn field(&mut self, typed: &Typed, to: &DataType) -> Expr {
        let typed = self.folded(typed);
        if let Node::Literal(value) = &typed.node
            && let Some(float) = unseen_float(value)
        {
            // Views behind this one may reckon with it.
            return float;
        }
        let value = self.value(&typed);
        self.convert(value, to)
    }

    /// A column as a field of this type.
    pub(super) fn column_as(&mut self, column: &Column, to: &DataType) -> Expr {
        let value = Lowered { sql: column.value(self.input), data_type: column.field.data_type.clone() };
        self.convert(value, to)
    }

    pub(super) fn value(&mut self, typed: &Typed) -> Lowered {
        let data_type = typed.ty.data_type.clone();
        let sql = match &typed.node {
            Node::Field(_, index) => return self.column(*index),
            Node::Get(base, _, index) => return self.get(base, *index),
            Node::Literal(value) => return self.literal(value, &data_type),
            Node::Unary(UnaryOp::Neg, a) => Expr::Negative(Box::new(self.value(a).sql)),
            Node::Unary(UnaryOp::Not, _) => self.condition(typed, false),
            Node::Binary(op, a, b) => match arithmetic(*op) {
                Some(sql) => self.arithmetic(sql, a, b),
                None => self.condition(typed, false),
            },
            Node::If(c, a, b) => return self.choice(c, a, b),
            Node::Cast(a) => self.cast(a, &data_type),
            Node::Call(function, args) => return self.call(*function, args, &data_type),
            Node::Row(parts) => return self.record(parts, &data_type),
        };
        Lowered { sql, data_type }
    }

    fn column(&self, index: usize) -> Lowered {
        let column = &self.columns[index];
        Lowered { sql: column.value(self.input), data_type: column.field.data_type.clone() }
    }

    fn get(&mut self, base: &Typed, index: usize) -> Lowered {
        if let Node::Field(_, side) = &base.node
            && let Place::Spread { fields, .. } = &self.columns[*side].place
        {
            let column = &fields[index];
            return Lowered { sql: column.value(self.input), data_type: column.field.data_type.clone() };
        }
        let row = self.value(base);
        let DataType::Row(schema) = &row.data_type else { return row };
        let field = &schema.fields[index];
        Lowered { sql: Expr::Field(Box::new(row.sql), field.name.clone()), data_type: field.data_type.clone() }
    }

    /// Whether an optional value is there.
    pub(super) fn presence(&mut self, typed: &Typed) -> Expr {
        if let Node::Field(_, side) = &typed.node
            && let Place::Spread { present: Some(present), .. } = &self.columns[*side].place
        {
            return super::stream::at(self.input, present).present();
        }
        self.value(typed).sql.present()
    }

    fn choice(&mut self, c: &Typed, a: &Typed, b: &Typed) -> Lowered {
        let c = self.condition(c, false);
        let (a, b, data_type) = self.alike(a, b);
        Lowered { sql: Expr::case(c, a, b), data_type }
    }

    /// Two values of one type in SQL.
    pub(super) fn alike(&mut self, a: &Typed, b: &Typed) -> (Expr, Expr, DataType) {
        let (left, right) = (self.value(a), self.value(b));
        // A constant goes by the other one. Beside a NULL the planner cannot reckon with times, so these stand as numbers.
        let constant = is_literal(a) || is_literal(b);
        let data_type = match &a.ty.data_type {
            DataType::Timestamp if constant => DataType::EpochMillis,
            _ if is_literal(a) => right.data_type.clone(),
            _ => left.data_type.clone(),
        };
        (self.convert(left, &data_type), self.convert(right, &data_type), data_type)
    }

    fn record(&mut self, parts: &[Typed], data_type: &DataType) -> Lowered {
        let DataType::Row(schema) = data_type else {
            return Lowered { sql: Expr::Null, data_type: data_type.clone() };
        };
        let values: Vec<Lowered> = parts.iter().map(|part| self.value(part)).collect();
        let own = |(field, value): (&flow::ir::types::Field, &Lowered)| {
            flow::ir::types::Field::new(field.name.clone(), value.data_type.clone(), field.nullable)
        };
        let data_type = DataType::Row(Schema::new(schema.fields.iter().zip(&values).map(own).collect()));
        let values = values.into_iter().map(|value| value.sql).collect();
        Lowered { sql: super::stream::row(values, &data_type), data_type }
    }

    fn arithmetic(&mut self, op: Op, a: &Typed, b: &Typed) -> Expr {
        let ty = &a.ty.data_type;
        if ty.is_float() && op == Op::Add {
            // The planner takes `x + 0` for `x`, which it is not for -0.0.
            let zero = |typed: &Typed| is_zero(typed) && !is_negative(typed);
            let other = if zero(a) { Some(b) } else { zero(b).then_some(a) };
            if let Some(other) = other {
                let zero = || whole_float(ty);
                let negated = Expr::infix(Op::Sub, zero(), self.value(other).sql);
                return Expr::infix(Op::Sub, zero(), negated);
            }
        }
        // Beside a BIGINT or an INT a bare number has its type, but the type of a remainder is that of its right side.
        let wide = matches!(ty, DataType::I32 | DataType::I64) && op != Op::Rem;
        let mut operand = |typed: &Typed| {
            let bare = if wide { self.bare(typed) } else { None };
            bare.unwrap_or_else(|| self.value(typed).sql)
        };
        let (a, mut by) = (operand(a), operand(b));
        if ty.is_integer() && fails(op, b) {
            by = unseen(by, whole(1, ty));
        }
        Expr::infix(op, a, by)
    }

    fn cast(&mut self, from: &Typed, to: &DataType) -> Expr {
        let value = self.value(from).sql;
        match (&from.ty.data_type, to) {
            (from, to) if from == to => value,
            // What the planner knows of a number it would reckon with, and has neither signs of zeros nor NaN and infinities.
            (from, DataType::F32 | DataType::F64) if !from.is_float() => {
                unseen(value, Expr::Null.cast(from.clone())).cast(to.clone())
            }
            (DataType::F32 | DataType::F64, DataType::I8 | DataType::I16) => {
                // Flink's own saturates as an INT, and wraps then.
                let (least, most) = if *to == DataType::I8 { (-128, 127) } else { (-32768, 32767) };
                let whole = Expr::Call("LEAST", vec![value.cast(DataType::I32), Expr::Integer(most)]);
                Expr::Call("GREATEST", vec![whole, Expr::Integer(least)]).cast(to.clone())
            }
            _ => value.cast(to.clone()),
        }
    }

    /// A value as one of this type, which differs from its own in how times are written.
    pub(super) fn convert(&mut self, value: Lowered, to: &DataType) -> Expr {
        match (&value.data_type, to) {
            (from, to) if from == to => value.sql,
            (DataType::EpochMillis, DataType::Timestamp) if is_null(&value.sql) => Expr::Null.cast(to.clone()),
            (DataType::EpochMillis, DataType::Timestamp) => self.moment(value.sql),
            (DataType::Timestamp, DataType::EpochMillis) => time::millis(value.sql),
            (DataType::Row(from), DataType::Row(schema)) => {
                let row = value.sql;
                let fields = from.fields.iter().zip(&schema.fields).map(|(from, to)| {
                    let sql = Expr::Field(Box::new(row.clone()), from.name.clone());
                    self.convert(Lowered { sql, data_type: from.data_type.clone() }, &to.data_type)
                });
                let made = super::stream::row(fields.collect(), to);
                Expr::case(row.absent(), Expr::Null.cast(to.clone()), made)
            }
            (DataType::Array(_), DataType::Array(_)) => {
                self.refuse(Limit::NestedTimes, "");
                value.sql
            }
            _ => value.sql,
        }
    }

    /// Milliseconds as a TIMESTAMP_LTZ(3).
    fn moment(&self, millis: Expr) -> Expr {
        let constant = match &millis {
            Expr::Integer(value) => Some(*value),
            Expr::Cast(value, _) => {
                if let Expr::Integer(value) = **value {
                    Some(value)
                } else {
                    None
                }
            }
            _ => None,
        };
        match constant {
            Some(value) if super::literal::TIMES.contains(&value) => time::near(Expr::Integer(value)),
            Some(_) => {
                let none = whole(0, &DataType::I64);
                time::moment(unseen(millis, none))
            }
            None => time::moment(millis),
        }
    }
}

fn arithmetic(op: BinaryOp) -> Option<Op> {
    Some(match op {
        BinaryOp::Add => Op::Add,
        BinaryOp::Sub => Op::Sub,
        BinaryOp::Mul => Op::Mul,
        BinaryOp::Div => Op::Div,
        BinaryOp::Rem => Op::Rem,
        _ => return None,
    })
}

/// Whether an expression may fail: it divides integers.
pub(super) fn may_fail(typed: &Typed) -> bool {
    let divides = |typed: &Typed| match &typed.node {
        Node::Binary(BinaryOp::Div | BinaryOp::Rem, _, by) => {
            by.ty.data_type.is_integer() && (!is_literal(by) || is_whole_zero(by))
        }
        _ => false,
    };
    divides(typed) || typed.children().into_iter().any(may_fail)
}

fn is_null(sql: &Expr) -> bool {
    matches!(sql, Expr::Cast(value, _) if **value == Expr::Null)
}

/// Whether it divides by a constant zero.
fn fails(op: Op, by: &Typed) -> bool {
    matches!(op, Op::Div | Op::Rem) && is_whole_zero(by)
}

fn is_whole_zero(typed: &Typed) -> bool {
    matches!(typed.node, Node::Literal(Value::I8(0) | Value::I16(0) | Value::I32(0) | Value::I64(0)))
}

pub(super) fn is_zero(typed: &Typed) -> bool {
    match typed.node {
        Node::Literal(Value::F64(v)) => v == 0.0,
        Node::Literal(Value::F32(v)) => v == 0.0,
        _ => false,
    }
}

fn is_negative(typed: &Typed) -> bool {
    match typed.node {
        Node::Literal(Value::F64(v)) => v.is_sign_negative(),
        Node::Literal(Value::F32(v)) => v.is_sign_negative(),
        _ => false,
    }
}

pub(super) fn whole_float(data_type: &DataType) -> Expr {
    if *data_type == DataType::F32 { Expr::Double(0.0).cast(DataType::F32) } else { Expr::Double(0.0) }
}

/// The value that an optional one stands for, by the function of the IR: the first, or the other where there is none.
pub(super) fn is_or_else(function: Function) -> bool {
    matches!(function, Function::UnwrapOr | Function::OrElse)
}
