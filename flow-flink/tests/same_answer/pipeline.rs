//! Random pipelines over random records.
//!
//! What the semantics exclude is not generated: sums of floats, ties in `top`, MIN and MAX of floats, sessions exactly one gap apart,
//! `first` and `last` where nothing says which of two streams comes first.

use super::expression::Expressions;
pub(crate) use super::kind::{Kind, Level};
use super::random::Random;
use super::schema::{self, AT, Alphabet, ID, KEY, Times};
use super::windowed;
use flow::ir::Ir;
use flow::ir::document::{Chain, End, Endpoint, Input, Metadata, Ref, Sink, Source, Watermark};
use flow::ir::operation::{JoinStage, NamedCondition, Operation, OutputField, Stage, records_of, schema_of};
use flow::ir::types::{DataType, Field, Schema, Type};
use flow::ir::window::{JoinBounds, JoinKind};
use flow::record::Row;
use std::collections::BTreeMap;

/// A pipeline, and what its sources read.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) ir: Ir,
    /// By the names of the sources.
    pub(crate) inputs: BTreeMap<String, Vec<Row>>,
    /// How many partitions the topics have, by the names of sources and sinks; none, if it is over files.
    pub(crate) partitions: BTreeMap<String, usize>,
}

impl Case {
    /// What the cases of one job have in common.
    pub(crate) fn kind(&self) -> Kind {
        Kind { topics: !self.partitions.is_empty(), tasks: self.ir.metadata.parallelism }
    }
}

/// A stream that is being made.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) chain: Chain,
    pub(crate) schema: Schema,
    /// Whether the ids are those of one source.
    pub(crate) unique: bool,
    /// Whether the order of equal times is that of one source.
    pub(crate) ordered: bool,
}

impl Made {
    pub(crate) fn add(&mut self, operation: Operation) {
        self.chain.operations.push(Stage::new(operation));
    }
}

/// The lists of records that a record has, or a record in it, as expressions, and their items' fields.
fn lists(schema: &Schema) -> Vec<(String, Schema)> {
    let mut found = Vec::new();
    for field in schema.fields.iter().filter(|field| !field.nullable) {
        let name = flow::ir::sql_print::quote(&field.name);
        match &field.data_type {
            DataType::Row(inner) => {
                found.extend(lists(inner).into_iter().map(|(list, item)| (format!("{name}.{list}"), item)));
            }
            list => found.extend(records_of(&Type::required(list.clone())).map(|item| (name, item.clone()))),
        }
    }
    found
}

/// What makes a case.
pub(crate) struct Maker {
    pub(crate) random: Random,
    pub(crate) alphabet: Alphabet,
    pub(crate) times: Times,
    rows: usize,
    kind: Kind,
    names: usize,
    inputs: BTreeMap<String, Vec<Row>>,
    partitions: BTreeMap<String, usize>,
    streams: BTreeMap<String, Chain>,
    ends: Vec<End>,
}

/// The case of a seed, with so many rows in each source.
pub(crate) fn case(level: Level, seed: u64, rows: usize) -> Case {
    let mut random = Random::new(seed);
    let alphabet = Alphabet { astral: random.once_in(4) };
    let times = Times {
        // Before 1970 once in a while, and never with late records, which Flink takes there.
        base: match random.once_in(12) && level == Level::A {
            true => -20_001,
            false => random.pick(&[1_767_225_600_000, 1_767_225_599_001, 50_000]),
        },
        delay: random.pick(&[0, 1, 1_000, 5_000]),
        even: random.once_in(2),
        late: level == Level::B,
    };
    let kind = Kind::of(level, seed);
    let (inputs, partitions, streams, ends) = Default::default();
    Maker { random, alphabet, times, rows, kind, names: 0, inputs, partitions, streams, ends }.case(seed)
}

impl Maker {
    fn case(mut self, seed: u64) -> Case {
        let schema = schema::schema(&mut self.random);
        let mut made = self.source(&schema);
        self.stateless(&mut made);
        let shapes = if self.times.late { 2..7 } else { 0..12 };
        match shapes.start + self.random.below(shapes.len()) {
            0 | 1 => self.end(made),
            2..=5 => self.windows(made),
            6 => {
                if windowed::top(&mut self, &mut made) {
                    self.stateless(&mut made);
                }
                self.end(made);
            }
            7 | 8 => self.join(made, &schema, true),
            9 => self.join(made, &schema, false),
            10 => self.union(made, &schema),
            _ => self.route(made),
        }
        let metadata = Metadata {
            job_id: String::new(),
            job_name: format!("case-{seed}"),
            version: None,
            description: None,
            parallelism: self.kind.tasks,
            idle_timeout_ms: None,
            properties: [].into(),
        };
        let ir = Ir { metadata, streams: self.streams, ends: self.ends }.with_job_id();
        Case { seed, ir, inputs: self.inputs, partitions: self.partitions }
    }

