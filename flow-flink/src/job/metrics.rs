//! What a job does: records, watermarks, pressure.

use std::collections::BTreeMap;

use flow::Timestamp;
use serde::{Deserialize, Serialize};

use super::stages::Stages;
use super::{FlinkJob, JobStatus};
use crate::FlinkError;
use crate::cluster::Ask;

/// How long a list of metrics may be in an address: Flink takes 4 KiB of a request's first line.
const LIST: usize = 3000;
/// What is asked for, of the task and of its operators.
const WANTED: &[&str] = &[
    "numRecordsIn",
    "numRecordsOut",
    "currentInputWatermark",
    "currentOutputWatermark",
    "pendingRecords",
    "backPressuredTimeMsPerSecond",
    "busyTimeMsPerSecond",
];

/// What a job does. Flink gathers this every ten seconds, if it is not told otherwise (`metrics.fetcher.update-interval`), and begins when it
/// is asked for the first time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct JobMetrics {
    /// How many records its sources have given since the job was started or has begun again.
    pub records_in: u64,
    /// How many records its sinks have taken since then.
    pub records_out: u64,
    /// How many records wait in its sources, where they know that, as Kafka does.
    pub lag: Option<u64>,
    /// The lowest watermark of its vertices.
    #[serde(serialize_with = "millis")]
    pub watermark: Option<Timestamp>,
    /// Its vertices: operators that are chained run as one.
    pub vertices: Vec<VertexMetrics>,
}

/// What a vertex of a job does: all its tasks together.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct VertexMetrics {
    /// What Flink calls it.
    pub name: String,
    /// How many tasks it has.
    pub parallelism: u32,
    /// How they are.
    pub status: JobStatus,
    /// How many records it has taken: from another vertex, or from a source that is part of it.
    pub records_in: u64,
    /// How many records it has given: to another vertex, or to a sink that is part of it.
    pub records_out: u64,
    /// The lowest watermark of its tasks; at the end of all input it is the highest time there is.
    #[serde(serialize_with = "millis")]
    pub watermark: Option<Timestamp>,
    /// Which part of its time its busiest task waits for a slower one behind it, from 0 to 1.
    pub backpressured: Option<f64>,
    /// Which part of its time its busiest task works.
    pub busy: Option<f64>,
    /// How many records wait in its sources, where they know that.
    pub lag: Option<u64>,
    /// Its operators.
    pub operators: Vec<OperatorMetrics>,
}

/// What an operator within a vertex does.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OperatorMetrics {
    /// What Flink's metrics call it.
    pub name: String,
    /// The stage that it comes from, where that is known: of sources and sinks, of a job that was submitted by this program.
    pub stage: Option<String>,
    /// How many records it has taken.
    pub records_in: u64,
    /// How many records it has given.
    pub records_out: u64,
}

#[derive(Deserialize)]
struct Job {
    vertices: Vec<Vertex>,
}

#[derive(Deserialize)]
struct Vertex {
    id: String,
    name: String,
    parallelism: u32,
    status: JobStatus,
    metrics: Totals,
}

/// What stays when the tasks are gone.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Totals {
    read_records: u64,
    write_records: u64,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Gathered {
    #[serde(deserialize_with = "number")]
    min: f64,
    #[serde(deserialize_with = "number")]
    max: f64,
    #[serde(deserialize_with = "number")]
    sum: f64,
}

#[derive(Deserialize)]
struct Metric {
    id: String,
    #[serde(flatten)]
    gathered: Gathered,
}

/// Flink writes what is no number as a text.
fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(serde_json::Value::deserialize(deserializer)?.as_f64().unwrap_or(f64::NAN))
}

/// By operator, which is empty for the task itself, and metric.
type Values = BTreeMap<(String, String), Gathered>;

impl FlinkJob {
    /// What it does: records, watermarks, pressure, by vertex and operator. Of one that has ended only the records that vertices have exchanged are left.
    ///
    /// # Errors
    /// When the cluster knows no such job, or does not answer.
    ///
    /// # Cancel safety
    /// Nothing happens but questions.
    pub async fn metrics(&self) -> Result<JobMetrics, FlinkError> {
        let Job { vertices } = self.ask(&Ask::get(format!("jobs/{}", self.id))).await?;
        let mut all = JobMetrics::default();
        for vertex in vertices {
            let values = self.values(&vertex.id).await?;
            let (sources, sinks) = (ends(&values, is_source, "numRecordsOut"), ends(&values, is_sink, "numRecordsIn"));
            all.records_in += sources.unwrap_or(0);
            all.records_out += sinks.unwrap_or(0);
            all.vertices.push(VertexMetrics::of(vertex, &values, sources, sinks, &self.stages));
        }
        all.lag = all.vertices.iter().filter_map(|vertex| vertex.lag).reduce(u64::saturating_add);
        all.watermark = all.vertices.iter().filter_map(|vertex| vertex.watermark).min();
        Ok(all)
    }

    /// The metrics of a vertex that are wanted, of all its tasks together.
    async fn values(&self, vertex: &str) -> Result<Values, FlinkError> {
        let path = self.path(&format!("vertices/{vertex}/subtasks/metrics"));
        let listed: Vec<Listed> = self.ask(&Ask::get(&*path)).await?;
        let wanted = listed.iter().map(|listed| listed.id.as_str()).filter(|id| WANTED.contains(&split(id).1));
        let mut lists: Vec<String> = Vec::new();
        for id in wanted.map(encoded) {
            match lists.last_mut().filter(|list| list.len() + id.len() < LIST) {
                Some(list) => *list = format!("{list},{id}"),
                None => lists.push(id),
            }
        }
        let mut values = Values::new();
        for list in lists {
            let found: Vec<Metric> = self.ask(&Ask::get(format!("{path}?agg=min,max,sum&get={list}"))).await?;
            values.extend(found.into_iter().map(|metric| {
                let (operator, name) = split(&metric.id);
                ((operator.to_owned(), name.to_owned()), metric.gathered)
            }));
        }
        Ok(values)
    }
}

