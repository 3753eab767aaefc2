//! A typed program as a pipeline over rows.

use super::aggregate::{ValueAggregates, given};
use super::bindings::{Attach, Bindings, BoundSource};
use crate::error::{Error, ErrorKind, Result};
use crate::ir::document::{LATE, Ref, Sink, Source};
use crate::ir::eval::{condition, eval};
use crate::ir::program::{Action, Aggregate, Line, LineInput, Program, Step};
use crate::ir::typed::Typed;
use crate::ir::types::Schema;
use crate::ir::value::Value;
use crate::ir::window::{WindowShape, WindowSpec};
use crate::pipeline::Pipeline;
use crate::record::Row;
use crate::stream::{KeyedStream, Stream, UpsertStream, WindowedStream};
use crate::windows::{self, TimeWindow, Window};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Attaches everything that a program says.
pub(super) fn build(pipeline: &Pipeline, program: Program, bindings: Bindings) -> Result<()> {
    let metadata = program.metadata;
    pipeline.parallelism(metadata.parallelism);
    if let Some(version) = metadata.version {
        pipeline.version(version);
    }
    pipeline.doc(metadata.description.unwrap_or_default());
    if let Some(timeout) = metadata.idle_timeout_ms {
        pipeline.idle_timeout(Duration::from_millis(timeout));
    }
    for (key, value) in metadata.properties {
        pipeline.property(key, value);
    }
    let mut builder = Builder { pipeline, bindings, streams: HashMap::new() };
    for (name, line) in program.streams {
        let made = builder.line(&name, line)?;
        builder.streams.insert(Ref { stream: name, output: None }, made);
    }
    for (line, sink) in program.ends {
        let made = builder.line("", line)?;
        builder.sink(&sink, made)?;
    }
    let Bindings { sources, sinks } = builder.bindings;
    match sources.keys().chain(sinks.keys()).next() {
        None => Ok(()),
        Some(name) => Err(wrong(format!("`{name}` is bound, and the document has no such source or sink"))),
    }
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Ir, message)
}

/// What comes out of a line.
enum Made {
    Rows(Stream<Row>),
    Upserts(UpsertStream<Row, Row>),
}

struct Builder<'a> {
    pipeline: &'a Pipeline,
    bindings: Bindings,
    streams: HashMap<Ref, Made>,
}

