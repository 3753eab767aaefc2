//! Aggregates over values, by the rules of the typed ones.

use crate::aggregates::{AggregateSpec, Described, Orderable};
use crate::ir::aggregation::AggregateFunction;
use crate::ir::eval;
use crate::ir::expr::BinaryOp;
use crate::ir::program::Aggregation;
use crate::ir::types::DataType;
use crate::ir::value::Value;
use crate::record::Row;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// The aggregations of a stage.
pub(super) struct ValueAggregates(pub(super) Vec<Aggregation>);

/// What is kept of one aggregation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Kept {
    /// Nothing has come that counts.
    Nothing,
    Count(i64),
    Value(Value),
    /// A total of 64 bits, and of how many.
    Mean(Value, i64),
    At(Timestamp, Value),
    Distinct(BTreeSet<Value>),
}

impl Orderable for Value {
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::F32(a), Self::F32(b)) => a.order(b),
            (Self::F64(a), Self::F64(b)) => a.order(b),
            _ => self.cmp(other),
        }
    }
}

/// What an evaluation gives; its failure is the stage's, as that of a closure.
pub(super) fn given<T>(result: crate::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{}", error.message()))
}

fn plus(a: Value, b: Value) -> Value {
    given(eval::binary(BinaryOp::Add, a, b))
}

fn widened(value: &Value) -> Value {
    let to = if matches!(value, Value::F32(_) | Value::F64(_)) { DataType::F64 } else { DataType::I64 };
    eval::cast(value, &to)
}

impl Kept {
    /// Of two that were kept, what is kept of both; `other` came later.
    fn and(self, other: Self, function: AggregateFunction) -> Self {
        use AggregateFunction::{First, Last, Max, Min};
        match (self, other) {
            (Self::Nothing, kept) | (kept, Self::Nothing) => kept,
            (Self::Count(a), Self::Count(b)) => Self::Count(a.wrapping_add(b)),
            (Self::Value(a), Self::Value(b)) => Self::Value(match function {
                Min if b.order(&a).is_lt() => b,
                Max if b.order(&a).is_gt() => b,
                Min | Max => a,
                _ => plus(a, b),
            }),
            (Self::Mean(a, n), Self::Mean(b, m)) => Self::Mean(plus(a, b), n + m),
            (Self::At(a, x), Self::At(b, y)) => match function {
                First if b < a => Self::At(b, y),
                Last if b >= a => Self::At(b, y),
                _ => Self::At(a, x),
            },
            (Self::Distinct(mut a), Self::Distinct(b)) => {
                a.extend(b);
                Self::Distinct(a)
            }
            (kept, _) => kept,
        }
    }

    /// What is kept of one record.
    fn of(aggregation: &Aggregation, row: &[Value], time: Timestamp) -> Self {
        if aggregation.filter.as_ref().is_some_and(|filter| !given(eval::condition(filter, row))) {
            return Self::Nothing;
        }
        let Some(operand) = &aggregation.operand else { return Self::Count(1) };
        let value = given(eval::eval(operand, row));
        if value.is_null() {
            return Self::Nothing;
        }
        match aggregation.function {
            AggregateFunction::Count => Self::Count(1),
            AggregateFunction::Sum | AggregateFunction::Min | AggregateFunction::Max => Self::Value(value),
            AggregateFunction::Avg => Self::Mean(widened(&value), 1),
            AggregateFunction::First | AggregateFunction::Last => Self::At(time, value),
            AggregateFunction::CountDistinct => Self::Distinct(BTreeSet::from([value])),
        }
    }

    fn result(&self, aggregation: &Aggregation) -> Value {
        match self {
            Self::Nothing => match aggregation.function {
                AggregateFunction::Count | AggregateFunction::CountDistinct => Value::I64(0),
                _ => Value::Null,
            },
            Self::Count(n) => Value::I64(*n),
            Self::Value(value) | Self::At(_, value) => value.clone(),
            Self::Mean(Value::F64(total), n) => eval::cast(&Value::F64(total / *n as f64), &aggregation.ty.data_type),
            Self::Mean(Value::I64(total), n) => eval::cast(&Value::I64(total / n), &aggregation.ty.data_type),
            Self::Mean(..) => Value::Null,
            Self::Distinct(values) => Value::I64(values.len() as i64),
        }
    }
}

impl AggregateSpec<Row> for ValueAggregates {
    type Accumulator = Vec<Kept>;
    type Output = Vec<Value>;

    fn start(&self, Row(row): &Row, time: Timestamp) -> Vec<Kept> {
        self.0.iter().map(|aggregation| Kept::of(aggregation, row, time)).collect()
    }

    fn add(&self, kept: &mut Vec<Kept>, record: &Row, time: Timestamp) {
        self.merge(kept, self.start(record, time));
    }

    fn merge(&self, kept: &mut Vec<Kept>, other: Vec<Kept>) {
        for ((kept, other), aggregation) in kept.iter_mut().zip(other).zip(&self.0) {
            *kept = std::mem::replace(kept, Kept::Nothing).and(other, aggregation.function);
        }
    }

    fn result(&self, kept: &Vec<Kept>) -> Vec<Value> {
        kept.iter().zip(&self.0).map(|(kept, aggregation)| kept.result(aggregation)).collect()
    }

    fn describe(&self) -> Vec<Described> {
        Vec::new()
    }
}
