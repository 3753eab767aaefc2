//! Topics that cases read and write, made and filled in one go.

use super::case::{self, Answer, together};
use super::json;
use super::pipeline::Case;
use flow::ir::document::Endpoint;
use flow::ir::types::Schema;
use flow::ir::value::Value;
use flow::prelude::*;
use flow_kafka::{Kafka, Raw};
use flow_services::{KafkaAdmin, KafkaTools, unique};
use std::collections::BTreeMap;
use std::thread;

/// How many topics are made, read or deleted at once.
const AT_ONCE: usize = 8;

fn server() -> String {
    flow_services::kafka().unwrap_or_else(|error| panic!("{error}"))
}

/// Topics by the names of sources and sinks. Those that were made are deleted in the end.
pub(crate) struct Topics {
    names: BTreeMap<String, String>,
    made: bool,
}

/// A record of a source: its topic, its partition, its line.
type Record = (String, u32, String);

impl Topics {
    /// Those of a case, its sources' with their records.
    pub(crate) fn of(case: &Case) -> Result<Self, String> {
        let names = case.partitions.keys();
        let topics = Self { names: names.map(|name| (name.clone(), unique("case"))).collect(), made: true };
        let made: Vec<(String, usize)> = case.partitions.iter().map(|(name, n)| (topics.name(name), *n)).collect();
        at_once(&made, |(topic, partitions)| {
            KafkaAdmin::at(&server()).create_topic(topic, *partitions as i32).map_err(|error| error.to_string())
        })?;
        topics.fill(case)?;
        Ok(topics)
    }

    /// Those of a case that is not to be run.
    pub(crate) fn unmade(case: &Case) -> Self {
        Self { names: case.partitions.keys().map(|name| (name.clone(), name.clone())).collect(), made: false }
    }

    fn name(&self, of: &str) -> String {
        self.names[of].clone()
    }

    fn fill(&self, case: &Case) -> Result<(), String> {
        let mut records: Vec<Record> = Vec::new();
        for source in case::sources(&mut case.ir.clone()) {
            let name = source.endpoint.name.as_deref().expect("sources have names");
            let partitions = case.partitions[name];
            records.extend(case.inputs[name].iter().map(|row| {
                // By its number, so that a record stays in its partition when others are left out.
                let number = if let Value::I64(id) = row.0[0] { id.unsigned_abs() as usize } else { 0 };
                (self.name(name), (number % partitions) as u32, json::line(row, &source.endpoint.schema))
            }));
        }
        if records.is_empty() {
            return Ok(());
        }
        let pipeline = Pipeline::new("fill");
        let sink = Kafka::to("").servers(server()).encode(|(_, _, line): &Record, value: &mut Vec<u8>| {
            value.extend_from_slice(line.as_bytes());
            Ok::<_, String>(())
        });
        let sink = sink.topic_by(|(topic, _, _): &Record| topic.clone()).partition_by(|(_, partition, _)| *partition);
        pipeline.source(sources::vec(records)).sink(sink);
        pipeline.run_blocking().map(|_| ()).map_err(|error| error.to_string())
    }

    /// Says where a source or sink has its topic.
    pub(crate) fn place(&self, endpoint: &mut Endpoint) {
        let name = self.name(endpoint.name.as_deref().expect("endpoints have names"));
        endpoint.options.extend([("topic".into(), name.into()), ("bootstrapServers".into(), server().into())]);
    }

    /// Keys and values of the topics of some sinks, each partition in its order, as a client says that is not ours.
    pub(crate) fn messages(&self, sinks: &[String]) -> Result<Vec<Vec<(String, String)>>, String> {
        let whole = |sink: &String| KafkaTools::at(&server()).consume(&self.name(sink), "%k\t%s\n");
        let texts = at_once(sinks, |sink| whole(sink).map_err(|error| error.to_string()))?;
        let message = |line: &str| line.split_once('\t').map(|(key, value)| (key.to_owned(), value.to_owned()));
        Ok(texts.iter().map(|text| text.lines().filter_map(message).collect()).collect())
    }
}

impl Drop for Topics {
    fn drop(&mut self) {
        let topics: Vec<String> = self.names.values().filter(|_| self.made).cloned().collect();
        // One that was never made cannot be deleted.
        let _ = at_once(&topics, |topic| Ok(KafkaAdmin::at(&server()).delete_topic(topic).ok()));
    }
}

/// Does something to each of these, several at a time.
fn at_once<T: Sync, U: Send>(of: &[T], each: impl Fn(&T) -> Result<U, String> + Sync) -> Result<Vec<U>, String> {
    let (share, each) = (of.len().div_ceil(AT_ONCE).max(1), &each);
    let parts: Result<Vec<Vec<U>>, String> = thread::scope(|scope| {
        let part = |part: &'_ [T]| part.iter().map(each).collect();
        let threads: Vec<_> = of.chunks(share).map(|of| scope.spawn(move || part(of))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
    });
    Ok(parts?.into_iter().flatten().collect())
}

/// The answers of this process to cases over topics.
pub(crate) fn here(cases: &[Case]) -> Result<Vec<Answer>, String> {
    let whole = together(cases);
    let topics = Topics::of(&Case { partitions: of_sources(&whole), ..whole.clone() })?;
    let answer = |(number, case): (usize, &Case)| {
        case::run(case, |bindings, name, schema| {
            let (topic, schema) = (topics.name(&format!("c{number}_{name}")), schema.clone());
            bindings.rows(name, Kafka::topic(topic).servers(server()).until_end().decode(move |raw| row(raw, &schema)))
        })
    };
    cases.iter().enumerate().map(answer).collect()
}

fn of_sources(case: &Case) -> BTreeMap<String, usize> {
    let of = case.partitions.iter().filter(|(name, _)| case.inputs.contains_key(*name));
    of.map(|(name, partitions)| (name.clone(), *partitions)).collect()
}

fn row(raw: &Raw<'_>, schema: &Schema) -> Result<flow::record::Row, String> {
    let line = std::str::from_utf8(raw.value().unwrap_or_default()).map_err(|error| error.to_string())?;
    json::row(line, schema)
}