impl Builder<'_> {
    fn source(&mut self, source: &Source) -> Result<Stream<Row>> {
        let endpoint = &source.endpoint;
        let (name, bound) = bound(&mut self.bindings.sources, endpoint.name.as_deref(), "source", &endpoint.kind)?;
        let BoundSource { schema, open } = bound;
        agrees(&name, schema.as_ref(), &endpoint.schema)?;
        let mut stream = open(self.pipeline);
        if let Some(tasks) = endpoint.parallelism {
            stream = stream.with_parallelism(tasks);
        }
        let Some(watermark) = &source.watermark else { return Ok(stream) };
        let index = endpoint.schema.index_of(&watermark.field).unwrap_or(usize::MAX);
        let time = move |Row(row): &Row| match row.get(index) {
            Some(Value::Timestamp(at)) => Some(*at),
            _ => None,
        };
        let stream = stream.watermark(time, Duration::from_millis(watermark.delay_ms));
        Ok(match &watermark.name {
            Some(name) => stream.named(name),
            None => stream,
        })
    }

    fn sink(&mut self, sink: &Sink, made: Made) -> Result<()> {
        let endpoint = &sink.endpoint;
        let (name, bound) = bound(&mut self.bindings.sinks, endpoint.name.as_deref(), "sink", &endpoint.kind)?;
        agrees(&name, bound.schema.as_ref(), &endpoint.schema)?;
        let handle = match (bound.attach, made) {
            (Attach::Rows(attach), Made::Rows(stream)) => attach(stream),
            (Attach::Upserts(attach), Made::Upserts(stream)) => attach(stream),
            (Attach::Rows(_), Made::Upserts(_)) => {
                return Err(wrong(format!("the sink `{name}` is given corrections of rows"))
                    .help("bind it with `upserts` or `upserts_rows`"));
            }
            (Attach::Upserts(_), Made::Rows(_)) => {
                return Err(
                    wrong(format!("the sink `{name}` is given new rows")).help("bind it with `sink` or `sink_rows`")
                );
            }
        };
        let handle = handle.named(name);
        if let Some(tasks) = endpoint.parallelism {
            let _ = handle.with_parallelism(tasks);
        }
        Ok(())
    }

    fn line(&mut self, name: &str, line: Line) -> Result<Made> {
        let mut stream = match &line.input {
            LineInput::Source(source) => self.source(source)?,
            LineInput::Ref(reference) => match self.streams.get(reference) {
                Some(Made::Rows(stream)) => stream.tee(),
                Some(Made::Upserts(stream)) => {
                    let again = stream.stream.tee();
                    return Ok(Made::Upserts(UpsertStream::new(again)));
                }
                None => return Err(wrong(format!("the stream `{}` is not there yet", reference.stream))),
            },
        };
        for step in line.steps {
            let Step { action, name: stage, parallelism, .. } = step;
            let mut made = self.step(name, stream, action)?;
            if let Some(stage) = stage {
                made = made.named(stage);
            }
            if let Some(tasks) = parallelism {
                made = made.with_parallelism(tasks);
            }
            match made {
                Made::Rows(next) => stream = next,
                // Nothing stands behind it: that was checked.
                Made::Upserts(_) => return Ok(made),
            }
        }
        Ok(Made::Rows(stream))
    }

    fn step(&mut self, name: &str, stream: Stream<Row>, action: Action) -> Result<Made> {
        Ok(Made::Rows(match action {
            Action::Filter(expr) => stream.filter(move |Row(row)| given(condition(&expr, row))),
            Action::Map(fields) => stream.map(move |Row(row)| Row(all(&fields, &row))),
            Action::FlatMap(list) => stream.flat_map(move |Row(row)| records(given(eval(&list, &row)))),
            Action::Union(others) => {
                let mut streams = Vec::with_capacity(others.len());
                for other in others {
                    match self.line("", other)? {
                        Made::Rows(stream) => streams.push(stream),
                        Made::Upserts(_) => return Err(wrong("a union of corrections of rows".to_owned())),
                    }
                }
                stream.union(streams)
            }
            Action::Route(routes) => self.route(name, stream, routes),
            Action::Top { keys, window, count, by } => {
                let windowed = self.windowed(name, keyed(stream, keys), window);
                windowed.top(usize::try_from(count).unwrap_or(usize::MAX), move |Row(row)| given(eval(&by, row)))
            }
            Action::Aggregate(Aggregate { keys, window, aggregations, output, .. }) => {
                let (keyed, spec) = (keyed(stream, keys), ValueAggregates(aggregations));
                match window {
                    Some(window) => {
                        let finish = move |key: &Row, window: TimeWindow, results: Vec<Value>| {
                            let bounds = [Value::Timestamp(window.start), Value::Timestamp(window.end)];
                            Row(all(&output, &scope(key, bounds, results)))
                        };
                        self.windowed(name, keyed, window).aggregate(|_| spec, finish)
                    }
                    None => {
                        let finish = move |key: &Row, results| Row(all(&output, &scope(key, [], results)));
                        return Ok(Made::Upserts(keyed.aggregate(|_| spec, finish)));
                    }
                }
            }
            Action::Join(join) => {
                let right = match self.line("", join.other)? {
                    Made::Rows(stream) => stream,
                    Made::Upserts(_) => return Err(wrong("a join of corrections of rows".to_owned())),
                };
                super::join::join((stream, join.left_keys), (right, join.right_keys), join.kind, join.bounds)
            }
        }))
    }

    /// Each way takes what none before it takes; what none takes goes on.
    fn route(&mut self, name: &str, stream: Stream<Row>, routes: Vec<(String, Typed)>) -> Stream<Row> {
        let (names, conditions): (Vec<_>, Vec<_>) = routes.into_iter().unzip();
        let conditions = Arc::new(conditions);
        let way = |way: Option<usize>| {
            let conditions = Arc::clone(&conditions);
            stream.tee().filter(move |Row(row)| conditions.iter().position(|c| given(condition(c, row))) == way)
        };
        for (i, output) in names.into_iter().enumerate() {
            let side = Ref { stream: name.to_owned(), output: Some(output) };
            self.streams.insert(side, Made::Rows(way(Some(i))));
        }
        way(None)
    }

    fn windowed(&mut self, name: &str, keyed: KeyedStream<Row, Row>, spec: WindowSpec) -> WindowedStream<Row, Row> {
        let windowed = keyed.window(window_of(spec)).lateness(millis(spec.lateness));
        if !spec.late_output {
            return windowed;
        }
        let (windowed, late) = windowed.split_late();
        self.streams.insert(Ref { stream: name.to_owned(), output: Some(LATE.to_owned()) }, Made::Rows(late));
        windowed
    }
}

