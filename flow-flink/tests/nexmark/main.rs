//! The queries of the benchmarks on a real Flink: over 100,000 events they give the rows that they give in this process.

mod otherwise;
#[path = "../translation/support.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod support;

use flow::ir::Ir;
use flow::prelude::*;
use flow::record::Row;
use flow_benches::events::feed::{Batches, Events, Input};
use flow_benches::events::strings::{Auction, Bid, Person};
use flow_benches::nexmark::Name;
use flow_benches::partitions::partitions;
use flow_benches::queries::{Query, q0, q1, q2, q5, q7, q8, q11, q12, q14, q21, q22, w1};
use flow_flink::{FlinkCluster, FlinkJob, JobStatus, Options, SubmitOptions, to_flink_sql};
use flow_kafka::Kafka;
use flow_services::{KafkaAdmin, KafkaTools, unique};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const SEED: u64 = 11;
/// Jobs at a time, for the cluster has slots for others too.
const JOBS: usize = 3;

/// A query's events; twice as many where its windows are long, so that there are several.
fn events(name: Name) -> Events {
    let twice = matches!(name, Name::Q5 | Name::Q7 | Name::Q11 | Name::Q12);
    name.events(SEED, if twice { 200_000 } else { 100_000 })
}

/// The folder that they are in.
fn folder(name: Name) -> String {
    let Events { count, uniform, .. } = events(name);
    format!("{count}-{}", uniform.map_or(0, |uniform| uniform.keys))
}

/// A query, with its rows of this process.
struct Asked {
    name: &'static str,
    ir: Ir,
    here: Vec<Row>,
    read: fn(&[String]) -> Vec<Row>,
}

/// What becomes of a query of the benchmarks.
enum Portable {
    /// It runs on Flink as it is measured.
    AsItIs,
    /// It is measured in plain Rust; this says the same in the portable subset.
    Otherwise(fn(Vec<Batches<Bid>>, &Path) -> Pipeline),
    /// It has no form in the portable subset, for this reason.
    No(&'static str),
}
use Portable::{AsItIs, No, Otherwise};

fn parsed<R: Record>(lines: &[String]) -> Vec<Row> {
    let read = |line: &String| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let mut rows: Vec<Row> = lines.iter().map(|line| Row::of::<R>(&read(line))).collect();
    rows.sort();
    rows
}

macro_rules! queries {
    ($($name:ident: $query:ident, $row:ty, $portable:expr;)+) => {
        #[test]
        fn no_query_is_left_out() {
            assert_eq!(Name::ALL, [$(Name::$name),+]);
        }

        /// The query of this name, after it was run here.
        async fn asked(name: Name, workers: usize) -> Option<Asked> {
            let events = events(name);
            match name { $(
                Name::$name => {
                    let folder = TempDir::new().unwrap();
                    let (here, other) = (folder.path().join("here"), folder.path().join("other"));
                    let input = || <$query::Strings as Query>::In::live(&events, workers);
                    let pipeline = $query::Strings::flow(input(), sinks::files(&here).json_lines());
                    let ir = definition(name, &pipeline, $portable, &events, &other)?;
                    pipeline.run().await.unwrap();
                    let here = parsed::<$row>(&support::lines(&here));
                    Some(Asked { name: name.as_str(), ir, here, read: parsed::<$row> })
                }
            )+ }
        }
    };
}

queries! {
    Q0: q0, q0::StringsRow, AsItIs;
    Q1: q1, q1::StringsRow, AsItIs;
    Q2: q2, q2::Row, AsItIs;
    Q5: q5, q5::Row, AsItIs;
    Q7: q7, q7::StringsRow, Otherwise(otherwise::q7);
    Q8: q8, q8::StringsRow, AsItIs;
    Q11: q11, q11::Row, AsItIs;
    Q12: q12, q12::Row, AsItIs;
    Q14: q14, q14::StringsRow, Otherwise(otherwise::q14);
    Q21: q21, q21::StringsRow, No("nothing in the portable subset finds a part of a text whose place is not known, as REGEXP_EXTRACT does");
    Q22: q22, q22::StringsRow, No("nothing in the portable subset splits a text, as SPLIT_INDEX does");
    W1: w1, w1::Row, AsItIs;
    W1m: w1, w1::Row, AsItIs;
}

/// The definition that goes to Flink. What is said to be plain Rust has to be it.
fn definition(name: Name, pipeline: &Pipeline, portable: Portable, events: &Events, other: &Path) -> Option<Ir> {
    let as_it_is = pipeline.to_ir();
    assert_eq!(as_it_is.is_ok(), matches!(portable, AsItIs), "{name:?}: {:?}", as_it_is.err());
    match portable {
        AsItIs => as_it_is.ok(),
        Otherwise(form) => Some(form(Batches::live(events, 1), other).to_ir().unwrap()),
        No(reason) => {
            eprintln!("{:<4} in this process only: {reason}", name.as_str());
            None
        }
    }
}

/// The definition with its sources and its sink at these places.
fn placed(ir: &Ir, place: &dyn Fn(&str, &Map<String, Value>) -> Value) -> Ir {
    fn visit(json: &mut Value, place: &dyn Fn(&str, &Map<String, Value>) -> Value) {
        if let Value::Object(fields) = json
            && let Some(kind @ ("partitions" | "file")) = fields.get("type").and_then(Value::as_str)
        {
            let Value::Object(more) = place(kind, fields) else { panic!("a place has options") };
            fields.remove("path");
            fields.extend(more);
            return;
        }
        match json {
            Value::Object(fields) => fields.values_mut().for_each(|value| visit(value, place)),
            Value::Array(values) => values.iter_mut().for_each(|value| visit(value, place)),
            _ => {}
        }
    }
    let mut json: Value = serde_json::from_str(&ir.to_json()).unwrap();
    json["metadata"].as_object_mut().unwrap().remove("jobId");
    visit(&mut json, place);
    Ir::from_json(&json.to_string()).unwrap_or_else(|error| panic!("{error}"))
}

/// Which events these are.
fn kind(source: &Map<String, Value>) -> &'static str {
    let has = |name: &str| source["schema"].as_array().unwrap().iter().any(|field| field["name"] == name);
    match (has("bidder"), has("seller")) {
        (true, _) => "bids",
        (_, true) => "auctions",
        _ => "persons",
    }
}

