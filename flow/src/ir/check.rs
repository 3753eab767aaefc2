//! Document into program: every expression is read against the fields that it sees.

use std::collections::HashMap;

use super::aggregation::output_scope;
use super::document::{Chain, Input, Ir, LATE, Ref, Sink, Source};
use super::json::{at, within};
use super::operation::{AggregateStage, JoinStage, KeyPart, Operation, OutputField, Stage, records_of, schema_of};
use super::program::{Action, Aggregate, Aggregation, Join, Line, LineInput, Program, Shape, Step};
use super::resolve::{Scope, fits, has_order};
use super::sql_parse::parse;
use super::typed::{Node, Typed};
use super::types::{DataType, Field, Schema, Type, tuple_field};
use super::window::{JoinBounds, JoinKind, WindowSpec};
use crate::error::Error;

impl Ir {
    /// Reads every expression, and checks that all parts fit each other.
    ///
    /// # Errors
    ///
    /// The first mistake, and where it is, as a JSON pointer.
    pub fn program(&self) -> Result<Program, Error> {
        self.check_structure()?;
        let mut checker = Checker { shapes: HashMap::new() };
        let mut streams = Vec::new();
        for name in self.in_order()? {
            let place = format!("/streams/{}", name.replace('~', "~0").replace('/', "~1"));
            let line = checker.line(&self.streams[name], &place)?;
            checker.outputs(name, &line);
            streams.push((name.to_owned(), line));
        }
        let mut ends = Vec::new();
        for (i, end) in self.ends.iter().enumerate() {
            let place = if self.ends.len() == 1 { String::new() } else { format!("/sinks/{i}") };
            let line = checker.line(&end.chain, &place)?;
            sink(&end.sink, &line.shape, &format!("{place}/sink"))?;
            ends.push((line, end.sink.clone()));
        }
        Ok(Program { metadata: self.metadata.clone(), streams, ends })
    }

    /// Checks the document as a whole.
    ///
    /// # Errors
    ///
    /// As [`program`](Self::program).
    pub fn validate(&self) -> Result<(), Error> {
        self.program().map(|_| ())
    }
}

struct Checker {
    shapes: HashMap<Ref, Shape>,
}

impl Checker {
    /// Keeps what can be taken of a stream.
    fn outputs(&mut self, name: &str, line: &Line) {
        let of = |output: Option<&str>| Ref { stream: name.to_owned(), output: output.map(str::to_owned) };
        self.shapes.insert(of(None), line.shape.clone());
        let mut before: Option<&Shape> = None;
        for step in &line.steps {
            match &step.action {
                Action::Route(routes) => {
                    for (route, _) in routes {
                        self.shapes.insert(of(Some(route)), step.shape.clone());
                    }
                }
                Action::Aggregate(Aggregate { window: Some(window), .. }) | Action::Top { window, .. }
                    if window.late_output =>
                {
                    let late = before.cloned().or_else(|| self.input(&line.input));
                    self.shapes.extend(late.map(|shape| (of(Some(LATE)), shape)));
                }
                _ => {}
            }
            before = Some(&step.shape);
        }
    }

    fn input(&self, input: &LineInput) -> Option<Shape> {
        match input {
            LineInput::Ref(reference) => self.shapes.get(reference).cloned(),
            LineInput::Source(source) => {
                let (schema, timed) = (source.endpoint.schema.clone(), source.watermark.is_some());
                Some(Shape { schema, timed, upsert: None })
            }
        }
    }

