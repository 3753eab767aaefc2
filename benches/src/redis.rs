//! Counting up in Redis, beside `redis-benchmark` with as many connections and as many commands unanswered at a time.
//!
//! They take turns on one server of their own, which writes nothing to its disk, and must have counted to the same sum.

use std::time::Instant;

use cpu_time::ProcessTime;
use flow::prelude::*;
use flow_redis::Redis;
use flow_services::{OwnRedis, RedisTools};
use serde::Serialize;

/// Errors of the server, its tools and the pipeline alike.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How many keys are counted up.
const KEYS: u64 = 10_000;
/// In how many batches the commands of a connection are on their way.
const BATCHES: usize = 4;

/// What was measured of one engine, with so many connections and commands unanswered on each.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// `flow`, or `redis-benchmark`.
    pub engine: &'static str,
    /// Connections to the server.
    pub connections: usize,
    /// Commands that are unanswered at a time, on each of them.
    pub depth: usize,
    /// Commands in all.
    pub commands: u64,
    /// The median.
    pub commands_per_s: f64,
    /// The median of this process's own time, for each command; none for another process.
    pub cpu_ns_per_command: Option<f64>,
    /// The commands a second by those of `redis-benchmark`.
    pub ratio: f64,
}

/// What is shown of a summary.
pub const COLUMNS: &[&str] =
    &["engine", "connections", "depth", "commands", "commands_per_s", "cpu_ns_per_command", "ratio"];

/// Lets both count up, `repeat` times in turn, for each number of connections and each depth.
///
/// # Errors
/// When there is no server, a run fails, or a sum is wrong.
pub fn measure(commands: u64, connections: &[usize], depths: &[usize], repeat: usize) -> Result<Vec<Summary>> {
    let server = OwnRedis::with(&["--appendonly", "no"])?;
    let tools = RedisTools::at(server.address());
    let mut summaries = Vec::new();
    for &connections in connections {
        for &depth in depths {
            let (mut theirs, mut ours, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..repeat.max(1) {
                theirs.push(benchmark(&tools, commands, connections, depth)?);
                counted(&tools, commands)?;
                let (rate, cpu_ns) = pipeline(server.address(), commands, connections, depth)?;
                counted(&tools, commands)?;
                ours.push(rate);
                cpu.push(cpu_ns);
            }
            let (limit, rate) = (median(theirs), median(ours));
            let summary = |engine, commands_per_s: f64, cpu_ns_per_command| Summary {
                engine,
                connections,
                depth,
                commands,
                commands_per_s,
                cpu_ns_per_command,
                ratio: commands_per_s / limit,
            };
            summaries.push(summary("redis-benchmark", limit, None));
            summaries.push(summary("flow", rate, Some(median(cpu))));
        }
    }
    Ok(summaries)
}

/// Commands a second by Redis' own tool.
fn benchmark(tools: &RedisTools, commands: u64, connections: usize, depth: usize) -> Result<f64> {
    let (commands, connections, depth, keys) =
        (commands.to_string(), connections.to_string(), depth.to_string(), KEYS.to_string());
    let options = ["--csv", "-n", &commands, "-c", &connections, "-P", &depth, "-r", &keys];
    let said = tools.benchmark(&[&options[..], &["INCRBY", "key:__rand_int__", "1"]].concat())?;
    let last = said.lines().rfind(|line| line.contains("INCRBY")).unwrap_or_default();
    let rate = last.split("\",\"").nth(1).and_then(|rate| rate.parse().ok());
    rate.ok_or_else(|| format!("redis-benchmark said: {said}").into())
}

/// Commands a second by a pipeline, and this process's time for each.
fn pipeline(address: &str, commands: u64, connections: usize, depth: usize) -> Result<(f64, f64)> {
    let batches = BATCHES.min(depth);
    let count = Redis::url(address).incr_by(|n: u64| (key(n), 1)).batch(depth / batches).in_flight(batches);
    let pipeline = Pipeline::new("count");
    pipeline.parallelism(connections).source(sources::generator(u64::MAX, |n| n).limit(commands)).sink(count);
    let (start, cpu) = (Instant::now(), ProcessTime::now());
    pipeline.run_blocking()?;
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
    Ok((commands as f64 / seconds, cpu * 1e9 / commands as f64))
}

/// A key as long as those of `redis-benchmark`, and as far from the one before it.
fn key(n: u64) -> String {
    format!("key:{:012}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % KEYS)
}

/// Sees whether all was counted, and forgets it.
fn counted(tools: &RedisTools, commands: u64) -> Result<()> {
    let sum = "local sum = 0 for _, key in ipairs(redis.call('KEYS', 'key:*')) do sum = sum + redis.call('GET', key) end return sum";
    let found: u64 = tools.cli(&["EVAL", sum, "0"])?.trim().parse()?;
    tools.cli(&["FLUSHALL"])?;
    // Their tool sends whole batches, and so up to one more on each connection.
    match found >= commands && found < commands + commands / 10 {
        true => Ok(()),
        false => Err(format!("{found} of {commands} commands were counted").into()),
    }
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