/// The events, as lines of JSON.
async fn write_events(to: &Path) {
    async fn write<T>(to: PathBuf, batches: Vec<Batches<T>>)
    where
        T: Record + serde::Serialize,
    {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let pipeline = Pipeline::new("events");
        pipeline.source(partitions(batches)).sink(sinks::files(to).json_lines());
        pipeline.run().await.unwrap();
    }
    for name in [Name::Q0, Name::Q5, Name::W1, Name::W1m] {
        write(to.join(folder(name)).join("bids"), Batches::<Bid>::live(&events(name), 1)).await;
    }
    for (persons, auctions) in <(Batches<Person>, Batches<Auction>)>::live(&events(Name::Q8), 1) {
        write(to.join(folder(Name::Q8)).join("persons"), vec![persons]).await;
        write(to.join(folder(Name::Q8)).join("auctions"), vec![auctions]).await;
    }
}

async fn started(cluster: &FlinkCluster, ir: &Ir) -> FlinkJob {
    let script = to_flink_sql(ir, &Options::default()).unwrap_or_else(|obstacles| panic!("{obstacles}"));
    cluster.submit(&script, SubmitOptions::new()).await.unwrap_or_else(|error| panic!("{error}\n{script}"))
}

async fn ended(name: &str, job: &FlinkJob) {
    let status = job.wait().await.unwrap();
    assert_eq!(status, JobStatus::Finished, "{name}: {:?}", job.exceptions().await);
}

async fn cluster() -> FlinkCluster {
    let address = flow_services::flink().unwrap();
    FlinkCluster::connect(&address.gateway, &address.rest).await.unwrap()
}

/// As multisets of rows, of which there are some.
fn compare(asked: &Asked, there: &[String]) -> Option<String> {
    let there = (asked.read)(there);
    eprintln!("{:<4} {:>6} rows here, {:>6} on Flink", asked.name, asked.here.len(), there.len());
    assert!(!asked.here.is_empty(), "{}", asked.name);
    let differs = asked.here.iter().zip(&there).find(|(here, there)| here != there);
    (asked.here != there).then(|| format!("{}: {differs:?}", asked.name))
}

#[tokio::test]
async fn queries_over_files_have_one_answer() {
    let all = TempDir::new().unwrap();
    write_events(all.path()).await;
    let cluster = cluster().await;
    let mut differ = Vec::new();
    for names in Name::ALL.chunks(JOBS) {
        let mut jobs = Vec::new();
        for name in names {
            let Some(asked) = asked(*name, 1).await else { continue };
            let (events, rows) = (all.path().join(folder(*name)), all.path().join("rows").join(asked.name));
            let ir = placed(&asked.ir, &|endpoint, fields| match endpoint {
                "file" => json!({ "path": rows }),
                _ => json!({ "type": "file", "format": "json", "path": events.join(kind(fields)) }),
            });
            jobs.push((started(&cluster, &ir).await, asked, rows));
        }
        for (job, asked, rows) in jobs {
            ended(asked.name, &job).await;
            differ.extend(compare(&asked, &support::lines(&rows)));
        }
    }
    assert_eq!(differ, [""; 0]);
}

/// Two topics of two partitions each, by two tasks.
#[tokio::test]
async fn a_query_over_topics_has_one_answer() {
    let servers = flow_services::kafka().unwrap();
    let (persons, auctions, rows) = (unique("persons"), unique("auctions"), unique("rows"));
    for (topic, count) in [(&persons, 2), (&auctions, 2), (&rows, 1)] {
        KafkaAdmin::at(&servers).create_topic(topic, count).unwrap();
    }
    for (new, sold) in <(Batches<Person>, Batches<Auction>)>::live(&events(Name::Q8), 1) {
        let by_number = |id: i64| (id % 2) as u32;
        let people = Kafka::to(&persons).servers(&servers).json().partition_by(move |p: &Person| by_number(p.id));
        let sales = Kafka::to(&auctions).servers(&servers).json().partition_by(move |a: &Auction| by_number(a.id));
        let pipeline = Pipeline::new("events");
        pipeline.source(partitions(vec![new])).sink(people);
        pipeline.source(partitions(vec![sold])).sink(sales);
        pipeline.run().await.unwrap();
    }
    let asked = asked(Name::Q8, 2).await.unwrap();
    let ir = placed(&asked.ir, &|endpoint, fields| {
        let topic =
            |name: &str| json!({ "type": "kafka", "format": "json", "bootstrapServers": servers, "topic": name });
        let mut place = topic(match (endpoint, kind(fields)) {
            ("file", _) => &rows,
            (_, "persons") => &persons,
            _ => &auctions,
        });
        if endpoint == "partitions" {
            place["endingOffsets"] = json!("latest");
        }
        place
    });
    ended(asked.name, &started(&cluster().await, &ir).await).await;
    let there = KafkaTools::at(&servers).consume(&rows, "%s\n").unwrap();
    let there: Vec<String> = there.lines().map(str::to_owned).collect();
    assert_eq!(compare(&asked, &there), None);
}
