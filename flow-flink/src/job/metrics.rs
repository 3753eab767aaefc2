//! What a job does: records, watermarks, pressure.

use flow::Timestamp;
use serde::{Deserialize, Serialize};

use super::stages::Stages;
use super::values::{Values, ends, is_sink, is_source, watermark};
use super::{FlinkJob, JobStatus};
use crate::FlinkError;
use crate::cluster::Ask;

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

fn millis<S: serde::Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(Timestamp::millis).serialize(serializer)
}
