//! Keys counted up by `flow-redis`' sink, beside `redis-benchmark` with as many connections and as deep a pipeline, at one server.
//!
//! Both count the same number of keys up, chosen at random, by one; what the keys then come to must be what was counted.

use std::fmt;
use std::time::Instant;

use cpu_time::ProcessTime;
use flow::prelude::*;
use flow_redis::Redis;
use flow_services::{OwnRedis, RedisTools};
use serde::Serialize;

use crate::events::random::Random;
use crate::file::Result;

/// Different keys.
const KEYS: u64 = 10_000;
/// Sums the keys that begin so, and removes them.
const SUM: &str = "local sum = 0 for at = 0, ARGV[1] - 1 do local key = ARGV[2] .. string.format('%012d', at) \
                   sum = sum + (redis.call('GET', key) or 0) redis.call('DEL', key) end return sum";

/// Keys of Redis counted up, beside `redis-benchmark`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// How many commands each run has.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub increments: u64,
    /// Connections; several numbers are measured one after the other.
    #[arg(long, value_name = "C", value_delimiter = ',', default_value = "1,4", value_parser = clap::value_parser!(u64).range(1..=64))]
    pub connections: Vec<u64>,
    /// How many commands wait for their answers at each connection.
    #[arg(long, value_name = "D", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub depth: u64,
    /// Runs of each; the median counts.
    #[arg(long, value_name = "R", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub repeat: u64,
    /// Where the figures go, as JSON.
    #[arg(long, value_name = "F")]
    pub json: Option<std::path::PathBuf>,
}

/// Who counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Engine {
    /// The pipeline.
    #[serde(rename = "flow")]
    Flow,
    /// Redis' own client.
    #[serde(rename = "redis-benchmark")]
    Benchmark,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Flow { "flow" } else { "redis-benchmark" })
    }
}

/// What was measured of an engine.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Who.
    pub engine: Engine,
    /// By how many connections.
    pub connections: u64,
    /// How many commands wait for their answers at each.
    pub depth: u64,
    /// Commands in a run.
    pub increments: u64,
    /// The median of a run.
    pub median_s: f64,
    /// Commands a second, by the median.
    pub increments_per_s: f64,
    /// Of the client's process; the median.
    pub cpu_ns_per_increment: f64,
    /// `redis-benchmark`'s median time by this one's.
    pub ratio: f64,
}

/// What is shown of it.
pub const COLUMNS: &[&str] =
    &["engine", "connections", "depth", "increments", "median_s", "increments_per_s", "cpu_ns_per_increment", "ratio"];

/// One engine's runs: wall time and processor time, in seconds.
type Runs = Vec<(f64, f64)>;

/// Lets both count, in turn: at the server that `FLOW_REDIS` says, or else at one of our own that writes nothing to disk, for what a disk
/// takes is no client's.
///
/// # Errors
/// When a run fails, or the keys do not come to what was counted.
pub fn measure(options: &Options) -> Result<Vec<Figure>> {
    match std::env::var(flow_services::REDIS).ok().filter(|said| !said.is_empty()) {
        Some(address) => measure_at(&address, options),
        None => {
            let server = OwnRedis::with(&["--appendonly", "no"])?;
            measure_at(server.address(), options)
        }
    }
}

fn measure_at(address: &str, options: &Options) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for &connections in &options.connections {
        let mut runs: [Runs; 2] = Default::default();
        for _ in 0..options.repeat {
            for (engine, runs) in [Engine::Flow, Engine::Benchmark].into_iter().zip(&mut runs) {
                runs.push(run(engine, address, connections, options)?);
            }
        }
        let [flow, benchmark] = runs.map(|mut runs| {
            let middle = runs.len() / 2;
            runs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            runs[middle]
        });
        for (engine, (median_s, cpu)) in [(Engine::Flow, flow), (Engine::Benchmark, benchmark)] {
            let increments = options.increments;
            figures.push(Figure {
                engine,
                connections,
                depth: options.depth,
                increments,
                median_s,
                increments_per_s: increments as f64 / median_s,
                cpu_ns_per_increment: cpu * 1e9 / increments as f64,
                ratio: benchmark.0 / median_s,
            });
        }
    }
    Ok(figures)
}