    fn line(&self, chain: &Chain, place: &str) -> Result<Line, Error> {
        let input = match &chain.source {
            Input::Source(source) => LineInput::Source(watermarked(source, &format!("{place}/source"))?),
            Input::Ref(reference) => LineInput::Ref(reference.clone()),
        };
        let shape = self.input(&input);
        let mut shape = shape.ok_or_else(|| at(&format!("{place}/source"), "this stream is not there yet"))?;
        if shape.upsert.is_some() && !chain.operations.is_empty() {
            return Err(at(&format!("{place}/operations/0"), "it would be given corrections of rows"));
        }
        let mut steps = Vec::new();
        let mut group = Group::default();
        for (i, stage) in chain.operations.iter().enumerate() {
            let here = format!("{place}/operations/{i}");
            let scope = Scope::record(&shape.schema);
            match &stage.operation {
                Operation::GroupBy { keys } => group.keys = group_keys(keys, scope, &here)?,
                Operation::Window(_) if !shape.timed => {
                    return Err(at(&here, "a window needs event time").help("give every source a `watermark`"));
                }
                Operation::Window(window) => group.window = Some(window.spec),
                _ => {
                    let (action, next) = self.action(stage, &shape, &mut group, &here)?;
                    shape = next;
                    let Stage { name, parallelism, origin, .. } = stage.clone();
                    steps.push(Step { action, name, parallelism, origin, pointer: here, shape: shape.clone() });
                }
            }
        }
        Ok(Line { input, steps, shape })
    }

    fn action(&self, stage: &Stage, shape: &Shape, group: &mut Group, here: &str) -> Result<(Action, Shape), Error> {
        let scope = Scope::record(&shape.schema);
        let same = || shape.clone();
        Ok(match &stage.operation {
            Operation::Filter { expression } => {
                (Action::Filter(condition(expression, scope, &format!("{here}/expression"))?), same())
            }
            Operation::Map { fields } => {
                let action = Action::Map(output(fields, scope, here)?);
                (action, Shape { schema: schema_of(fields), ..same() })
            }
            Operation::FlatMap { expression } => {
                let place = format!("{here}/expression");
                let list = expr(expression, scope, None, &place)?;
                let schema = records_of(&list.ty).cloned().ok_or_else(|| {
                    at(&place, format_args!("{} is no list of records", list.ty))
                        .help("a flatMap takes an ARRAY of rows, itself and its rows never NULL")
                })?;
                distinct(&schema, &place)?;
                (Action::FlatMap(list), Shape { schema, ..same() })
            }
            Operation::Aggregate(stage) => {
                let Group { keys, window } = std::mem::take(group);
                let (aggregate, schema) = aggregate(stage, keys, window, scope, here)?;
                let key = |(name, typed): &(String, Typed)| (name.clone(), typed.ty.clone());
                let upsert = aggregate.window.is_none().then(|| aggregate.keys.iter().map(key).collect());
                (Action::Aggregate(aggregate), Shape { schema, timed: shape.timed, upsert })
            }
            Operation::Top { count, expression } => {
                let by = expr(expression, scope, None, &format!("{here}/expression"))?;
                if by.ty.nullable || !has_order(&by.ty.data_type) {
                    return Err(at(here, format_args!("records have no order by {}", by.ty)));
                }
                let Group { keys, window } = std::mem::take(group);
                let window = window.ok_or_else(|| at(here, "a top stands behind a window"))?;
                (Action::Top { keys, window, count: *count, by }, same())
            }
            Operation::Union { others } => {
                let line = |(j, other): (usize, &Chain)| self.line(other, &format!("{here}/others/{j}"));
                let lines = others.iter().enumerate().map(line).collect::<Result<Vec<_>, _>>()?;
                if lines.iter().any(|line| line.shape.schema.logical() != shape.schema.logical()) {
                    return Err(at(here, "the streams of a union have different fields"));
                }
                let timed = shape.timed && lines.iter().all(|line| line.shape.timed);
                (Action::Union(lines), Shape { timed, ..same() })
            }
            Operation::Join(stage) => self.join(stage, shape, here)?,
            Operation::Route { routes } => {
                let route = |(i, route): (usize, &super::operation::NamedCondition)| {
                    let typed = condition(&route.condition, scope, &format!("{here}/routes/{i}/condition"))?;
                    Ok((route.name.clone(), typed))
                };
                (Action::Route(routes.iter().enumerate().map(route).collect::<Result<_, Error>>()?), same())
            }
            Operation::GroupBy { .. } | Operation::Window(_) => return Err(at(here, "nothing follows this operation")),
        })
    }

