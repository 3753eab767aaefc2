//! What the harness has measured, as it wrote it: one JSON document a job.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::plan::Job;

/// The rows of every job that was run, by its name.
#[derive(Debug, Default)]
pub(crate) struct Figures(BTreeMap<String, Vec<Value>>);

impl Figures {
    /// Reads what the jobs wrote to a folder.
    pub(crate) fn read(folder: &Path, jobs: &[Job]) -> Result<Self, String> {
        let mut figures = Self::default();
        for job in jobs {
            let path = folder.join(job.name).with_extension("json");
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            figures.add(job.name, &text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(figures)
    }

    /// Adds a job's document: `{"results": [ … ]}`, with at least one row.
    pub(crate) fn add(&mut self, job: &str, text: &str) -> Result<(), String> {
        let mut document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match document.get_mut("results").map(Value::take) {
            Some(Value::Array(rows)) if !rows.is_empty() => {
                self.0.insert(job.to_owned(), rows);
                Ok(())
            }
            _ => Err("`results` is no list with rows".to_owned()),
        }
    }

    /// All rows of a job, in its order.
    pub(crate) fn rows(&self, job: &str) -> &[Value] {
        self.0.get(job).map(Vec::as_slice).unwrap_or_default()
    }

    /// The row of a query in a job of `nexmark`.
    pub(crate) fn query(&self, job: &str, query: &str, engine: &str, workers: u64) -> Option<&Value> {
        self.rows(job).iter().find(|row| row["query"] == query && row["engine"] == engine && row["workers"] == workers)
    }

    /// The time of such a row, in seconds.
    pub(crate) fn seconds(&self, job: &str, query: &str, engine: &str, workers: u64) -> Option<f64> {
        self.query(job, query, engine, workers)?["median_s"].as_f64().filter(|seconds| *seconds > 0.0)
    }

    /// The first row of a job that has this in a field.
    pub(crate) fn with(&self, job: &str, field: &str, is: &Value) -> Option<&Value> {
        self.rows(job).iter().find(|row| &row[field] == is)
    }

    /// A number of the first row of a job that has all of these in these fields.
    pub(crate) fn number(&self, job: &str, fields: &[(&str, Value)], of: &str) -> Option<f64> {
        let has = |row: &&Value| fields.iter().all(|(field, is)| &row[*field] == is);
        self.rows(job).iter().find(has)?[of].as_f64()
    }
}

/// The slope of the straight line that fits best: how much `y` grows when `x` grows by one.
pub(crate) fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let common: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    (spread > 0.0).then(|| common / spread)
}

#[cfg(test)]
mod tests {
    use super::{Figures, slope};

    #[test]
    fn documents_are_read() {
        let mut figures = Figures::default();
        let text = r#"{"results":[
            {"query":"w1","engine":"flow","workers":1,"median_s":0.5},
            {"query":"w1","engine":"flow","workers":2,"median_s":0.25},
            {"query":"w1","engine":"hand","workers":1,"median_s":0.0}]}"#;
        figures.add("copy", text).unwrap();
        assert_eq!(figures.seconds("copy", "w1", "flow", 2), Some(0.25));
        assert_eq!(figures.seconds("copy", "w1", "hand", 1), None, "no run takes no time");
        assert_eq!(figures.seconds("copy", "q1", "flow", 1), None);
        assert_eq!(figures.seconds("strings", "w1", "flow", 1), None);
        assert_eq!(figures.with("copy", "engine", &"hand".into()).unwrap()["workers"], 1);
        for wrong in ["", "{", "[]", "{}", r#"{"results":[]}"#, r#"{"results":3}"#] {
            assert!(figures.add("wrong", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_slope_is_that_of_the_line() {
        let close = |found: Option<f64>, to: f64| assert!((found.unwrap() - to).abs() < 1e-9, "{found:?}");
        close(slope(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]), 2.0);
        close(slope(&[(1.0, 4.0), (2.0, 4.0)]), 0.0);
        assert_eq!(slope(&[(1.0, 4.0)]), None);
        assert_eq!(slope(&[]), None);
    }
}
