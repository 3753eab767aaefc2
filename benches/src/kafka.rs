//! Records from topic to topic through `flow-kafka`, beside a loop over the same client with the same options.
//!
//! The two take turns in one process, over the same topic; what each has written is read back, and must be the same, before a figure
//! counts.

mod hand;
mod job;
pub mod latency;
mod settings;
mod topic;

use std::time::Instant;

use cpu_time::ProcessTime;
use serde::{Deserialize, Serialize};

use crate::file::{Engine, Result};
use topic::{Content, Topic};

/// Only orders above this amount pass: nine of ten.
const MIN_AMOUNT: i64 = 100;
/// How many partitions the topics have, on both sides.
const PARTITIONS: &[i32] = &[1, 4];

/// What is in the topics: 100 bytes of JSON each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: i64,
    region: String,
    amount: i64,
    note: String,
}

/// What is done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// Its bytes are written as they are.
    Pass,
    /// It is decoded, filtered, and encoded again.
    Json,
}

/// What was measured of an engine.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What was done.
    pub work: Work,
    /// Partitions of both topics.
    pub partitions: i32,
    /// By whom.
    pub engine: Engine,
    /// Messages that were read.
    pub messages: u64,
    /// Messages that were written.
    pub written: u64,
    /// The median of a run, from the first call to the last delivery.
    pub median_s: f64,
    /// Messages a second, by the median.
    pub messages_per_s: f64,
    /// Of all threads of this process, the client's too; the median.
    pub cpu_ns_per_message: f64,
    /// The loop's median time by this one's.
    pub ratio_to_hand: f64,
    /// The loop's processor time by this one's.
    pub cpu_ratio_to_hand: f64,
    /// The sum of the written messages' hashes.
    pub checksum: String,
}

/// What is shown of it.
pub const COLUMNS: &[&str] = &[
    "work",
    "partitions",
    "engine",
    "messages",
    "median_s",
    "messages_per_s",
    "cpu_ns_per_message",
    "ratio_to_hand",
    "cpu_ratio_to_hand",
];

/// One engine's runs.
#[derive(Default)]
struct Runs {
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

/// Fills topics with so many messages, and lets both engines copy them `repeat` times in turn.
///
/// # Errors
/// When a run fails, or the answers differ.
pub fn measure(servers: &str, messages: u64, repeat: usize) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for &partitions in PARTITIONS {
        let from = Topic::new(servers, "bench-in", partitions)?;
        from.fill(messages)?;
        for work in [Work::Pass, Work::Json] {
            figures.extend(compare(work, &from, messages, repeat)?);
        }
    }
    Ok(figures)
}

/// Both engines, in turn, over one topic.
fn compare(work: Work, from: &Topic, messages: u64, repeat: usize) -> Result<[Figure; 2]> {
    let (mut runs, mut answer) = ([Runs::default(), Runs::default()], None);
    for _ in 0..repeat.max(1) {
        for (engine, runs) in [Engine::Flow, Engine::Hand].into_iter().zip(&mut runs) {
            let content = run(work, engine, from, runs)?;
            let expected: &Content = answer.get_or_insert(content);
            if content != *expected {
                let name = engine.name();
                return Err(format!("{name} has written {content:?}, the run before it {expected:?}").into());
            }
        }
    }
    let Content { count: written, sum } = answer.unwrap_or_default();
    let [wall, cpu] = [0, 1].map(|at| {
        let of = |runs: &Runs| median(if at == 0 { &runs.wall } else { &runs.cpu });
        [of(&runs[0]), of(&runs[1])]
    });
    let figure = |at: usize, engine| Figure {
        work,
        partitions: from.partitions,
        engine,
        messages,
        written,
        median_s: wall[at],
        messages_per_s: messages as f64 / wall[at],
        cpu_ns_per_message: cpu[at] * 1e9 / messages as f64,
        ratio_to_hand: wall[1] / wall[at],
        cpu_ratio_to_hand: cpu[1] / cpu[at],
        checksum: format!("{sum:016x}"),
    };
    Ok([figure(0, Engine::Flow), figure(1, Engine::Hand)])
}

/// One run, to a topic of its own; what then stands there.
fn run(work: Work, engine: Engine, from: &Topic, runs: &mut Runs) -> Result<Content> {
    let to = Topic::new(&from.servers, "bench-out", from.partitions)?;
    let group = flow_services::unique("bench");
    let (start, cpu) = (Instant::now(), ProcessTime::now());
    match engine {
        Engine::Flow => job::run(work, from, &to, &group)?,
        Engine::Hand => hand::run(work, from, &to, &group)?,
    }
    runs.wall.push(start.elapsed().as_secs_f64());
    runs.cpu.push(cpu.elapsed().as_secs_f64());
    to.content()
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{PARTITIONS, latency, measure};
    use crate::file::Engine;

    fn servers() -> String {
        flow_services::kafka().expect("a broker: `cargo xtask up kafka`, or FLOW_KAFKA")
    }

    #[test]
    fn both_write_the_same_messages_whatever_is_done() {
        let figures = measure(&servers(), 2_000, 1).unwrap();
        assert_eq!(figures.len(), PARTITIONS.len() * 4);
        for pair in figures.chunks(2) {
            let [flow, hand] = pair else { panic!("a figure alone: {pair:?}") };
            assert_eq!((flow.engine, hand.engine), (Engine::Flow, Engine::Hand));
            assert_eq!((flow.work, flow.partitions, &flow.checksum), (hand.work, hand.partitions, &hand.checksum));
            assert_eq!(hand.ratio_to_hand, 1.0);
        }
        let written: Vec<u64> = figures.iter().map(|figure| figure.written).collect();
        assert!(written[0] == 2_000 && (1_700..1_900).contains(&written[2]), "{written:?}");
        assert_ne!(figures[0].checksum, figures[2].checksum);
    }

    #[test]
    fn every_message_that_counts_is_timed_once() {
        for reading in latency::measure(&servers(), 1_000, 1).unwrap() {
            assert_eq!(reading.messages, 1_000, "{reading:?}");
            assert!(reading.p50_us > 0.0 && reading.p50_us <= reading.p99_us && reading.p99_us <= reading.max_us);
        }
    }
}