    fn join(&self, stage: &JoinStage, left: &Shape, here: &str) -> Result<(Action, Shape), Error> {
        let (kind, bounds) = (stage.kind, stage.bounds);
        let other = self.line(&stage.other, &format!("{here}/other"))?;
        if !(left.timed && other.shape.timed) {
            return Err(at(here, "a join needs event time on both sides").help("give every source a `watermark`"));
        }
        let keys = |texts: &[String], schema: &Schema, name: &str| {
            let key =
                |(i, text): (usize, &String)| expr(text, Scope::record(schema), None, &format!("{here}/{name}/{i}"));
            texts.iter().enumerate().map(key).collect::<Result<Vec<_>, _>>()
        };
        let left_keys = keys(&stage.left_keys, &left.schema, "leftKeys")?;
        let right_keys = keys(&stage.right_keys, &other.shape.schema, "rightKeys")?;
        for (a, b) in left_keys.iter().zip(&right_keys) {
            if a.ty.data_type != b.ty.data_type || !a.ty.data_type.is_key() || a.ty.nullable || b.ty.nullable {
                return Err(at(here, format_args!("{} and {} cannot be the key of a join", a.ty, b.ty))
                    .help("both sides of a key have the same type, which is no float, and are never NULL"));
            }
        }
        if matches!(bounds, JoinBounds::Window(spec) if spec.lateness != 0) {
            return Err(at(here, "a join has no lateness"));
        }
        let side = |i, schema: &Schema, nullable| Field::new(tuple_field(i), DataType::Row(schema.clone()), nullable);
        let schema = Schema::new(vec![
            side(0, &left.schema, matches!(kind, JoinKind::Right | JoinKind::Full)),
            side(1, &other.shape.schema, matches!(kind, JoinKind::Left | JoinKind::Full)),
        ]);
        let join = Join { other, kind, left_keys, right_keys, bounds };
        Ok((Action::Join(Box::new(join)), Shape { schema, timed: true, upsert: None }))
    }
}

/// What the next aggregate or top goes by.
#[derive(Default)]
struct Group {
    keys: Vec<(String, Typed)>,
    window: Option<WindowSpec>,
}

fn expr(text: &str, scope: Scope<'_>, expected: Option<&DataType>, place: &str) -> Result<Typed, Error> {
    parse(text, scope, expected).map_err(|error| within(place, &error))
}

fn condition(text: &str, scope: Scope<'_>, place: &str) -> Result<Typed, Error> {
    let typed = expr(text, scope, Some(&DataType::Bool), place)?;
    super::resolve::required(&typed).map_err(|error| within(place, &error))?;
    Ok(typed)
}

fn output(fields: &[OutputField], scope: Scope<'_>, here: &str) -> Result<Vec<Typed>, Error> {
    let field = |(i, field): (usize, &OutputField)| {
        let place = format!("{here}/fields/{i}");
        let typed = expr(&field.expression, scope, Some(&field.data_type), &format!("{place}/expression"))?;
        if typed.ty.nullable && !field.nullable {
            return Err(at(&place, "the expression may be NULL, but the field may not"));
        }
        Ok(typed)
    };
    fields.iter().enumerate().map(field).collect()
}

/// A type within another may be anything; the fields of records that go on have names of their own.
fn distinct(schema: &Schema, place: &str) -> Result<(), Error> {
    let mut seen = std::collections::HashSet::new();
    match schema.names().find(|name| name.is_empty() || !seen.insert(*name)) {
        Some(twice) => {
            Err(at(place, format_args!("the list's records have no name, or twice the same one: `{twice}`")))
        }
        None if seen.is_empty() => Err(at(place, "the list's records have no fields")),
        None => Ok(()),
    }
}

fn group_keys(keys: &[KeyPart], scope: Scope<'_>, here: &str) -> Result<Vec<(String, Typed)>, Error> {
    let key = |(i, key): (usize, &KeyPart)| {
        let place = format!("{here}/keys/{i}");
        let typed = match key {
            KeyPart::Field(name) => expr(&super::sql_print::quote(name), scope, None, &place)?,
            KeyPart::Expression { expression, .. } => expr(expression, scope, None, &place)?,
        };
        if !typed.ty.data_type.is_key() {
            return Err(at(&place, "floats are no key").help("cast to an integer, or group by something else"));
        }
        Ok((key.alias().to_owned(), typed))
    };
    keys.iter().enumerate().map(key).collect()
}

