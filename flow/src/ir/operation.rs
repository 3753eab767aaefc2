//! The operations of an IR document.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::aggregation::AggregateFunction;
use super::document::Chain;
use super::types::{DataType, Schema, Type};
use super::window::{JoinBounds, JoinKind, WindowSpec};

/// One operation of a chain, and what is said of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stage {
    /// What is done.
    #[serde(flatten)]
    pub operation: Operation,
    /// Its stable id, if it was given one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// In how many tasks it runs, if it was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallelism: Option<usize>,
    /// Where it was written in the user's program; known only to who made the document.
    #[serde(skip)]
    pub origin: Option<String>,
}

impl Stage {
    /// An operation of which nothing else is said.
    pub fn new(operation: Operation) -> Self {
        Self { operation, name: None, parallelism: None, origin: None }
    }
}

/// What is done to the records of a chain. Expressions are SQL text over the fields of what comes in.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Operation {
    /// Keeps the records for which the condition holds.
    Filter {
        /// The condition.
        expression: String,
    },
    /// Makes each record into another.
    Map {
        /// The new record's fields.
        fields: Vec<OutputField>,
    },
    /// Makes as many records of each as its list holds: the list's records, in its order, with the event time of theirs.
    FlatMap {
        /// The list.
        expression: String,
    },
    /// Groups the records; an aggregate, a window or a top follows.
    GroupBy {
        /// The parts of the key; none: one group of all.
        keys: Vec<KeyPart>,
    },
    /// Cuts the groups into windows; an aggregate or a top follows.
    Window(WindowStage),
    /// Makes one record of each group (and window); without a window it is corrected with each record that comes.
    Aggregate(AggregateStage),
    /// The records of each group and window with the greatest value.
    Top {
        /// How many.
        count: u64,
        /// The value.
        expression: String,
    },
    /// These records and those of other chains as one stream.
    Union {
        /// The other chains.
        others: Vec<Chain>,
    },
    /// Pairs these records with those of another chain; the pair's fields are `f0` and `f1`.
    Join(Box<JoinStage>),
    /// Sends each record to the first condition that holds, a side output each; what fits none goes on. The last operation
    /// of a stream.
    Route {
        /// The named conditions.
        routes: Vec<NamedCondition>,
    },
}

/// A field of a record that is made, with the expression that makes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutputField {
    /// The field's name.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// Whether it may be absent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub nullable: bool,
    /// Where its value comes from.
    pub expression: String,
}

/// The schema that these fields make.
pub fn schema_of(fields: &[OutputField]) -> Schema {
    let field = |f: &OutputField| super::types::Field::new(f.name.clone(), f.data_type.clone(), f.nullable);
    Schema::new(fields.iter().map(field).collect())
}

/// The records that a list holds: what a `flatMap` can be of.
pub fn records_of(list: &Type) -> Option<&Schema> {
    let DataType::Array(item) = &list.data_type else { return None };
    match &item.data_type {
        DataType::Row(schema) if !(list.nullable || item.nullable) => Some(schema),
        _ => None,
    }
}

/// A part of a key: a field, or an expression with a name.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum KeyPart {
    /// A field of the record.
    Field(String),
    /// An expression.
    Expression {
        /// What is calculated.
        expression: String,
        /// The name under which the output finds it.
        alias: String,
    },
}

impl KeyPart {
    /// The name under which the output finds it.
    pub fn alias(&self) -> &str {
        match self {
            Self::Field(name) => name,
            Self::Expression { alias, .. } => alias,
        }
    }
}

/// A window, and the field that its event time is in, for readers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WindowStage {
    /// The window.
    #[serde(flatten)]
    pub spec: WindowSpec,
    /// The field of the source that event time is read from.
    #[serde(rename = "timeField", skip_serializing_if = "Option::is_none")]
    pub time_field: Option<String>,
}

/// Several aggregations, and the record that is made of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AggregateStage {
    /// The aggregations.
    pub aggregations: Vec<Aggregation>,
    /// The record's fields, over the key's parts, `window_start`, `window_end` and the aliases. None: the key's parts and the
    /// aggregations as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<OutputField>,
}

/// One aggregation of an aggregate.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Aggregation {
    /// The function.
    pub aggregation_type: AggregateFunction,
    /// The field that is aggregated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Or the expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// The condition of the records that count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The name of the result.
    pub alias: String,
}

/// A join with another chain.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinStage {
    /// Which rows come out without a partner.
    pub kind: JoinKind,
    /// The right side.
    pub other: Chain,
    /// The key of the left side, as expressions over its fields.
    pub left_keys: Vec<String>,
    /// The key of the right side, as expressions over its fields.
    pub right_keys: Vec<String>,
    /// Which rows can be partners.
    pub bounds: JoinBounds,
}

impl Serialize for JoinStage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Between {
            lower_ms: i64,
            upper_ms: i64,
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("joinType", &self.kind)?;
        map.serialize_entry("leftKeys", &self.left_keys)?;
        map.serialize_entry("rightKeys", &self.right_keys)?;
        match self.bounds {
            JoinBounds::Window(spec) => map.serialize_entry("window", &spec)?,
            JoinBounds::Between { lower, upper } => {
                map.serialize_entry("between", &Between { lower_ms: lower, upper_ms: upper })?;
            }
        }
        map.serialize_entry("other", &self.other)?;
        map.end()
    }
}

/// A way of a route.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NamedCondition {
    /// Its name, by which the stream is referred to.
    pub name: String,
    /// The condition of its records.
    pub condition: String,
}
