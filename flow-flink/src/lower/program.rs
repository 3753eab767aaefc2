//! From sources to sinks: streams in order, stages in order.

use super::early;
use super::expr::Exprs;
use super::stream::{Column, Stream};
use crate::obstacle::{Obstacle, Obstacles};
use crate::script::{Part, Script, Statement, StatementKind};
use crate::sql::{self, Query};
use crate::support::Limit;
use crate::translate::Options;
use flow::ir::document::{Endpoint, Ref};
use flow::ir::program::{Action, Line, LineInput, Program, Step};
use std::collections::{HashMap, HashSet};

/// The statements of a program, or everything in it that Flink cannot do.
pub(crate) fn lower(program: &Program, options: &Options) -> Result<Script, Obstacles> {
    let mut lowering = Lowering {
        program,
        options,
        part: whole(program),
        names: HashSet::new(),
        streams: HashMap::new(),
        sides: Vec::new(),
        statements: Vec::new(),
        inserts: Vec::new(),
        obstacles: Vec::new(),
        without_push_down: false,
        from_1970: early::goes_wrong(program),
    };
    for (name, line) in &program.streams {
        let pointer = format!("/streams/{}", name.replace('~', "~0").replace('/', "~1"));
        let stream = lowering.line(line, &pointer);
        let of = |output: Option<String>| Ref { stream: name.clone(), output };
        let sides = std::mem::take(&mut lowering.sides);
        lowering.streams.extend(sides.into_iter().map(|(side, stream)| (of(Some(side)), stream)));
        lowering.streams.insert(of(None), stream);
    }
    for (i, (line, sink)) in program.ends.iter().enumerate() {
        let pointer = if program.ends.len() == 1 { String::new() } else { format!("/sinks/{i}") };
        let stream = lowering.line(line, &pointer);
        lowering.at_endpoint(&sink.endpoint, "sink", format!("{pointer}/sink"));
        lowering.sink(sink, &stream);
    }
    lowering.script()
}

/// The pipeline as a whole, as the place of a refusal.
fn whole(program: &Program) -> Part {
    Part { stage: program.metadata.job_name.clone(), pointer: "/metadata".to_owned(), origin: None }
}

/// What is known while a program is translated.
pub(super) struct Lowering<'a> {
    pub(super) program: &'a Program,
    pub(super) options: &'a Options,
    /// The stage that is being translated.
    pub(super) part: Part,
    names: HashSet<String>,
    pub(super) streams: HashMap<Ref, Stream>,
    /// The outputs of the stream at hand that have names.
    pub(super) sides: Vec<(String, Stream)>,
    statements: Vec<Statement>,
    inserts: Vec<(Part, sql::Insert)>,
    obstacles: Vec<Obstacle>,
    /// Whether a source with event time takes no watermarks from Flink's planner.
    pub(super) without_push_down: bool,
    /// Whether all event times have to be of 1970 or later.
    pub(super) from_1970: bool,
}

