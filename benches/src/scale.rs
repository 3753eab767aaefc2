//! How throughput goes with the number of keys, the length of batches, and the number of workers: `w1`'s pipeline.

use std::time::Instant;

use serde::Serialize;

use crate::events::copied::Bid;
use crate::events::feed::{BATCH, Batches};
use crate::events::uniform::Uniform;
use crate::nexmark::Engine;
use crate::queries::w1;
use crate::sink::Taken;

/// What is varied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    /// Different keys in a window.
    Keys,
    /// Records in a batch.
    Batch,
    /// Tasks that share the work, each with a partition and a thread.
    Workers,
}

/// One point of a line.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    /// `flow` or `hand`.
    pub engine: &'static str,
    /// How many keys, records, or workers.
    pub at: u64,
    /// Records in a run.
    pub events: u64,
    /// The median of a run.
    pub median_s: f64,
    /// Records a second, by the median.
    pub events_per_s: f64,
}

/// What is shown of a point.
pub const COLUMNS: &[&str] = &["engine", "at", "events", "median_s", "events_per_s"];

/// What is varied, and the rest as it is in `w1`.
#[derive(Clone, Copy)]
struct Shape {
    keys: u64,
    batch: usize,
    workers: usize,
}

const USUAL: Shape = Shape { keys: w1::BIDS.keys, batch: BATCH, workers: 1 };

/// The bids' seed.
const SEED: u64 = 1;

impl By {
    /// The points that are measured.
    fn points(self) -> Vec<(u64, Shape)> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        match self {
            Self::Keys => {
                let keys = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
                keys.map(|keys| (keys, Shape { keys, ..USUAL })).into()
            }
            Self::Batch => {
                let lengths = [1, 4, 16, 64, 256, 1024, 4096, 16_384];
                lengths.map(|batch| (batch as u64, Shape { batch, ..USUAL })).into()
            }
            Self::Workers => (1..=cores).map(|workers| (workers as u64, Shape { workers, ..USUAL })).collect(),
        }
    }
}

/// Measures every point: the pipeline, and the loop where it can, `repeat` times in turn.
///
/// # Errors
/// When a pipeline fails, or the answers differ.
pub fn measure(by: By, events: u64, repeat: usize) -> Result<Vec<Point>, Box<dyn std::error::Error + Send + Sync>> {
    let mut points = Vec::new();
    for (at, shape) in by.points() {
        // As fast as it takes for a window to see nearly all keys.
        let rate = w1::BIDS.rate.max(w1::MANY_KEYS.rate * shape.keys as i64 / w1::MANY_KEYS.keys as i64);
        let uniform = Uniform { keys: shape.keys, rate };
        let bids: Vec<Bid> = (0..events).map(|number| uniform.bid(SEED, number)).collect();
        // The loop shares its work otherwise: it stands beside one worker only.
        let engines: &[Engine] = if shape.workers == 1 { &[Engine::Flow, Engine::Hand] } else { &[Engine::Flow] };
        let (mut times, mut answer) = (vec![Vec::new(); engines.len()], None);
        // The first round warms up.
        for round in 0..=repeat.max(1) {
            for (engine, times) in engines.iter().zip(&mut times) {
                let input = parts(&bids, shape);
                let start = Instant::now();
                let found = engine.run::<w1::Copied>(input, &Taken::default())?.answer;
                let seconds = start.elapsed().as_secs_f64();
                if *answer.get_or_insert(found) != found {
                    return Err(
                        format!("by {by:?} at {at}: {} gives {found:?}, not {answer:?}", engine.as_str()).into()
                    );
                }
                if round > 0 {
                    times.push(seconds);
                }
            }
        }
        points.extend(engines.iter().zip(times).map(|(engine, times)| point(engine.as_str(), at, events, times)));
    }
    Ok(points)
}

fn point(engine: &'static str, at: u64, events: u64, mut times: Vec<f64>) -> Point {
    times.sort_unstable_by(f64::total_cmp);
    let median_s = times[times.len() / 2];
    Point { engine, at, events, median_s, events_per_s: events as f64 / median_s }
}

/// A part for each worker: every so-many-th batch.
fn parts(bids: &[Bid], shape: Shape) -> Vec<Batches<Bid>> {
    let part = |worker| {
        let chunks = bids.chunks(shape.batch).skip(worker).step_by(shape.workers);
        Box::new(chunks.map(<[Bid]>::to_vec).collect::<Vec<_>>().into_iter()) as Batches<Bid>
    };
    (0..shape.workers).map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::{By, measure};

    #[test]
    fn every_point_is_measured_and_the_answers_agree() {
        for by in [By::Keys, By::Batch, By::Workers] {
            let points = measure(by, 30_000, 1).unwrap();
            assert!(points.iter().all(|point| point.median_s > 0.0));
            assert_eq!(points.iter().filter(|point| point.engine == "flow").count(), by.points().len());
        }
    }
}
