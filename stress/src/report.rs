//! The report: a page for people, and the same for programs.

use std::fmt::{self, Write as _};
use std::path::Path;

use flow_services::{Error, Result};
use serde_json::{Value, json};

use crate::run::Outcome;

/// Writes `report.md` and `report.json`, and gives the page.
pub(crate) fn write(outcome: &Outcome, folder: &Path) -> Result<String> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error: std::io::Error| Error::new(format!("{path}: {error}"))
    };
    let page = page(outcome).map_err(|error| Error::new(error.to_string()))?;
    std::fs::create_dir_all(folder).map_err(failed(folder))?;
    for (name, text) in [("report.md", &page), ("report.json", &format!("{:#}\n", value(outcome)))] {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(failed(&path))?;
    }
    Ok(page)
}

impl Outcome {
    pub(crate) fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.holds)
    }

    fn rate(&self, seconds: f64) -> f64 {
        self.scheme.messages as f64 / seconds
    }

    fn verdict(&self) -> String {
        let failed = self.checks.iter().filter(|check| !check.holds).count();
        format!("{} checks: {} hold, {failed} do not", self.checks.len(), self.checks.len() - failed)
    }
}

/// The page: what was run, what holds, what it took, the first and the last.
fn page(outcome: &Outcome) -> std::result::Result<String, fmt::Error> {
    let (scheme, pipeline) = (outcome.scheme, &outcome.pipeline);
    let mut page = String::from("# Stress: Kafka → Redis counter → Kafka\n\n");
    writeln!(
        page,
        "{} messages, {} input and {} output partitions, {} consumers, seed {}. {}.\n",
        scheme.messages,
        scheme.partitions,
        scheme.partitions,
        outcome.consumers,
        scheme.seed,
        outcome.verdict()
    )?;
    writeln!(page, "| check | wanted | measured | |\n|---|---|---|---|")?;
    for check in &outcome.checks {
        let holds = if check.holds { "holds" } else { "**does not hold**" };
        writeln!(page, "| {} | {} | {} | {holds} |", check.name, check.wanted, check.measured)?;
    }
    writeln!(page, "\n| way | seconds | messages/s |\n|---|--:|--:|")?;
    for (way, seconds) in &outcome.ways {
        writeln!(page, "| {way} | {seconds:.2} | {:.0} |", outcome.rate(*seconds))?;
    }
    writeln!(
        page,
        "\nThe pipeline's process, from its start to its end: {:.2} s, {:.2} s of processor time, {:.0} MB at most.\n\n```text\n{}\n```",
        pipeline.seconds,
        pipeline.cpu_seconds,
        pipeline.peak_bytes as f64 / 1e6,
        pipeline.said.trim_end()
    )?;
    writeln!(page, "\n## The first and the last, as kcat has read them from the output\n")?;
    writeln!(
        page,
        "| id | number | partition@offset | correlation id | headers | text | |\n|--:|--:|---|---|---|---|---|"
    )?;
    for (id, shown) in outcome.output.shown() {
        let number = shown.number.map_or_else(String::new, |number| number.to_string());
        let (place, key, headers, text) = (&shown.place, &shown.correlation, &shown.headers, &shown.text);
        let right = if shown.right { "right" } else { "**wrong**" };
        writeln!(page, "| {id} | {number} | {place} | {key} | {headers} | {text} | {right} |")?;
    }
    Ok(page)
}

/// The same as JSON.
fn value(outcome: &Outcome) -> Value {
    let (scheme, pipeline) = (outcome.scheme, &outcome.pipeline);
    let checks = outcome.checks.iter().map(
        |check| json!({ "name": check.name, "wanted": check.wanted, "measured": check.measured, "holds": check.holds }),
    );
    let ways = outcome.ways.iter();
    let ways = ways.map(|(way, seconds)| json!({ "way": way, "seconds": seconds, "rate": outcome.rate(*seconds) }));
    let shown = outcome.output.shown().iter().map(|(id, shown)| {
        json!({
            "id": id, "number": shown.number, "place": shown.place, "correlationId": shown.correlation,
            "headers": shown.headers, "text": shown.text, "right": shown.right,
        })
    });
    json!({
        "messages": scheme.messages,
        "partitions": scheme.partitions,
        "consumers": outcome.consumers,
        "seed": scheme.seed,
        "holds": outcome.holds(),
        "checks": checks.collect::<Value>(),
        "ways": ways.collect::<Value>(),
        "pipeline": {
            "seconds": pipeline.seconds,
            "cpuSeconds": pipeline.cpu_seconds,
            "peakBytes": pipeline.peak_bytes,
        },
        "firstAndLast": shown.collect::<Value>(),
    })
}
