//! What a stage costs: chains of no, one, two … eight `map` stages, from a source to a sink.

use std::time::Instant;

use flow::prelude::*;
use serde::Serialize;

use crate::sink::{Answer, Checked, checking};

/// The longest chain.
pub const LONGEST: usize = 8;

/// Records in a batch, as the engine has them.
const BATCH: u64 = 1024;

/// A record of 40 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Changed by every stage.
    pub value: i64,
    /// What odd stages add.
    pub step: i64,
    /// What even stages mix in.
    pub mask: i64,
    /// Carried along.
    pub sensor: i64,
    /// Carried along, too.
    pub at: i64,
}

impl Checked for Sample {
    fn check(&self) -> u64 {
        (self.value as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ self.sensor as u64
    }
}

/// So many samples, in batches.
#[must_use]
pub fn samples(count: u64) -> Vec<Vec<Sample>> {
    let sample = |number: u64| {
        let mixed = number.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        let part = |shift: u32| (mixed >> shift) as i64 & 0xFFFF;
        Sample { value: part(0), step: part(16), mask: part(32), sensor: part(48), at: number as i64 }
    };
    let starts = (0..count).step_by(BATCH as usize);
    starts.map(|start| (start..count.min(start + BATCH)).map(sample).collect()).collect()
}

/// An odd and an even stage do different things, which no compiler can make one thing of, and which cost next to nothing.
fn odd(sample: Sample) -> Sample {
    Sample { value: sample.value.wrapping_add(sample.step), ..sample }
}

fn even(sample: Sample) -> Sample {
    Sample { value: sample.value ^ sample.mask, ..sample }
}

/// The pipeline, with stages put in.
macro_rules! chain {
    ($batches:ident, $rows:ident, $($stages:tt)*) => {
        pipeline! {
            name = "chain";
            parallelism = 1;

            source(sources::batches($batches)) $($stages)* -> sink($rows);
        }
    };
}

/// Sends the samples through a chain of so many stages, at most [`LONGEST`].
///
/// # Errors
/// When the pipeline fails.
#[rustfmt::skip]
pub fn run(stages: usize, samples: Vec<Vec<Sample>>) -> flow::Result<Answer> {
    let (rows, taken) = checking::<Sample>();
    let pipeline = match stages {
        0 => chain!(samples, rows, ),
        1 => chain!(samples, rows, -> map(odd)),
        2 => chain!(samples, rows, -> map(odd) -> map(even)),
        3 => chain!(samples, rows, -> map(odd) -> map(even) -> map(odd)),
        4 => chain!(samples, rows, -> map(odd) -> map(even) -> map(odd) -> map(even)),
        5 => chain!(samples, rows, -> map(odd) -> map(even) -> map(odd) -> map(even) -> map(odd)),
        6 => chain!(samples, rows, -> map(odd) -> map(even) -> map(odd) -> map(even) -> map(odd) -> map(even)),
        7 => chain!(samples, rows, -> map(odd) -> map(even) -> map(odd) -> map(even) -> map(odd) -> map(even)
            -> map(odd)),
        _ => chain!(samples, rows, -> map(odd) -> map(even) -> map(odd) -> map(even) -> map(odd) -> map(even)
            -> map(odd) -> map(even)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(pipeline.run())?;
    Ok(crate::sink::answer(&taken))
}

/// What a chain took.
#[derive(Clone, Debug, Serialize)]
pub struct Cost {
    /// How many `map` stages.
    pub stages: usize,
    /// Records.
    pub events: u64,
    /// The median of a whole run.
    pub median_s: f64,
    /// The same, for one record.
    pub ns_per_event: f64,
}

/// What is shown of a cost.
pub const COLUMNS: &[&str] = &["stages", "events", "median_s", "ns_per_event"];

/// Runs chains of every length in turn, `repeat` times.
///
/// # Errors
/// When a pipeline fails.
pub fn measure(events: u64, repeat: usize) -> flow::Result<Vec<Cost>> {
    let samples = samples(events);
    let mut times = vec![Vec::new(); LONGEST + 1];
    for round in 0..=repeat.max(1) {
        for (stages, times) in times.iter_mut().enumerate() {
            let given = samples.clone();
            let start = Instant::now();
            run(stages, given)?;
            // The first round warms up.
            if round > 0 {
                times.push(start.elapsed().as_secs_f64());
            }
        }
    }
    let cost = |(stages, mut times): (usize, Vec<f64>)| {
        times.sort_unstable_by(f64::total_cmp);
        let median_s = times[times.len() / 2];
        Cost { stages, events, median_s, ns_per_event: median_s * 1e9 / events as f64 }
    };
    Ok(times.into_iter().enumerate().map(cost).collect())
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, Sample, even, odd, run, samples};
    use crate::sink::Answer;

    #[test]
    fn a_chain_does_what_its_stages_do() {
        assert_eq!(size_of::<Sample>(), 40);
        for stages in 0..=LONGEST {
            let through =
                |sample: Sample| (0..stages).fold(sample, |it, at| if at % 2 == 0 { odd(it) } else { even(it) });
            let mut expected = Answer::default();
            let mut rows = samples(5_000).into_iter().flatten().map(through).collect();
            expected.take(&mut rows);
            assert_eq!(run(stages, samples(5_000)).unwrap(), expected, "{stages} stages");
        }
    }
}