impl VertexMetrics {
    fn of(vertex: Vertex, values: &Values, sources: Option<u64>, sinks: Option<u64>, stages: &Stages) -> Self {
        let task = |name: &str| values.get(&(String::new(), name.to_owned()));
        let share = |name: &str| task(name).map(|all| all.max / 1000.0).filter(|share| share.is_finite());
        let count = |name: &str, left: u64| task(name).map_or(left, |all| all.sum as u64);
        // Other parts have metrics too, such as a partition, but take no records.
        let takes = values.keys().filter(|(operator, metric)| !operator.is_empty() && metric == "numRecordsIn");
        let operator = |name: &String| {
            let sum = |metric: &str| values.get(&(name.clone(), metric.to_owned())).map_or(0, |all| all.sum as u64);
            OperatorMetrics {
                stage: stages.part(name).map(|part| part.stage.clone()),
                name: name.clone(),
                records_in: sum("numRecordsIn"),
                records_out: sum("numRecordsOut"),
            }
        };
        Self {
            records_in: sources.unwrap_or_else(|| count("numRecordsIn", vertex.metrics.read_records)),
            records_out: sinks.unwrap_or_else(|| count("numRecordsOut", vertex.metrics.write_records)),
            watermark: watermark(values),
            backpressured: share("backPressuredTimeMsPerSecond"),
            busy: share("busyTimeMsPerSecond"),
            lag: ends(values, is_source, "pendingRecords"),
            operators: takes.map(|(name, _)| operator(name)).collect(),
            name: vertex.name,
            parallelism: vertex.parallelism,
            status: vertex.status,
        }
    }
}

fn is_source(operator: &str) -> bool {
    operator.starts_with("Source__")
}

fn is_sink(operator: &str) -> bool {
    // Files are written by the one, and what comes after it counts files.
    operator == "StreamingFileWriter" || (operator.ends_with("__Writer") && operator != "end__Writer")
}

/// A metric of the operators at one end, if there are some that have it.
fn ends(values: &Values, is_one: fn(&str) -> bool, metric: &str) -> Option<u64> {
    let found = values.iter().filter(|((operator, name), _)| is_one(operator) && name == metric);
    found.map(|(_, all)| all.sum as u64).reduce(u64::saturating_add)
}

/// The lowest watermark that has come in; of a source the one that goes out, since none comes in.
fn watermark(values: &Values) -> Option<Timestamp> {
    let has_source = values.keys().any(|(operator, _)| is_source(operator));
    let wanted = if has_source { "currentOutputWatermark" } else { "currentInputWatermark" };
    let found = values.iter().filter(|((_, name), _)| name == wanted).map(|(_, all)| all.min);
    let lowest = found.reduce(f64::min)?;
    // Before the first one it is the lowest number there is.
    (lowest > i64::MIN as f64).then(|| Timestamp::from_millis(lowest as i64))
}

/// The operator, which is empty for the task itself, and the metric.
fn split(id: &str) -> (&str, &str) {
    id.rsplit_once('.').unwrap_or(("", id))
}

/// For an address.
fn encoded(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    id.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn millis<S: serde::Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(Timestamp::millis).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::{Gathered, Timestamp, Values, encoded, ends, is_sink, is_source, split, watermark};

    fn values(all: &[(&str, f64)]) -> Values {
        let one = |(id, value): &(&str, f64)| {
            let (operator, name) = split(id);
            ((operator.to_owned(), name.to_owned()), Gathered { min: *value, max: *value, sum: *value })
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn metrics_are_read() {
        let at = |millis| Some(Timestamp::from_millis(millis));
        let check = |all: &[(&str, f64)], expected| assert_eq!(watermark(&values(all)), expected, "{all:?}");
        check(&[], None);
        check(&[("currentInputWatermark", -9.223372036854776E18)], None);
        check(&[("currentInputWatermark", 5.0), ("a.currentInputWatermark", 3.0)], at(3));
        check(&[("currentInputWatermark", 9.223372036854776E18)], at(i64::MAX));
        check(&[("Source__a[1].currentOutputWatermark", 5.0), ("currentInputWatermark", -9.3E18)], at(5));
        let all =
            values(&[("Source__a[1].numRecordsOut", 5.0), ("Source__b.numRecordsOut", 6.0), ("c.numRecordsOut", 9.0)]);
        assert_eq!((ends(&all, is_source, "numRecordsOut"), ends(&all, is_sink, "numRecordsIn")), (Some(11), None));
        let files = values(&[("StreamingFileWriter.numRecordsIn", 5.0), ("end__Writer.numRecordsIn", 1.0)]);
        assert_eq!(ends(&files, is_sink, "numRecordsIn"), Some(5));
        let odd = r#"{"id": "busyTimeMsPerSecond", "min": "NaN", "max": 7.0, "sum": "NaN"}"#;
        let odd: super::Metric = serde_json::from_str(odd).unwrap();
        assert!(odd.gathered.min.is_nan() && odd.gathered.max == 7.0);
        assert_eq!(encoded("Source__ä[1].numRecordsIn"), "Source__%C3%A4%5B1%5D.numRecordsIn");
    }
}