impl Lowering<'_> {
    pub(super) fn line(&mut self, line: &Line, pointer: &str) -> Stream {
        let mut stream = match &line.input {
            LineInput::Source(source) => {
                self.at_endpoint(&source.endpoint, "source", format!("{pointer}/source"));
                self.source(source)
            }
            // The program was checked: a stream stands before those that take it.
            LineInput::Ref(reference) => self.streams.get(reference).cloned().unwrap_or_else(Stream::nothing),
        };
        for step in &line.steps {
            stream = self.step(step, stream);
        }
        stream
    }

    fn step(&mut self, step: &Step, input: Stream) -> Stream {
        self.at(step);
        self.tasks(step.parallelism);
        let schema = &step.shape.schema;
        self.names_can_be_written(schema);
        match &step.action {
            Action::Filter(condition) => self.filter(condition, &input),
            Action::Map(fields) => self.map(fields, schema, &input),
            Action::FlatMap(list) => self.flat_map(list, &input),
            Action::Route(ways) => self.route(ways, &input),
            Action::Aggregate(aggregate) => match aggregate.window {
                Some(window) => self.window_aggregate(aggregate, &window, schema, &input),
                None => self.running_aggregate(aggregate, schema, &input),
            },
            Action::Top { keys, window, count, by } => self.top(keys, window, (*count, by), &input),
            Action::Union(lines) => {
                let others = lines.iter().enumerate().map(|(i, line)| {
                    let pointer = format!("{}/others/{i}", step.pointer);
                    self.line(line, &pointer)
                });
                let others: Vec<Stream> = others.collect();
                self.at(step);
                self.union(&input, &others)
            }
            Action::Join(join) => {
                let other = self.line(&join.other, &format!("{}/other", step.pointer));
                self.at(step);
                self.join(join, schema, &input, &other)
            }
        }
    }

    /// Refuses another number of tasks than the pipeline has.
    pub(super) fn tasks(&mut self, tasks: Option<usize>) {
        if tasks.is_some_and(|tasks| tasks != self.program.metadata.parallelism) {
            self.refuse(Limit::StageParallelism, "");
        }
    }

    fn at(&mut self, step: &Step) {
        let kind = match &step.action {
            Action::Filter(_) => "filter",
            Action::Map(_) => "map",
            Action::FlatMap(_) => "flat_map",
            Action::Aggregate(_) => "aggregate",
            Action::Top { .. } => "top",
            Action::Union(_) => "union",
            Action::Join(_) => "join",
            Action::Route(_) => "route",
        };
        let stage = step.name.clone().unwrap_or_else(|| kind.to_owned());
        self.part = Part { stage, pointer: step.pointer.clone(), origin: step.origin.clone() };
    }

    fn at_endpoint(&mut self, endpoint: &Endpoint, kind: &str, pointer: String) {
        let stage = endpoint.name.clone().unwrap_or_else(|| kind.to_owned());
        self.part = Part { stage, pointer, origin: endpoint.origin.clone() };
    }

    /// Refuses something of the stage at hand; `what` it is, if more is known than the table says.
    pub(super) fn refuse(&mut self, limit: Limit, what: &str) {
        let row = limit.row();
        let reason = format!("{}: {}", if what.is_empty() { row.what } else { what }, row.reason);
        let remedy = Some(row.remedy.to_owned()).filter(|remedy| !remedy.is_empty());
        let refusal = Obstacle { part: self.part.clone(), limit: Some(limit), reason, remedy };
        if !self.obstacles.contains(&refusal) {
            self.obstacles.push(refusal);
        }
    }

    /// Translates expressions over these columns.
    pub(super) fn exprs<'c, T>(
        &mut self,
        columns: &'c [Column],
        input: Option<&'static str>,
        lower: impl FnOnce(&mut Exprs<'c>) -> T,
    ) -> T {
        let mut exprs = Exprs::new(columns, input);
        let lowered = lower(&mut exprs);
        exprs.refused().into_iter().for_each(|(limit, what)| self.refuse(limit, &what));
        lowered
    }

    /// A name that nothing has yet, for what the stage at hand makes.
    pub(super) fn unique(&mut self, name: &str) -> String {
        let name = name.replace(['\n', '\r'], " ");
        let mut tried = name.clone();
        let mut number = 1;
        while !self.names.insert(tried.clone()) {
            number += 1;
            tried = format!("{name}_{number}");
        }
        tried
    }

    /// The view that the stage at hand is.
    pub(super) fn view(&mut self, query: Query) -> String {
        let stage = self.part.stage.clone();
        self.view_named(&stage, query)
    }

    pub(super) fn view_named(&mut self, name: &str, query: Query) -> String {
        let name = self.unique(name);
        self.state(StatementKind::View, &sql::Statement::View { name: name.clone(), query });
        name
    }

    pub(super) fn table(&mut self, table: sql::Table) {
        self.state(StatementKind::Table, &sql::Statement::Table(table));
    }

    fn state(&mut self, kind: StatementKind, statement: &sql::Statement) {
        let parts = vec![self.part.clone()];
        self.statements.push(Statement { kind, text: statement.to_string(), parts });
    }

    /// What the sink at hand is given.
    pub(super) fn insert(&mut self, insert: sql::Insert) {
        self.inserts.push((self.part.clone(), insert));
    }

    fn script(mut self) -> Result<Script, Obstacles> {
        self.part = whole(self.program);
        let settings = self.settings();
        if !self.obstacles.is_empty() {
            return Err(Obstacles::new(self.obstacles));
        }
        let parts = self.inserts.iter().map(|(part, ..)| part.clone()).collect();
        let inserts = self.inserts.into_iter().map(|(_, insert)| insert).collect();
        let text = sql::Statement::Insert(inserts).to_string();
        self.statements.push(Statement { kind: StatementKind::Insert, text, parts });
        Ok(Script { job_name: self.program.metadata.job_name.clone(), settings, statements: self.statements })
    }
}