/// One run, and the check of what the keys came to.
fn run(engine: Engine, address: &str, connections: u64, options: &Options) -> Result<(f64, f64)> {
    let (prefix, tools) = (format!("{}:", flow_services::unique("bench")), RedisTools::at(address));
    let (took, sent) = match engine {
        Engine::Flow => (by_flow(address, &prefix, connections, options)?, options.increments),
        // It sends whole pipelines only.
        Engine::Benchmark => {
            let sent = options.increments.next_multiple_of(options.depth);
            (by_benchmark(&tools, &prefix, connections, options)?, sent)
        }
    };
    let sum = tools.cli(&["EVAL", SUM, "0", &KEYS.to_string(), &prefix])?;
    if sum.trim() != sent.to_string() {
        return Err(format!("{engine} has counted {sent}, the keys come to {}", sum.trim()).into());
    }
    Ok(took)
}

fn by_flow(address: &str, prefix: &str, connections: u64, options: &Options) -> Result<(f64, f64)> {
    let mut random = Random::of(options.increments, 0);
    let keys: Vec<u64> = (0..options.increments).map(|_| random.below(KEYS)).collect();
    let prefix = prefix.to_owned();
    let (start, cpu) = (Instant::now(), ProcessTime::now());
    // Some batches wait for their answers while the next one is made.
    let batch = options.depth.div_ceil(IN_FLIGHT as u64) as usize;
    let counts = Redis::url(address)
        .incr_by(move |key: u64| (format!("{prefix}{key:012}"), 1))
        .batch(batch)
        .in_flight(IN_FLIGHT);
    let pipeline = pipeline! {
        name = "counts";
        source(sources::vec(keys)) -> sink(counts);
    };
    pipeline.parallelism(connections as usize);
    pipeline.run_blocking()?;
    Ok((start.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64()))
}

/// Batches of a connection.
const IN_FLIGHT: usize = 4;

fn by_benchmark(tools: &RedisTools, prefix: &str, connections: u64, options: &Options) -> Result<(f64, f64)> {
    let key = format!("{prefix}__rand_int__");
    let [n, r, c, p] = [options.increments, KEYS, connections, options.depth].map(|number| number.to_string());
    let cpu = children()?;
    let said = tools.benchmark(&["-n", &n, "-r", &r, "-c", &c, "-P", &p, "--csv", "incrby", &key, "1"])?;
    let cpu = children()? - cpu;
    let rate = rate(&said).ok_or_else(|| format!("redis-benchmark said {said}"))?;
    Ok((options.increments as f64 / rate, cpu))
}

/// The commands a second in what `redis-benchmark --csv` says: the second field of the last line.
fn rate(said: &str) -> Option<f64> {
    said.lines().last()?.split("\",\"").nth(1)?.parse().ok().filter(|rate: &f64| *rate > 0.0)
}

/// The processor time of the processes that this one has started and that have ended, in seconds, as Linux tells it.
fn children() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    Ok(children_of(&stat).ok_or("no times in /proc/self/stat")?)
}

fn children_of(stat: &str) -> Option<f64> {
    // The name before it may have spaces; a tick is a hundredth of a second.
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks = |at: usize| fields.split(' ').nth(at)?.parse::<f64>().ok();
    Some((ticks(13)? + ticks(14)?) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::{Engine, Options, children_of, measure, rate};

    #[test]
    fn both_count_the_same() {
        let options = Options { increments: 10_000, connections: vec![1, 2], depth: 64, repeat: 1, json: None };
        let figures = measure(&options).unwrap();
        let found: Vec<_> = figures.iter().map(|figure| (figure.engine, figure.connections)).collect();
        let (flow, benchmark) = (Engine::Flow, Engine::Benchmark);
        assert_eq!(found, [(flow, 1), (benchmark, 1), (flow, 2), (benchmark, 2)]);
        assert!(figures.iter().all(|figure| figure.median_s > 0.0 && figure.ratio > 0.0), "{figures:?}");
    }

    #[test]
    fn what_redis_benchmark_says_is_read() {
        let said = "\"test\",\"rps\",\"avg_latency_ms\"\n\"incrby key:__rand_int__ 1\",\"653594.75\",\"1.4\"\n";
        assert_eq!(rate(said), Some(653_594.75));
        for wrong in ["", "\"test\",\"rps\"\n", "\"a\",\"0.00\",\"1\"\n", "Could not connect"] {
            assert_eq!(rate(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_times_of_children_are_read() {
        let stat = "42 (a b) c) S 1 2 3 4 5 6 7 8 9 10 11 12 150 50 20 0 1";
        assert_eq!(children_of(stat), Some(2.0));
        assert_eq!(children_of("42 (a) S 1"), None);
    }
}
