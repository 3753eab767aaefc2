//! The catalogue of heads and stages. What a stage is called, takes, needs and yields stands here and nowhere else;
//! arity, unknown options, "did you mean" and the order of stages follow from it.

use Shape::{Keyed, Plain, Upsert, Windowed};
use proc_macro2::TokenStream;

use crate::lower::{self, Context};
use crate::model::Call;

/// A head or a stage.
#[derive(Debug)]
pub struct Row {
    /// The word.
    pub name: &'static str,
    /// How it is written.
    pub usage: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// How many arguments without a name it takes, at least and at most.
    pub arity: (usize, usize),
    /// Its options, `name` and `parallelism` apart.
    pub options: &'static [&'static str],
    /// Words that stand alone, by group: of each group one at most.
    pub flags: &'static [&'static [&'static str]],
    /// Whether an option of any other name is a route.
    pub routes: bool,
    /// What may stand before it; nothing before a head.
    pub takes: &'static [Shape],
    /// Whether it needs event times.
    pub timed: bool,
    /// What stands after it.
    pub yields: Yields,
    /// Whether its output is a new type of record, whose schema belongs into the IR.
    pub new_record: bool,
    /// Why no form of it is portable, and what is.
    pub opaque: Option<(&'static str, &'static str)>,
    /// The call of the fluent API, from the dot on; the whole expression for a head.
    pub lower: fn(&Call, &mut Context) -> TokenStream,
}

/// The kinds of stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `Stream<T>`.
    Plain,
    /// `KeyedStream<K, T>`.
    Keyed,
    /// `WindowedStream<K, T>`.
    Windowed,
    /// `UpsertStream<K, V>`.
    Upsert,
}

/// What kind of stream a stage gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yields {
    /// That which it was given.
    Same,
    /// A stream of this kind.
    One(Shape),
    /// A plain stream after a window, an upsert stream after a key.
    PerGroup,
    /// What a function of the user makes of it.
    Unknown,
    /// Nothing: the chain ends.
    Nothing,
}

const HEAD: Row = Row {
    name: "",
    usage: "",
    doc: "",
    arity: (1, 1),
    options: &[],
    flags: &[],
    routes: false,
    takes: &[],
    timed: false,
    yields: Yields::One(Plain),
    new_record: false,
    opaque: None,
    lower: lower::heads::source,
};

const STAGE: Row = Row { takes: &[Plain, Keyed], lower: lower::stateless::filter, ..HEAD };

/// Every head but a stream's name.
pub const HEADS: &[Row] = &[
    Row { name: "source", usage: "source(e)", doc: "The records of a source.", new_record: true, ..HEAD },
    Row {
        name: "union",
        usage: "union(a, b, …)",
        doc: "The records of several streams of one type.",
        arity: (2, usize::MAX),
        lower: lower::heads::union,
        ..HEAD
    },
    Row {
        name: "join",
        usage: "join(a, b, on = (|x| x.id, |y| y.id), window = tumbling(1min), inner)",
        doc: "Pairs of records with equal keys, of the same window or within an interval.",
        arity: (2, 2),
        options: &["on", "window", "offset", "between"],
        flags: &[&["inner", "left", "right", "full"]],
        timed: true,
        lower: lower::join::join,
        ..HEAD
    },
];

