//! The aggregations that both engines know, and the types that they give.

use serde::{Deserialize, Serialize};

use super::resolve::{WINDOW_END, WINDOW_START};
use super::types::{DataType, Field, Schema, Type};

/// What is made of the values of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AggregateFunction {
    /// How many records, or how many values that are not NULL: an `i64`.
    Count,
    /// Their sum, of the operand's type, wrapping.
    Sum,
    /// Their mean; of integers, truncated to the operand's type.
    Avg,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The first by event time, ties by arrival.
    First,
    /// The last by event time, ties by arrival.
    Last,
    /// How many different ones: an `i64`.
    CountDistinct,
}

impl AggregateFunction {
    /// The type of the result, if the function takes such an operand; `None`: the whole record, for COUNT.
    ///
    /// NULLs are skipped, so the result is NULL only when the operand can be, or a filter may leave nothing over.
    pub fn result(self, operand: Option<&Type>, filtered: bool) -> Option<Type> {
        let Some(operand) = operand else {
            return (self == Self::Count).then(|| Type::required(DataType::I64));
        };
        let of = &operand.data_type;
        let number = of.is_integer() || of.is_float();
        let simple = !matches!(of, DataType::Row(_) | DataType::Array(_));
        let takes = match self {
            Self::Count => return Some(Type::required(DataType::I64)),
            Self::CountDistinct => return (simple && !of.is_float()).then(|| Type::required(DataType::I64)),
            Self::Sum | Self::Avg => number,
            Self::Min | Self::Max => simple && !matches!(of, DataType::Bool | DataType::Bytes),
            Self::First | Self::Last => true,
        };
        takes.then(|| Type { data_type: of.clone(), nullable: operand.nullable || filtered })
    }

    /// Its name in the language and in Rust.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::First => "first",
            Self::Last => "last",
            Self::CountDistinct => "count_distinct",
        }
    }
}

/// The fields that the output of an aggregate is made of: the key's parts, the window's bounds, the results.
pub fn output_scope(keys: &[(String, Type)], windowed: bool, results: &[(String, Type)]) -> Schema {
    let field = |(name, ty): &(String, Type)| Field::new(name.clone(), ty.data_type.clone(), ty.nullable);
    let bounds = if windowed { &[WINDOW_START, WINDOW_END][..] } else { &[] };
    let bounds = bounds.iter().map(|name| Field::new(*name, DataType::Timestamp, false));
    Schema::new(keys.iter().map(field).chain(bounds).chain(results.iter().map(field)).collect())
}
