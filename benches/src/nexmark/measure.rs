//! How long each engine takes, in turn, in one process; and whether they agree.

use std::error::Error;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use serde::Serialize;

use super::prepared::prepare;
use super::{Engine, Plan, memory};
use crate::sink::Answer;

/// What was measured of an engine.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// The query.
    pub query: &'static str,
    /// The engine.
    pub engine: &'static str,
    /// Workers.
    pub workers: usize,
    /// The workload.
    pub workload: &'static str,
    /// Events in a run.
    pub events: u64,
    /// The median of a run.
    pub median_s: f64,
    /// Events a second, by the median.
    pub events_per_s: f64,
    /// Processor time per event, by its median.
    pub cpu_ns_per_event: f64,
    /// The speed as a part of the loop's; none when that was not asked for.
    pub ratio_to_hand: Option<f64>,
    /// The most memory that a process had that did nothing else.
    pub peak_mb: Option<f64>,
    /// How many rows came out.
    pub rows: u64,
    /// The sum of their numbers.
    pub checksum: String,
}

/// What is shown of it.
pub const COLUMNS: &[&str] = &[
    "query",
    "engine",
    "workers",
    "workload",
    "events",
    "median_s",
    "events_per_s",
    "cpu_ns_per_event",
    "ratio_to_hand",
    "peak_mb",
    "rows",
];

/// What an engine's runs took.
struct Runs {
    engine: Engine,
    wall: Vec<Duration>,
    cpu: Vec<Duration>,
    answer: Answer,
}

/// Every engine so many times, in turn.
fn rounds(plan: &Plan) -> Result<Vec<Runs>, Box<dyn Error + Send + Sync>> {
    let prepared = prepare(plan.query, plan.workload, &plan.events);
    let new = |engine| Runs { engine, wall: Vec::new(), cpu: Vec::new(), answer: Answer::default() };
    let mut all: Vec<Runs> = plan.engines.iter().copied().map(new).collect();
    // The first round warms up, and shows whether the answers are the same.
    for round in 0..=plan.repeat {
        for runs in &mut all {
            let run = prepared(plan.workers);
            let (start, cpu) = (Instant::now(), ProcessTime::now());
            runs.answer = run(runs.engine)?;
            let (wall, cpu) = (start.elapsed(), cpu.elapsed());
            if round > 0 {
                runs.wall.push(wall);
                runs.cpu.push(cpu);
            }
        }
        agree(plan, &all)?;
    }
    Ok(all)
}

fn agree(plan: &Plan, all: &[Runs]) -> Result<(), String> {
    let Some((first, others)) = all.split_first() else { return Ok(()) };
    match others.iter().find(|other| other.answer != first.answer) {
        None => Ok(()),
        Some(other) => Err(format!(
            "{} with {} workers: {} and {} give different answers: {:?} and {:?}",
            plan.query.as_str(),
            plan.workers,
            first.engine.as_str(),
            other.engine.as_str(),
            first.answer,
            other.answer
        )),
    }
}

/// Measures all engines of a plan.
///
/// # Errors
/// When a pipeline fails, or engines disagree.
pub fn measure(plan: &Plan) -> Result<Vec<Figure>, Box<dyn Error + Send + Sync>> {
    let all = rounds(plan)?;
    let hand = all.iter().find(|runs| runs.engine == Engine::Hand).map(|runs| median(&runs.wall));
    all.iter().map(|runs| figure(plan, runs, hand)).collect()
}

fn figure(plan: &Plan, runs: &Runs, hand: Option<f64>) -> Result<Figure, Box<dyn Error + Send + Sync>> {
    let (median_s, count) = (median(&runs.wall), plan.events.count as f64);
    Ok(Figure {
        query: plan.query.as_str(),
        engine: runs.engine.as_str(),
        workers: plan.workers,
        workload: plan.workload.as_str(),
        events: plan.events.count,
        median_s,
        events_per_s: count / median_s,
        cpu_ns_per_event: median(&runs.cpu) * 1e9 / count,
        ratio_to_hand: hand.map(|hand| hand / median_s),
        peak_mb: memory::measure(plan, runs.engine)?,
        rows: runs.answer.rows,
        checksum: format!("{:016x}", runs.answer.checksum),
    })
}

fn median(times: &[Duration]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).map_or(0.0, Duration::as_secs_f64)
}