impl Made {
    fn named(self, name: String) -> Self {
        match self {
            Self::Rows(stream) => Self::Rows(stream.named(name)),
            Self::Upserts(stream) => Self::Upserts(stream.named(name)),
        }
    }

    fn with_parallelism(self, tasks: usize) -> Self {
        match self {
            Self::Rows(stream) => Self::Rows(stream.with_parallelism(tasks)),
            Self::Upserts(stream) => Self::Upserts(stream.with_parallelism(tasks)),
        }
    }
}

pub(super) fn millis(length: i64) -> Duration {
    Duration::from_millis(length.unsigned_abs())
}

pub(super) fn window_of(spec: WindowSpec) -> Window {
    let (window, period) = match spec.shape {
        WindowShape::Tumbling { size } => (windows::tumbling(millis(size)), size),
        WindowShape::Sliding { size, every } => (windows::sliding(millis(size), millis(every)), every),
        WindowShape::Session { gap } => return windows::session(millis(gap)),
    };
    // Windows repeat, so an offset below zero is one above it.
    window.offset(millis(spec.offset.rem_euclid(period)))
}

fn keyed(stream: Stream<Row>, keys: Vec<(String, Typed)>) -> KeyedStream<Row, Row> {
    let parts: Vec<Typed> = keys.into_iter().map(|(_, part)| part).collect();
    stream.key_by(move |Row(row)| Row(all(&parts, row)))
}

pub(super) fn all(exprs: &[Typed], row: &[Value]) -> Vec<Value> {
    exprs.iter().map(|expr| given(eval(expr, row))).collect()
}

/// The records of a list.
fn records(list: Value) -> Vec<Row> {
    let Value::Array(items) = list else { panic!("a list gave {}", list.kind()) };
    let row = |item| match item {
        Value::Row(fields) => Row(fields),
        other => panic!("a list of records holds {}", other.kind()),
    };
    items.into_iter().map(row).collect()
}

/// What the output of an aggregate is calculated from.
fn scope<const N: usize>(Row(key): &Row, bounds: [Value; N], results: Vec<Value>) -> Vec<Value> {
    key.iter().cloned().chain(bounds).chain(results).collect()
}

/// Takes what is bound to a name.
fn bound<B>(bindings: &mut HashMap<String, B>, name: Option<&str>, what: &str, kind: &str) -> Result<(String, B)> {
    let Some(name) = name else {
        return Err(wrong(format!("a {what} of type `{kind}` has no name to bind it by")).help("give it a `name`"));
    };
    let bound = bindings.remove(name).ok_or_else(|| wrong(format!("the {what} `{name}` is not bound")));
    Ok((name.to_owned(), bound?))
}

fn agrees(name: &str, bound: Option<&Schema>, schema: &Schema) -> Result<()> {
    match bound {
        Some(bound) if bound.logical() != schema.logical() => {
            Err(wrong(format!("`{name}` is bound to records with other fields than those of the document")))
        }
        _ => Ok(()),
    }
}
