//! Figures for people, as a table, and for programs, as JSON: the same ones.

use std::fmt::Write;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

/// Prints these columns of the rows as a table, and writes all of them to a file as `{"results":[…]}`.
///
/// # Errors
/// When the file cannot be written.
pub fn show<R: Serialize>(columns: &[&str], rows: &[R], json: Option<&Path>) -> std::io::Result<()> {
    let document = serde_json::json!({ "results": rows });
    print!("{}", table(columns, document["results"].as_array().map(Vec::as_slice).unwrap_or_default()));
    match json {
        Some(path) => std::fs::write(path, format!("{document}\n"))
            .map_err(|error| std::io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
        None => Ok(()),
    }
}

/// A line for the names, then one for each row; numbers stand to the right.
fn table(columns: &[&str], rows: &[Value]) -> String {
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| columns.iter().map(|name| cell(&row[*name])).collect()).collect();
    let width = |at: usize| cells.iter().map(|row| row[at].len()).chain([columns[at].len()]).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let head = columns.iter().map(|&name| name.to_owned()).collect();
    let mut text = String::new();
    for line in [head].iter().chain(&cells) {
        for ((at, cell), width) in line.iter().enumerate().zip(&widths) {
            let words = rows.first().is_some_and(|row| row[columns[at]].is_string());
            let gap = if at == 0 { "" } else { "  " };
            let written = if words { write!(text, "{gap}{cell:width$}") } else { write!(text, "{gap}{cell:>width$}") };
            written.expect("a String takes what is written to it");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// A value with the digits that matter.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap_or_default();
            let digits = if number >= 1000.0 {
                0
            } else if number >= 1.0 {
                2
            } else {
                4
            };
            format!("{number:.digits$}")
        }
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_aligned() {
        let rows = [
            serde_json::json!({ "engine": "flow", "events": 5_000_000, "median_s": 0.03125, "other": 1 }),
            serde_json::json!({ "engine": "by hand", "events": 7, "median_s": 12.345, "peak": null }),
        ];
        let expected = "\
engine    events  median_s  peak
flow     5000000    0.0312
by hand        7     12.35
";
        assert_eq!(table(&["engine", "events", "median_s", "peak"], &rows), expected);
    }
}
