//! The IR document: a pipeline as JSON.
//!
//! A linear pipeline is `source`, `operations`, `sink`. Streams that several chains take stand under `streams` and are
//! referred to; several ends stand under `sinks`, each with the stream that it takes. Expressions are SQL text.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use super::operation::Stage;
use super::types::Schema;

/// The version of the format that this crate reads and writes.
pub const VERSION: &str = "1";

/// The most tasks of a stage, here and in what is written as Rust: who writes a document can read it back.
pub(crate) const MAX_TASKS: usize = 32_767;

/// A pipeline as data. Equal definitions give equal documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Ir {
    /// What is said of the pipeline as a whole.
    pub metadata: Metadata,
    /// The streams that are taken more than once, by name.
    pub streams: BTreeMap<String, Chain>,
    /// Where records leave the pipeline; at least one.
    pub ends: Vec<End>,
}

/// What is said of a pipeline as a whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The hash of everything else.
    pub job_id: String,
    /// The pipeline's name.
    pub job_name: String,
    /// The version that its author gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// In how many tasks its stages run.
    pub parallelism: usize,
    /// How long a silent source partition holds the watermark back, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_timeout_ms: Option<u64>,
    /// Whatever else its author says.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
}

/// Where records come from, and what is done to them in order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chain {
    /// Where they come from.
    pub source: Input,
    /// What is done to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Stage>,
}

/// A chain and the sink that takes its records.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct End {
    /// The chain.
    #[serde(flatten)]
    pub chain: Chain,
    /// The sink.
    pub sink: Sink,
}

/// Where a chain's records come from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Input {
    /// From outside.
    Source(Source),
    /// From a stream of this document.
    Ref(Ref),
}

/// A stream of the document, or a side of one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ref {
    /// The stream's name.
    pub stream: String,
    /// The name of the route, or `late`; nothing for the stream itself.
    pub output: Option<String>,
}

/// The name of the output that a window's late records have.
pub const LATE: &str = "late";

/// An outside end of a pipeline: a type, its options, and the format and fields of its records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    /// What it is, as `kafka` or `file`.
    pub kind: String,
    /// Everything that its type knows of, by name. Never a secret.
    pub options: BTreeMap<String, Json>,
    /// How its records are written, as `json`.
    pub format: Option<String>,
    /// The fields of its records.
    pub schema: Schema,
    /// The stage's name, if it was given one.
    pub name: Option<String>,
    /// In how many tasks it runs, if it was told.
    pub parallelism: Option<usize>,
    /// Where it was written in the user's program; known only to who made the document.
    pub origin: Option<String>,
}

/// Where records come from, and how their event time is found.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// What it is.
    pub endpoint: Endpoint,
    /// How event time is found.
    pub watermark: Option<Watermark>,
}

/// How event time is found, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Watermark {
    /// The field that holds it.
    pub field: String,
    /// How far the watermark stays behind the latest time, in milliseconds.
    pub delay_ms: u64,
    /// The stage's name, if it was given one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Where records go to.
#[derive(Clone, Debug, PartialEq)]
pub struct Sink {
    /// What it is.
    pub endpoint: Endpoint,
    /// Whether it takes corrections of rows by key, and not only new rows.
    pub upsert: bool,
}

impl Serialize for Ir {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("irVersion", VERSION)?;
        map.serialize_entry("metadata", &self.metadata)?;
        if !self.streams.is_empty() {
            map.serialize_entry("streams", &self.streams)?;
        }
        match &self.ends[..] {
            [end] => {
                map.serialize_entry("source", &end.chain.source)?;
                map.serialize_entry("operations", &end.chain.operations)?;
                map.serialize_entry("sink", &end.sink)?;
            }
            several => map.serialize_entry("sinks", several)?,
        }
        map.end()
    }
}

impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "ref")?;
        map.serialize_entry("stream", &self.stream)?;
        if let Some(output) = &self.output {
            map.serialize_entry("output", output)?;
        }
        map.end()
    }
}

/// The names that are not options of an endpoint.
pub(super) const RESERVED: [&str; 7] = ["type", "format", "schema", "watermark", "upsert", "name", "parallelism"];

impl Endpoint {
    fn entries<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("type", &self.kind)?;
        if let Some(name) = &self.name {
            map.serialize_entry("name", name)?;
        }
        for (name, value) in &self.options {
            map.serialize_entry(name, value)?;
        }
        if let Some(format) = &self.format {
            map.serialize_entry("format", format)?;
        }
        if let Some(parallelism) = &self.parallelism {
            map.serialize_entry("parallelism", parallelism)?;
        }
        map.serialize_entry("schema", &self.schema)
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.endpoint.entries(&mut map)?;
        if let Some(watermark) = &self.watermark {
            map.serialize_entry("watermark", watermark)?;
        }
        map.end()
    }
}

impl Serialize for Sink {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.endpoint.entries(&mut map)?;
        if self.upsert {
            map.serialize_entry("upsert", &true)?;
        }
        map.end()
    }
}