fn aggregate(
    stage: &AggregateStage,
    keys: Vec<(String, Typed)>,
    window: Option<WindowSpec>,
    input: Scope<'_>,
    here: &str,
) -> Result<(Aggregate, Schema), Error> {
    let mut aggregations = Vec::with_capacity(stage.aggregations.len());
    for (i, aggregation) in stage.aggregations.iter().enumerate() {
        let place = format!("{here}/aggregations/{i}");
        let operand = match (&aggregation.field, &aggregation.expression) {
            (Some(field), _) => Some(expr(&super::sql_print::quote(field), input, None, &place)?),
            (None, Some(text)) => Some(expr(text, input, None, &place)?),
            (None, None) => None,
        };
        let filter = aggregation.filter.as_ref().map(|text| condition(text, input, &format!("{place}/filter")));
        let filter = filter.transpose()?;
        let function = aggregation.aggregation_type;
        let ty = function.result(operand.as_ref().map(|typed| &typed.ty), filter.is_some());
        let ty = ty.ok_or_else(|| {
            let of = operand.as_ref().map_or_else(|| "whole records".to_owned(), |typed| typed.ty.to_string());
            at(&place, format_args!("{} does not take {of}", function.name()))
        })?;
        aggregations.push(Aggregation { function, operand, filter, alias: aggregation.alias.clone(), ty });
    }
    let types: Vec<(String, Type)> = keys.iter().map(|(name, typed)| (name.clone(), typed.ty.clone())).collect();
    let results: Vec<(String, Type)> = aggregations.iter().map(|a| (a.alias.clone(), a.ty.clone())).collect();
    let scope = output_scope(&types, window.is_some(), &results);
    let mut names = std::collections::HashSet::new();
    if let Some(twice) = scope.names().find(|name| name.is_empty() || !names.insert(*name)) {
        return Err(at(here, format_args!("the name `{twice}` is taken by a key, the window or an aggregation")));
    }
    let (output, schema) = if stage.fields.is_empty() {
        let bounds = types.len()..types.len() + if window.is_some() { 2 } else { 0 };
        let kept: Vec<usize> = (0..scope.fields.len()).filter(|i| !bounds.contains(i)).collect();
        let field =
            |i: &usize| Typed { node: Node::Field(scope.fields[*i].name.clone(), *i), ty: scope.fields[*i].ty() };
        let schema = Schema::new(kept.iter().map(|i| scope.fields[*i].clone()).collect());
        (kept.iter().map(field).collect(), schema)
    } else {
        (output(&stage.fields, Scope::record(&scope), here)?, schema_of(&stage.fields))
    };
    Ok((Aggregate { keys, window, aggregations, scope, output }, schema))
}

fn watermarked(source: &Source, place: &str) -> Result<Source, Error> {
    if let Some(watermark) = &source.watermark {
        let schema = &source.endpoint.schema;
        let field = schema.index_of(&watermark.field).map(|i| &schema.fields[i].data_type);
        if !matches!(field, Some(DataType::Timestamp | DataType::EpochMillis)) {
            return Err(at(
                &format!("{place}/watermark/field"),
                format_args!("`{}` is no timestamp among the source's fields", watermark.field),
            ));
        }
    }
    Ok(source.clone())
}

fn sink(sink: &Sink, shape: &Shape, place: &str) -> Result<(), Error> {
    let rows = |schema: &Schema| DataType::Row(schema.logical());
    if !fits(&rows(&shape.schema), &rows(&sink.endpoint.schema)) {
        return Err(at(&format!("{place}/schema"), "these are not the fields of the records that come in"));
    }
    match (&shape.upsert, sink.upsert) {
        (Some(_), false) => {
            Err(at(place, "the sink is given corrections of rows, and says that it takes new ones only")
                .help("write \"upsert\": true, if it can take them"))
        }
        (None, true) => Err(at(place, "the sink says that it takes corrections of rows, and is given new ones")),
        _ => Ok(()),
    }
}
