//! Plots of what was measured, as SVG.

mod draw;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use plotters::prelude::IntoLogRange;
use serde_json::Value;

use draw::Plot;

/// Errors of files, documents and drawing alike.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A line, or the bars of one colour: a name, and its points.
type Series = (String, Vec<(f64, f64)>);

/// Reads the figures in a folder (`copy.json`, `peers.json`, `latency.json`, `keys.json`, `batch.json`, `workers.json`), and draws them
/// to another, which is made if need be.
///
/// # Errors
/// When a file is missing or not what the harness writes, or a plot cannot be written.
pub fn all(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    let rows = |name: &str| read(&from.join(name).with_extension("json"));
    throughput(&[rows("copy")?, rows("peers")?].concat(), &to.join("throughput.svg"))?;
    latency(&rows("latency")?, &to.join("latency.svg"))?;
    for (name, what) in [("keys", "different keys"), ("batch", "records in a batch"), ("workers", "workers")] {
        let series = by_engine(&rows(name)?)?;
        let plot = Plot { title: &format!("w1, by {what}"), x: what, y: "million events/s" };
        let high = 0.0..range(&series, 1).end;
        plot.lines(range(&series, 0).log_scale(), high, &series, &to.join(name).with_extension("svg"))?;
    }
    Ok(())
}

/// The rows of `{"results": [ … ]}`.
fn read(path: &Path) -> Result<Vec<Value>> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let document: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let rows = document.get("results").and_then(Value::as_array).filter(|rows| !rows.is_empty());
    Ok(rows.ok_or_else(|| format!("{}: no results", path.display()))?.clone())
}

fn text(row: &Value, field: &str) -> Result<String> {
    Ok(row[field].as_str().ok_or_else(|| format!("a row without {field}: {row}"))?.to_owned())
}

fn number(row: &Value, field: &str) -> Result<f64> {
    Ok(row[field].as_f64().ok_or_else(|| format!("a row without {field}: {row}"))?)
}

/// Million events a second.
fn speed(row: &Value) -> Result<f64> {
    Ok(number(row, "events")? / number(row, "median_s")?.max(1e-9) / 1e6)
}

/// Bars side by side for each query, a colour for each engine, with one worker.
fn throughput(rows: &[Value], to: &Path) -> Result<()> {
    let (mut queries, mut engines) = (Vec::new(), Vec::new());
    let mut speeds = BTreeMap::new();
    for row in rows.iter().filter(|row| row["workers"] == 1) {
        let (query, engine) = (text(row, "query")?, text(row, "engine")?);
        for (name, list) in [(&query, &mut queries), (&engine, &mut engines)] {
            if !list.contains(name) {
                list.push(name.clone());
            }
        }
        // What was measured beside all peers stands for the query.
        speeds.insert((query, engine), speed(row)?);
    }
    let width = 0.8 / engines.len().max(1) as f64;
    let bars = |(at, engine): (usize, &String)| -> Series {
        let bar = |(place, query): (usize, &String)| {
            let speed = speeds.get(&(query.clone(), engine.clone()))?;
            Some((place as f64 + 0.1 + at as f64 * width, *speed))
        };
        (engine.clone(), queries.iter().enumerate().filter_map(bar).collect())
    };
    let series: Vec<Series> = engines.iter().enumerate().map(bars).collect();
    let plot = Plot { title: "Copy records, one core", x: "", y: "million events/s (logarithmic)" };
    plot.bars(&queries, width, above(range(&series, 1), 4.0), &series, to)
}

/// A line for each percentile, both axes logarithmic.
fn latency(rows: &[Value], to: &Path) -> Result<()> {
    let percentiles = [("p50", "p50_us"), ("p99", "p99_us"), ("p99.9", "p999_us"), ("maximum", "max_us")];
    let line = |(name, field): (&str, &str)| -> Result<Series> {
        let points = rows.iter().map(|row| Ok((number(row, "rate")?, number(row, field)?)));
        Ok((name.to_owned(), points.collect::<Result<_>>()?))
    };
    let series: Vec<Series> = percentiles.into_iter().map(line).collect::<Result<_>>()?;
    let plot = Plot { title: "Latency", x: "records offered a second", y: "microseconds" };
    plot.lines(range(&series, 0).log_scale(), above(range(&series, 1), 8.0).log_scale(), &series, to)
}

/// Million events a second by `at`, a line for each engine.
fn by_engine(rows: &[Value]) -> Result<Vec<Series>> {
    let mut series: Vec<Series> = Vec::new();
    for row in rows {
        let (engine, point) = (text(row, "engine")?, (number(row, "at")?, speed(row)?));
        match series.iter_mut().find(|(name, _)| *name == engine) {
            Some((_, points)) => points.push(point),
            None => series.push((engine, vec![point])),
        }
    }
    Ok(series)
}

/// From a little below the lowest to a little above the highest, of `x` (0) or `y` (1), on a logarithmic axis.
fn range(series: &[Series], axis: usize) -> std::ops::Range<f64> {
    let values = || series.iter().flat_map(|(_, points)| points).map(|point| if axis == 0 { point.0 } else { point.1 });
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    if low > 0.0 && high.is_finite() { low / 1.5..high * 1.5 } else { 1.0..10.0 }
}

/// With room for the legend.
fn above(range: std::ops::Range<f64>, factor: f64) -> std::ops::Range<f64> {
    range.start..range.end * factor
}

#[cfg(test)]
mod tests {
    use super::all;
    use std::fs;

    #[test]
    fn every_plot_is_drawn_and_nothing_is_drawn_of_nothing() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let put = |name: &str, rows: &str| {
            fs::write(from.path().join(name).with_extension("json"), format!(r#"{{"results":[{rows}]}}"#)).unwrap();
        };
        let query = |engine: &str| {
            format!(r#"{{"query":"q1","engine":"{engine}","workers":1,"events":2000000,"median_s":0.25}}"#)
        };
        put("copy", &query("flow"));
        put("peers", &query("timely"));
        let latency = |rate: u64| format!(r#"{{"rate":{rate},"p50_us":70,"p99_us":200,"p999_us":900,"max_us":1500}}"#);
        put("latency", &[latency(10_000), latency(1_000_000)].join(","));
        let at = |at: u64| format!(r#"{{"engine":"flow","at":{at},"events":1000000,"median_s":0.125}}"#);
        for name in ["keys", "batch", "workers"] {
            put(name, &[at(1), at(2)].join(","));
        }
        all(from.path(), to.path()).unwrap();
        for name in ["throughput", "latency", "keys", "batch", "workers"] {
            let svg = fs::read_to_string(to.path().join(name).with_extension("svg")).unwrap();
            assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{name}");
        }
        put("peers", "");
        assert!(all(from.path(), to.path()).is_err());
    }
}
