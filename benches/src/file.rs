//! The README's main job on a file of JSON lines, beside a hand-written loop over serde_json.
//!
//! Each run is a process of its own, so that its memory is its own too; the two take turns, and must write the same rows.

mod hand;
mod job;
mod orders;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use cpu_time::ProcessTime;
use serde::{Deserialize, Serialize};

/// Only orders above this amount count, as in the example.
const MIN_AMOUNT: i64 = 100;
/// How far out of order lines may be, in milliseconds.
const DELAY: i64 = 5_000;
/// A window, in milliseconds.
const WINDOW: i64 = 60_000;

/// Errors of files, processes and the pipeline alike.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Who does the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// The pipeline.
    Flow,
    /// The loop.
    Hand,
}

impl Engine {
    /// As it is written in commands and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Hand => "hand",
        }
    }

    fn work(self, input: &Path, output: &Path) -> Result<()> {
        match self {
            Self::Flow => job::run(input, output),
            Self::Hand => hand::run(input, output),
        }
    }
}

/// One run of one engine, as its process tells it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Run {
    /// From the call to the file being there.
    pub seconds: f64,
    /// Of all threads.
    pub cpu_seconds: f64,
    /// The most memory that was resident.
    pub peak_mb: f64,
}

/// What an engine took for the whole, over all runs.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The engine.
    pub engine: Engine,
    /// Lines in the file.
    pub lines: u64,
    /// The median.
    pub median_s: f64,
    /// Lines a second, by the median.
    pub lines_per_s: f64,
    /// The median.
    pub cpu_ns_per_line: f64,
    /// The loop's median time by this one's.
    pub ratio_to_hand: f64,
    /// The median.
    pub peak_mb: f64,
}

/// What is shown of a summary.
pub const COLUMNS: &[&str] =
    &["engine", "lines", "median_s", "lines_per_s", "cpu_ns_per_line", "ratio_to_hand", "peak_mb"];

/// Does the job once, in this process.
///
/// # Errors
/// When the input cannot be read, or the output not written.
pub fn run_here(engine: Engine, input: &Path, output: &Path) -> Result<Run> {
    let (start, cpu) = (Instant::now(), ProcessTime::now());
    engine.work(input, output)?;
    let (seconds, cpu_seconds) = (start.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
    Ok(Run { seconds, cpu_seconds, peak_mb: peak_mb()? })
}

/// Makes a file of so many lines, lets both engines work on it `repeat` times in turn, and compares what they write.
///
/// # Errors
/// When a run fails, or the answers differ.
pub fn measure(lines: u64, repeat: usize) -> Result<Vec<Summary>> {
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("orders.jsonl");
    orders::write(lines, BufWriter::with_capacity(1 << 20, File::create(&input)?))?;
    let (mut runs, mut answer) = ([Vec::new(), Vec::new()], None);
    for _ in 0..repeat.max(1) {
        for (engine, runs) in [Engine::Flow, Engine::Hand].into_iter().zip(&mut runs) {
            let output = folder.path().join(engine.name());
            runs.push(in_a_process(engine, &input, &output)?);
            let rows = rows(&output)?;
            if answer.get_or_insert_with(|| rows.clone()) != &rows {
                return Err(format!("{} gives other rows than the run before it", engine.name()).into());
            }
        }
    }
    let [flow, hand] = &runs;
    let of_hand = median(hand, |run| run.seconds);
    let summary = |engine, runs: &[Run]| {
        let median_s = median(runs, |run| run.seconds);
        Summary {
            engine,
            lines,
            median_s,
            lines_per_s: lines as f64 / median_s,
            cpu_ns_per_line: median(runs, |run| run.cpu_seconds) * 1e9 / lines as f64,
            ratio_to_hand: of_hand / median_s,
            peak_mb: median(runs, |run| run.peak_mb),
        }
    };
    Ok(vec![summary(Engine::Flow, flow), summary(Engine::Hand, hand)])
}

/// Calls this program's own hidden command, which does the job once.
fn in_a_process(engine: Engine, input: &Path, output: &Path) -> Result<Run> {
    let mut command = Command::new(std::env::current_exe()?);
    let ended = command.args(["file-run", engine.name()]).args([input, output]).output()?;
    if !ended.status.success() {
        return Err(format!("{}: {}", engine.name(), String::from_utf8_lossy(&ended.stderr).trim()).into());
    }
    Ok(serde_json::from_slice(&ended.stdout)?)
}

/// The lines of a file, in an order that all engines share.
fn rows(path: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(path)?;
    let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
    rows.sort_unstable();
    Ok(rows)
}

fn median(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().map(of).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The most memory that this process has had resident, as Linux tells it.
fn peak_mb() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    Ok(kilobytes.ok_or("no VmHWM in /proc/self/status")?.parse::<f64>()? / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::{Engine, orders, rows, run_here};
    use std::fs::File;

    #[test]
    fn the_loop_and_the_pipeline_write_the_same_rows() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("orders.jsonl");
        orders::write(200_000, File::create(&input).unwrap()).unwrap();
        let answer = |engine: Engine| {
            let output = folder.path().join(engine.name());
            run_here(engine, &input, &output).unwrap();
            rows(&output).unwrap()
        };
        let by_hand = answer(Engine::Hand);
        assert!(by_hand.len() > 15, "several minutes and regions: {by_hand:?}");
        assert_eq!(answer(Engine::Flow), by_hand);
    }
}