/// Every stage.
pub const STAGES: &[Row] = &[
    Row {
        name: "filter",
        usage: "filter(|o| …)",
        doc: "Keeps the records for which the closure is true.",
        yields: Yields::Same,
        ..STAGE
    },
    Row {
        name: "map",
        usage: "map(|o| …)",
        doc: "Makes one record of each; drops the key.",
        new_record: true,
        lower: lower::stateless::map,
        ..STAGE
    },
    Row {
        name: "flat_map",
        usage: "flat_map(|o| …)",
        doc: "Makes any number of records of each; drops the key.",
        new_record: true,
        lower: lower::stateless::flat_map,
        ..STAGE
    },
    Row {
        name: "filter_map",
        usage: "filter_map(|o| …)",
        doc: "Makes a record of each for which the closure gives `Some`.",
        new_record: true,
        lower: lower::stateless::filter_map,
        ..STAGE
    },
    Row {
        name: "try_map",
        usage: "try_map(|o| …)",
        doc: "Makes one record of each; an `Err` goes by the pipeline's error policy.",
        new_record: true,
        opaque: Some(("`try_map` runs in-process only", "write `map` or `filter_map`")),
        lower: lower::stateless::plain,
        ..STAGE
    },
    Row {
        name: "inspect",
        usage: "inspect(|o| …)",
        doc: "Shows each record to the closure.",
        yields: Yields::Same,
        opaque: Some(("`inspect` runs in-process only", "remove it, or remove `portable;`")),
        lower: lower::stateless::plain,
        ..STAGE
    },
    Row {
        name: "map_async",
        usage: "map_async(|o| fut, concurrency = 16, timeout = 5s, retries = 3, ordered)",
        doc: "Makes one record of each, several at a time.",
        options: &["concurrency", "timeout", "retries"],
        flags: &[&["ordered", "unordered"]],
        new_record: true,
        opaque: Some(("`map_async` runs in-process only", "write a `join` with a stream of what is looked up")),
        lower: lower::stateless::map_async,
        ..STAGE
    },
    Row {
        name: "enrich",
        usage: "enrich(|batch| fut, |o, answer| …, concurrency = 4, timeout = 5s, retries = 3, ordered)",
        doc: "Makes one record of each and of its answer; a request asks for many records at a time.",
        arity: (2, 2),
        options: &["concurrency", "timeout", "retries"],
        flags: &[&["ordered", "unordered"]],
        new_record: true,
        opaque: Some(("`enrich` runs in-process only", "write a `join` with a stream of what is looked up")),
        lower: lower::stateless::enrich,
        ..STAGE
    },
    Row {
        name: "watermark",
        usage: "watermark(|o| o.at, delay = 5s)",
        doc: "Says when a record happened, and how far out of order records may be.",
        arity: (0, 1),
        options: &["delay", "strategy"],
        flags: &[&["monotonic"]],
        takes: &[Plain],
        yields: Yields::Same,
        lower: lower::watermark::watermark,
        ..STAGE
    },
    Row {
        name: "key_by",
        usage: "key_by(|o| o.region)",
        doc: "Brings records with equal keys together.",
        yields: Yields::One(Keyed),
        lower: lower::keys::key_by,
        ..STAGE
    },
    Row {
        name: "window",
        usage: "window(tumbling(1min))",
        doc: "Groups the records of a key by time.",
        options: &["offset", "lateness", "late"],
        takes: &[Keyed],
        timed: true,
        yields: Yields::One(Windowed),
        lower: lower::window::window,
        ..STAGE
    },
    Row {
        name: "aggregate",
        usage: "aggregate(|o| Out { total: sum(o.amount) })",
        doc: "One record per key and window, of aggregations; without a window, one per key that is kept up to date.",
        takes: &[Windowed, Keyed],
        yields: Yields::PerGroup,
        new_record: true,
        lower: lower::aggregate::aggregate,
        ..STAGE
    },
    Row {
        name: "fold",
        usage: "fold(init, |acc, o| …)",
        doc: "One value per key and window, made by a closure.",
        arity: (2, 2),
        takes: &[Windowed, Keyed],
        yields: Yields::PerGroup,
        opaque: Some(("`fold` runs in-process only", "write `aggregate(|o| …)`")),
        lower: lower::stateless::plain,
        ..STAGE
    },
    Row {
        name: "reduce",
        usage: "reduce(|a, b| …)",
        doc: "One record per key and window, made of two by a closure.",
        takes: &[Windowed, Keyed],
        yields: Yields::PerGroup,
        opaque: Some(("`reduce` runs in-process only", "write `aggregate(|o| …)`")),
        lower: lower::stateless::plain,
        ..STAGE
    },
    Row {
        name: "top",
        usage: "top(3, |r| r.total)",
        doc: "The n best records per key and window, the best first.",
        arity: (2, 2),
        takes: &[Windowed],
        lower: lower::stateless::top,
        ..STAGE
    },
    Row {
        name: "process",
        usage: "process(operator)",
        doc: "An operator with state and timers, per key.",
        takes: &[Keyed],
        new_record: true,
        opaque: Some(("`process` runs in-process only", "write windows and aggregates, or remove `portable;`")),
        lower: lower::stateless::plain,
        ..STAGE
    },
    Row {
        name: "route",
        usage: "route(big = |o| o.amount > 1000, rest)",
        doc: "Splits a stream: the first route whose closure is true takes the record.",
        arity: (0, 0),
        flags: &[&["rest"]],
        routes: true,
        takes: &[Plain],
        yields: Yields::Nothing,
        lower: lower::route::route,
        ..STAGE
    },
    Row {
        name: "apply",
        usage: "apply(f)",
        doc: "What a function makes of the stream.",
        takes: &[Plain, Keyed, Windowed, Upsert],
        yields: Yields::Unknown,
        lower: lower::apply::apply,
        ..STAGE
    },
    Row {
        name: "sink",
        usage: "sink(e)",
        doc: "Where the records go.",
        takes: &[Plain, Keyed, Upsert],
        yields: Yields::Nothing,
        lower: lower::stateless::plain,
        ..STAGE
    },
];

impl Row {
    /// Every option that it knows.
    pub fn known_options(&self) -> Vec<&'static str> {
        self.options.iter().chain(&["name", "parallelism"]).copied().collect()
    }
}

/// The head of this name.
pub fn head(name: &str) -> Option<&'static Row> {
    HEADS.iter().find(|row| row.name == name)
}

/// The stage of this name.
pub fn stage(name: &str) -> Option<&'static Row> {
    STAGES.iter().find(|row| row.name == name)
}

/// The names of all rows of a table.
pub fn names(rows: &[Row]) -> Vec<&'static str> {
    rows.iter().map(|row| row.name).collect()
}
