//! How throughput goes with the number of keys, the length of batches, and the number of workers: `w1`'s pipeline.

use std::time::Instant;

use flow::prelude::*;
use serde::Serialize;

use crate::partitions::partitions;
use crate::sink::{Answer, checking};
use crate::w1::{self, Bid, PRICE, Row};

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

const USUAL: Shape = Shape { keys: w1::KEYS, batch: w1::BATCH, workers: 1 };

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
        let bids = w1::bids(events, shape.keys, shape.batch);
        let (mut of_flow, mut of_hand) = (Vec::new(), Vec::new());
        // The first round warms up.
        for round in 0..=repeat.max(1) {
            let given = divided(bids.clone(), shape.workers);
            let start = Instant::now();
            let found = flow(given, shape.workers)?;
            let flow_s = start.elapsed().as_secs_f64();
            let given = bids.clone();
            let start = Instant::now();
            let expected = w1::hand(given);
            let hand_s = start.elapsed().as_secs_f64();
            if found != expected {
                return Err(format!("by {by:?} at {at}: flow gives {found:?}, the loop {expected:?}").into());
            }
            if round > 0 {
                of_flow.push(flow_s);
                of_hand.push(hand_s);
            }
        }
        points.push(point("flow", at, events, of_flow));
        if shape.workers == 1 {
            points.push(point("hand", at, events, of_hand));
        }
    }
    Ok(points)
}

fn point(engine: &'static str, at: u64, events: u64, mut times: Vec<f64>) -> Point {
    times.sort_unstable_by(f64::total_cmp);
    let median_s = times[times.len() / 2];
    Point { engine, at, events, median_s, events_per_s: events as f64 / median_s }
}

/// A partition for each worker: every so-many-th batch.
fn divided(batches: Vec<Vec<Bid>>, workers: usize) -> Vec<Vec<Vec<Bid>>> {
    let mut divided = vec![Vec::new(); workers];
    for (at, batch) in batches.into_iter().enumerate() {
        divided[at % workers].push(batch);
    }
    divided
}

fn flow(bids: Vec<Vec<Vec<Bid>>>, workers: usize) -> flow::Result<Answer> {
    let (rows, taken) = checking::<Row>();
    let pipeline = pipeline! {
        name = "scale";
        parallelism = workers;

        source(partitions(bids))
            -> watermark(|bid| Timestamp::from_millis(bid.at), delay = 1s)
            -> filter(|bid| bid.price > PRICE)
            -> key_by(|bid| bid.auction)
            -> window(tumbling(10s))
            -> aggregate(|bid| Row { auction: key, start: window.start.millis(), count: count(), sum: sum(bid.price) })
            -> sink(rows);
    };
    let runtime = match workers {
        1 => tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        _ => tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?,
    };
    runtime.block_on(pipeline.run())?;
    Ok(crate::sink::answer(&taken))
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