    pub(crate) fn expressions<'a>(&'a mut self, schema: &'a Schema) -> Expressions<'a> {
        Expressions { random: &mut self.random, schema, alphabet: self.alphabet }
    }

    /// A name that no other field has.
    pub(crate) fn name(&mut self) -> String {
        self.names += 1;
        format!("n{}", self.names)
    }

    fn source(&mut self, schema: &Schema) -> Made {
        let name = format!("s{}", self.inputs.len());
        let rows = schema::rows(&mut self.random, self.alphabet, schema, self.times, self.rows);
        self.inputs.insert(name.clone(), rows);
        let (mut endpoint, partitions) = self.endpoint(name, schema.clone());
        if self.kind.topics {
            endpoint.options = ["startingOffsets", "endingOffsets"]
                .map(str::to_owned)
                .into_iter()
                .zip(["earliest".into(), "latest".into()])
                .collect();
        }
        let watermark = Watermark { field: AT.into(), delay_ms: self.times.delay, name: None };
        let source = Input::Source(Source { endpoint, watermark: Some(watermark) });
        let chain = Chain { source, operations: Vec::new() };
        Made { chain, schema: schema.clone(), unique: true, ordered: partitions == 1 }
    }

    /// A file, or a topic of some partitions: of one, where records are late.
    fn endpoint(&mut self, name: String, schema: Schema) -> (Endpoint, usize) {
        let mut partitions = 1;
        if self.kind.topics {
            partitions = if self.times.late { 1 } else { self.random.pick(&[1, 2, 3, 4]).max(self.kind.tasks) };
            self.partitions.insert(name.clone(), partitions);
        }
        let kind = if self.kind.topics { "kafka" } else { "file" }.to_owned();
        (Endpoint { kind, format: Some("json".into()), schema, name: Some(name), ..Endpoint::default() }, partitions)
    }

    /// A sink; once in a while behind a running aggregate, whose corrections no file takes.
    fn end(&mut self, mut made: Made) {
        let upsert = self.kind.topics && self.random.once_in(2);
        if upsert {
            windowed::running(self, &mut made);
        }
        let (endpoint, _) = self.endpoint(format!("out{}", self.ends.len()), made.schema);
        self.ends.push(End { chain: made.chain, sink: Sink { endpoint, upsert } });
    }

    /// Filters and maps, and of lists their items.
    fn stateless(&mut self, made: &mut Made) {
        for _ in 0..self.random.below(3) {
            let schema = made.schema.clone();
            let lists = lists(&schema);
            if !lists.is_empty() && self.random.once_in(2) {
                self.items(made, &lists);
            } else if self.random.once_in(2) {
                let expression = self.expressions(&schema).text(&Type::required(DataType::Bool), 3);
                made.add(Operation::Filter { expression });
            } else {
                let fields = self.fields(&schema);
                made.schema = schema_of(&fields);
                made.add(Operation::Map { fields });
            }
        }
    }

    /// The items of a list, or of one of two alike.
    fn items(&mut self, made: &mut Made, lists: &[(String, Schema)]) {
        let (mut expression, item) = self.random.pick(lists);
        if self.random.once_in(3) {
            let alike: Vec<_> =
                lists.iter().filter(|(_, other)| *other == item).map(|(list, _)| list.clone()).collect();
            let other = self.random.pick(&alike);
            let condition = self.expressions(&made.schema).text(&Type::required(DataType::Bool), 2);
            expression = format!("CASE WHEN {condition} THEN {expression} ELSE {other} END");
        }
        made.add(Operation::FlatMap { expression });
        (made.schema, made.unique) = (item, false);
    }

