//! An IR document whose expressions have been read and typed: what is run, and what is translated.

use super::aggregation::AggregateFunction;
use super::document::{Metadata, Ref, Sink, Source};
use super::typed::Typed;
use super::types::{Schema, Type};
use super::window::{JoinBounds, JoinKind, WindowSpec};

/// A pipeline whose every expression has its type.
#[derive(Clone, Debug)]
pub struct Program {
    /// What is said of the pipeline as a whole.
    pub metadata: Metadata,
    /// The streams that are taken more than once, each behind those that it takes.
    pub streams: Vec<(String, Line)>,
    /// Where records leave the pipeline.
    pub ends: Vec<(Line, Sink)>,
}

/// Where records come from, and what is done to them in order.
#[derive(Clone, Debug)]
pub struct Line {
    /// Where they come from.
    pub input: LineInput,
    /// What is done to them.
    pub steps: Vec<Step>,
    /// The records that come out.
    pub shape: Shape,
}

/// What is known of the records of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Their fields.
    pub schema: Schema,
    /// Whether they have event times.
    pub timed: bool,
    /// If they correct rows by key: the parts of the key.
    pub upsert: Option<Vec<(String, Type)>>,
}

/// Where a line's records come from.
#[derive(Clone, Debug)]
pub enum LineInput {
    /// From outside.
    Source(Source),
    /// From a stream that stands before.
    Ref(Ref),
}

/// One thing that is done.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it is.
    pub action: Action,
    /// The stage's name, if it was given one.
    pub name: Option<String>,
    /// In how many tasks it runs, if it was told.
    pub parallelism: Option<usize>,
    /// Where it stands in the document, as a JSON pointer.
    pub pointer: String,
    /// Where it was written in the user's program, if that is known.
    pub origin: Option<String>,
    /// The records that come out.
    pub shape: Shape,
}

/// What is done to records.
#[derive(Clone, Debug)]
pub enum Action {
    /// Keeps those for which the condition holds.
    Filter(Typed),
    /// Makes each into another: its fields.
    Map(Vec<Typed>),
    /// Makes as many of each as its list holds: the list.
    FlatMap(Typed),
    /// Aggregates by key.
    Aggregate(Aggregate),
    /// The records of each key and window with the greatest value.
    Top {
        /// The parts of the key.
        keys: Vec<(String, Typed)>,
        /// The window.
        window: WindowSpec,
        /// How many.
        count: u64,
        /// The value.
        by: Typed,
    },
    /// With the records of other lines.
    Union(Vec<Line>),
    /// In pairs with those of another line.
    Join(Box<Join>),
    /// Each to the first condition that holds, or on.
    Route(Vec<(String, Typed)>),
}

/// Several aggregations over one key.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// The parts of the key.
    pub keys: Vec<(String, Typed)>,
    /// The window; none: a running aggregate.
    pub window: Option<WindowSpec>,
    /// The aggregations.
    pub aggregations: Vec<Aggregation>,
    /// The fields that `output` is calculated from: the key's parts, the window's bounds, the results.
    pub scope: Schema,
    /// The fields of the record that comes out.
    pub output: Vec<Typed>,
}

/// One aggregation.
#[derive(Clone, Debug)]
pub struct Aggregation {
    /// The function.
    pub function: AggregateFunction,
    /// What is aggregated; none: the records, for COUNT.
    pub operand: Option<Typed>,
    /// The condition of the records that count.
    pub filter: Option<Typed>,
    /// The name of the result.
    pub alias: String,
    /// The type of the result.
    pub ty: Type,
}

/// A join with another line.
#[derive(Clone, Debug)]
pub struct Join {
    /// The right side.
    pub other: Line,
    /// Which rows come out without a partner.
    pub kind: JoinKind,
    /// The key of the left side.
    pub left_keys: Vec<Typed>,
    /// The key of the right side.
    pub right_keys: Vec<Typed>,
    /// Which rows can be partners.
    pub bounds: JoinBounds,
}
