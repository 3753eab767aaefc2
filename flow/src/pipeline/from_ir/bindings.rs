//! What stands in the places of a document's sources and sinks.

use crate::connector::{Sink, Source};
use crate::element::Upsert;
use crate::ir::types::Schema;
use crate::pipeline::Pipeline;
use crate::record::{Field, Record, Row, RowError};
use crate::stream::{Stream, UpsertStream};
use crate::transforms::SinkHandle;
use std::collections::HashMap;
use std::fmt;

type Open = Box<dyn FnOnce(&Pipeline) -> Stream<Row> + Send>;

/// A source, and the schema of its records where they have one of their own.
pub(super) struct BoundSource {
    pub(super) schema: Option<Schema>,
    pub(super) open: Open,
}

/// A sink, and the schema of its records where they have one of their own.
pub(super) struct BoundSink {
    pub(super) schema: Option<Schema>,
    pub(super) attach: Attach,
}

/// What is attached to: a stream of new rows, or one that corrects rows by key.
pub(super) enum Attach {
    Rows(Box<dyn FnOnce(Stream<Row>) -> SinkHandle + Send>),
    Upserts(Box<dyn FnOnce(UpsertStream<Row, Row>) -> SinkHandle + Send>),
}

/// What stands in the places of a document's sources and sinks, by their names. See [`Pipeline::from_ir`].
#[derive(Default)]
#[must_use]
pub struct Bindings {
    pub(super) sources: HashMap<String, BoundSource>,
    pub(super) sinks: HashMap<String, BoundSink>,
}

impl fmt::Debug for Bindings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sources, sinks): (Vec<_>, Vec<_>) = (self.sources.keys().collect(), self.sinks.keys().collect());
        f.debug_struct("Bindings").field("sources", &sources).field("sinks", &sinks).finish()
    }
}

fn misfit(error: &RowError) -> ! {
    panic!("a row does not fit its record: {error}")
}

impl Bindings {
    /// Nothing is bound yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Binds a source of records.
    pub fn source<S: Source<Item: Record>>(mut self, name: impl Into<String>, source: S) -> Self {
        let open: Open = Box::new(|pipeline| pipeline.source(source).map(|record| Row::of(&record)));
        self.sources.insert(name.into(), BoundSource { schema: Some(S::Item::schema()), open });
        self
    }

    /// Binds a source of rows. They must be of the schema that the document says.
    pub fn rows<S: Source<Item = Row>>(mut self, name: impl Into<String>, source: S) -> Self {
        let open: Open = Box::new(|pipeline| pipeline.source(source));
        self.sources.insert(name.into(), BoundSource { schema: None, open });
        self
    }

    /// Binds a sink of records.
    pub fn sink<S: Sink<Item: Record>>(self, name: impl Into<String>, sink: S) -> Self {
        let record = |row: Row| row.into_record().unwrap_or_else(|error| misfit(&error));
        let attach = Attach::Rows(Box::new(move |stream| stream.map(record).sink(sink)));
        self.attach(name, Some(S::Item::schema()), attach)
    }

    /// Binds a sink of rows.
    pub fn sink_rows<S: Sink<Item = Row>>(self, name: impl Into<String>, sink: S) -> Self {
        self.attach(name, None, Attach::Rows(Box::new(|stream| stream.sink(sink))))
    }

    /// Binds a sink of corrections, whose key is a field or, if it has several parts, a tuple of them.
    pub fn upserts<K: Field, V: Record, S: Sink<Item = Upsert<K, V>>>(self, name: impl Into<String>, sink: S) -> Self {
        let key = |Row(mut parts): Row| {
            let value = if parts.len() == 1 { parts.swap_remove(0) } else { crate::ir::value::Value::Row(parts) };
            K::from_value(value).unwrap_or_else(|error| misfit(&error))
        };
        let upsert = move |upsert: Upsert<Row, Row>| match upsert {
            Upsert::Put { key: k, value } => {
                Upsert::Put { key: key(k), value: value.into_record().unwrap_or_else(|error| misfit(&error)) }
            }
            Upsert::Delete { key: k } => Upsert::Delete { key: key(k) },
        };
        let attach = Attach::Upserts(Box::new(move |stream| stream.changes().map(upsert).sink(sink)));
        self.attach(name, Some(V::schema()), attach)
    }

    /// Binds a sink of corrections of rows, by keys that are rows of their parts.
    pub fn upserts_rows<S: Sink<Item = Upsert<Row, Row>>>(self, name: impl Into<String>, sink: S) -> Self {
        self.attach(name, None, Attach::Upserts(Box::new(|stream| stream.sink(sink))))
    }

    fn attach(mut self, name: impl Into<String>, schema: Option<Schema>, attach: Attach) -> Self {
        self.sinks.insert(name.into(), BoundSink { schema, attach });
        self
    }
}