    /// A new record's fields: some of the old ones, and others.
    pub(crate) fn fields(&mut self, schema: &Schema) -> Vec<OutputField> {
        let mut fields: Vec<OutputField> = Vec::new();
        for field in &schema.fields {
            if [ID, KEY].contains(&field.name.as_str()) && !self.random.once_in(4) || self.random.once_in(6) {
                fields.push(OutputField {
                    name: field.name.clone(),
                    data_type: field.data_type.clone(),
                    nullable: field.nullable,
                    expression: flow::ir::sql_print::quote(&field.name),
                });
            }
        }
        for _ in 0..1 + self.random.below(3) {
            let name = self.name();
            let ty = Type { data_type: self.expressions(schema).scalar(), nullable: self.random.once_in(3) };
            let expression = self.expressions(schema).text(&ty, 3);
            fields.push(OutputField { name, nullable: ty.nullable, data_type: ty.data_type, expression });
        }
        fields
    }

    fn windows(&mut self, mut made: Made) {
        windowed::aggregate(self, &mut made);
        self.stateless(&mut made);
        if self.random.once_in(3) {
            windowed::aggregate(self, &mut made);
        }
        self.end(made);
    }

    fn join(&mut self, left: Made, schema: &Schema, in_window: bool) {
        let (left, mut right) = if self.random.once_in(3) {
            let stream = "both".to_owned();
            let source = Input::Ref(Ref { stream: stream.clone(), output: None });
            self.streams.insert(stream, left.chain);
            let made = Made { chain: Chain { source, operations: Vec::new() }, ..left };
            (made.clone(), made)
        } else {
            (left, self.source(schema))
        };
        self.stateless(&mut right);
        let key = Type::required(self.random.pick(&[DataType::I64, DataType::String, DataType::I8]));
        let [left_key, right_key] = [&left, &right].map(|made| self.key_of(&made.schema, &key));
        let kind = self.random.pick(&[JoinKind::Inner, JoinKind::Left, JoinKind::Right, JoinKind::Full]);
        let bounds = if in_window {
            JoinBounds::Window(windowed::window(self, self.times.even))
        } else {
            let lower = self.random.pick(&[0, -1_000, -5_000, 500]);
            JoinBounds::Between { lower, upper: lower + self.random.pick(&[0, 1, 1_000, 4_000]) as i64 }
        };
        let sides = match kind {
            JoinKind::Inner => (false, false),
            JoinKind::Left => (false, true),
            JoinKind::Right => (true, false),
            JoinKind::Full => (true, true),
        };
        let mut made = left;
        made.schema = Schema::new(vec![
            Field::new("f0", DataType::Row(made.schema.clone()), sides.0),
            Field::new("f1", DataType::Row(right.schema), sides.1),
        ]);
        let join =
            JoinStage { kind, other: right.chain, left_keys: vec![left_key], right_keys: vec![right_key], bounds };
        made.add(Operation::Join(Box::new(join)));
        (made.unique, made.ordered) = (false, false);
        self.stateless(&mut made);
        if self.random.once_in(3) {
            windowed::aggregate(self, &mut made);
        }
        self.end(made);
    }

    /// A key that meets others: of few values.
    fn key_of(&mut self, schema: &Schema, of: &Type) -> String {
        let same = schema.fields.iter().find(|field| field.name == KEY && field.ty() == *of);
        if let Some(field) = same {
            return flow::ir::sql_print::quote(&field.name);
        }
        self.expressions(schema).text_alone(of, 2)
    }

    fn union(&mut self, mut made: Made, schema: &Schema) {
        let mut other = self.source(schema);
        if made.schema != *schema {
            // Made alike by the same stages.
            other.chain.operations.clone_from(&made.chain.operations);
        }
        made.add(Operation::Union { others: vec![other.chain] });
        (made.unique, made.ordered) = (false, false);
        if self.random.once_in(2) {
            windowed::aggregate(self, &mut made);
        }
        self.end(made);
    }

    fn route(&mut self, mut made: Made) {
        let routes: Vec<_> = (0..1 + self.random.below(2))
            .map(|n| {
                let condition = self.expressions(&made.schema).text(&Type::required(DataType::Bool), 2);
                NamedCondition { name: format!("way {n}"), condition }
            })
            .collect();
        let outputs: Vec<_> = routes.iter().map(|route| Some(route.name.clone())).chain([None]).collect();
        made.add(Operation::Route { routes });
        self.streams.insert("ways".into(), made.chain.clone());
        for output in outputs {
            let source = Input::Ref(Ref { stream: "ways".into(), output });
            let mut side = Made { chain: Chain { source, operations: Vec::new() }, ..made.clone() };
            self.stateless(&mut side);
            if self.random.once_in(3) {
                windowed::aggregate(self, &mut side);
            }
            self.end(side);
        }
    }
}
