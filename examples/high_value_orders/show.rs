//! What the terminal shows.

use std::fmt;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::path::Path;
use std::time::Duration;

use comfy_table::{Cell, CellAlignment, Table, presets};
use flow::prelude::*;
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};

use super::Revenue;

/// More rows than this are for a file.
const ROWS: usize = 1_000;

/// Runs the pipeline, with a progress bar if someone watches.
pub(super) fn run(pipeline: Pipeline, input: &Path) -> flow::Result<Report> {
    if !io::stderr().is_terminal() {
        return pipeline.run_blocking();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let job = pipeline.start().await?;
        let bar = bar(lines(input));
        while !job.is_finished() {
            let metrics = job.metrics();
            let read = metrics.stages.iter().filter(|stage| stage.kind == "source").map(|stage| stage.counts.entered);
            bar.set_position(read.sum());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bar.finish_and_clear();
        job.wait().await
    })
}

fn bar(lines: Option<u64>) -> ProgressBar {
    let (bar, style) = match lines {
        Some(lines) => {
            (ProgressBar::new(lines), "{bar:40} {human_pos} of about {human_len} orders, {rate}, {eta} left")
        }
        None => (ProgressBar::new_spinner(), "{spinner} {human_pos} orders, {rate}"),
    };
    let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style.with_key("rate", |state: &ProgressState, text: &mut dyn fmt::Write| {
        // A terminal that can't be written to is no reason to end the job.
        let _shown = write!(text, "{}/s", HumanCount(state.per_sec() as u64));
    }))
}

/// About how many lines a file has, by its size and the length of its first ones.
fn lines(input: &Path) -> Option<u64> {
    let file = std::fs::File::open(input).ok()?;
    let size = file.metadata().ok()?.len();
    let (mut start, mut lines) = (0, 0);
    for line in io::BufReader::new(file.take(1 << 16)).split(b'\n').map_while(Result::ok) {
        start += line.len() as u64 + 1;
        lines += 1;
    }
    (start > 0).then(|| size * lines / start)
}

/// The rows, by time and region.
pub(super) fn table(mut rows: Vec<Revenue>) -> flow::Result<()> {
    rows.sort_by(|a, b| (a.window_start, &a.region).cmp(&(b.window_start, &b.region)));
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["minute", "region", "total", "orders"]);
    for row in rows.iter().take(ROWS) {
        let number = |number: i64| Cell::new(number).set_alignment(CellAlignment::Right);
        let cells = [Cell::new(row.window_start), Cell::new(&row.region), number(row.total), number(row.orders)];
        table.add_row(cells);
    }
    print(&format!("{table}\n"))?;
    if rows.len() > ROWS {
        print(&format!("and {} more rows: `--output FILE` writes them all\n", HumanCount((rows.len() - ROWS) as u64)))?;
    }
    Ok(())
}

/// The lines that are no orders.
pub(super) fn malformed(letters: &[DeadLetter]) -> flow::Result<()> {
    for letter in letters {
        let line = letter.offset.map_or_else(String::new, |line| format!("line {line}: "));
        print(&format!("{line}{}\n", letter.reason))?;
    }
    Ok(())
}

/// The report, and its main figures on a line.
pub(super) fn report(report: &Report) -> flow::Result<()> {
    let [read, rows, dead, late] = [report.read(), report.written(), report.dead_lettered(), report.late()];
    print(&format!("{report}\n{read} read, {rows} rows, {dead} malformed, {late} late\n"))
}

/// Prints, and takes no offence when the reader has gone (`| head`).
pub(super) fn print(text: &str) -> flow::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}
