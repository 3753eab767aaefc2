//! BENCHMARKS.md: every figure, in tables.

use serde_json::Value;

use super::figures::Figures;
use super::floors::Check;
use super::plan::Job;

/// The whole file.
pub(crate) fn write(machine: &[(&str, String)], jobs: &[Job], figures: &Figures, checks: &[Check]) -> String {
    let plot = |what: &str, file: &str| format!("![{what}](docs/benchmarks/{file}.svg)\n");
    let mut page = vec![
        "# Benchmarks\n".to_owned(),
        "Written by `cargo xtask bench`, with what it measured; it fails when a floor does not hold. Every engine is handed \
         the same events, made before the clock starts, and must give the same answer; engines take turns, and a figure is \
         the median.\n"
            .to_owned(),
        table(&["", ""], machine.iter().map(|(name, value)| vec![(*name).to_owned(), value.clone()])),
        "## Floors and goals\n".to_owned(),
        "A ratio says how many times as fast as the other `flow` is.\n".to_owned(),
        floors(checks),
        "## Nexmark\n".to_owned(),
        "Millions of events a second, on one core and with two workers; CPU time of one event on one core; `flow` to the \
         loop written by hand, on one core.\n"
            .to_owned(),
        plot("throughput by query and engine", "throughput"),
        "### 40-byte `Copy` records\n".to_owned(),
        queries(figures, "copy"),
        "### Many events: 6,000 (`w1`) and 1,000,000 (`w1m`) keys a window\n".to_owned(),
        queries(figures, "w1"),
        "### Full events, with strings\n".to_owned(),
        queries(figures, "strings"),
        "## Peers\n".to_owned(),
        "`Copy` records, one core each; millions of events a second, and `flow` to each.\n".to_owned(),
        peers(figures),
        "## Latency\n".to_owned(),
        "From the moment at which a record was due to its row in the sink, in microseconds. `offered` is how late the offering \
         side itself was, at the 99th percentile; that is in the others.\n"
            .to_owned(),
        plot("latency against rate", "latency"),
        latency(figures),
        "## The main job on a file\n".to_owned(),
        file(figures),
    ];
    page.push("## Scaling\n".to_owned());
    for (by, what) in [("keys", "different keys"), ("batch", "records in a batch"), ("workers", "workers")] {
        page.push(format!("By {what}, `w1`'s pipeline, millions of events a second.\n"));
        page.push(plot(&format!("throughput by {what}"), by));
        page.push(scaling(figures, by, what));
    }
    page.extend([
        "## Memory\n".to_owned(),
        memory(figures),
        "## A stage added to a chain\n".to_owned(),
        chain(figures),
        "## Kafka\n".to_owned(),
        "100-byte messages from topic to topic, as they are (`pass`) and decoded, filtered and encoded as JSON (`json`), at a broker \
         on the same machine, whose processor time is in nobody's column; `hand` is a loop over the same client with the same \
         options. What both have written is read back, and is the same.\n"
            .to_owned(),
        kafka(figures),
        "From the moment at which a message was due at the producer to the consumer behind the second topic, in microseconds, when \
         flow or the loop copies between the topics; the producer, the broker and the consumer are on the same cores.\n"
            .to_owned(),
        kafka_latency(figures),
        "## Redis\n".to_owned(),
        "INCRBY of 10,000 keys, chosen at random, by as many connections and with as deep a pipeline, at a server on the same machine \
         that writes nothing to disk. The sums are compared.\n"
            .to_owned(),
        redis(figures),
        "## Commands\n".to_owned(),
        commands(jobs),
    ]);
    page.join("\n")
}

fn floors(checks: &[Check]) -> String {
    let row = |check: &Check| {
        let holds = if check.holds { "yes" } else { "**no**" }.to_owned();
        vec![check.what.clone(), check.floor.clone(), check.goal.clone(), check.measured.clone(), holds]
    };
    table(&["what", "floor", "goal", "measured", "floor holds"], checks.iter().map(row))
}

/// One line a query that was run with one worker.
fn queries(figures: &Figures, job: &str) -> String {
    let lines = figures.rows(job).iter().filter(|row| row["engine"] == "flow" && row["workers"] == 1);
    let line = |row: &Value| {
        let query = row["query"].as_str().unwrap_or_default();
        let of = |engine, workers| figures.query(job, query, engine, workers);
        vec![
            query.to_owned(),
            millions(of("flow", 1)),
            millions(of("hand", 1)),
            number(of("flow", 1), "ratio_to_hand", 2),
            millions(of("flow", 2)),
            millions(of("hand", 2)),
            number(of("flow", 1), "cpu_ns_per_event", 1),
            number(of("hand", 1), "cpu_ns_per_event", 1),
            number(of("flow", 1), "peak_mb", 1),
            number(of("hand", 1), "peak_mb", 1),
        ]
    };
    let head = [
        "query",
        "flow",
        "hand",
        "ratio",
        "flow, 2",
        "hand, 2",
        "flow, ns",
        "hand, ns",
        "flow, peak MB",
        "hand, peak MB",
    ];
    table(&head, lines.map(line))
}

fn peers(figures: &Figures) -> String {
    let line = |row: &Value| {
        let query = row["query"].as_str().unwrap_or_default();
        let engine = row["engine"].as_str().unwrap_or_default();
        let time = |engine| figures.seconds("peers", query, engine, 1);
        let ratio = time(engine).zip(time("flow")).map(|(other, flow)| format!("{:.2}", other / flow));
        let cpu = number(Some(row), "cpu_ns_per_event", 1);
        vec![query.to_owned(), engine.to_owned(), millions(Some(row)), ratio.unwrap_or_default(), cpu]
    };
    table(&["query", "engine", "M/s", "flow to it", "CPU ns an event"], figures.rows("peers").iter().map(line))
}

fn latency(figures: &Figures) -> String {
    let line = |row: &Value| {
        let mut cells = vec![row["rate"].to_string()];
        let fields = ["p50_us", "p99_us", "p999_us", "max_us", "offered_p99_us"];
        cells.extend(fields.map(|field| number(Some(row), field, 0)));
        cells
    };
    table(&["records a second", "p50", "p99", "p99.9", "maximum", "offered"], figures.rows("latency").iter().map(line))
}

fn file(figures: &Figures) -> String {
    let line = |row: &Value| {
        let rate = row["lines_per_s"].as_f64().map_or_else(String::new, |rate| format!("{:.2}", rate / 1e6));
        let mut cells = vec![row["engine"].as_str().unwrap_or_default().to_owned(), row["lines"].to_string(), rate];
        cells.push(number(Some(row), "cpu_ns_per_line", 0));
        cells.push(number(Some(row), "ratio_to_hand", 2));
        cells.push(number(Some(row), "peak_mb", 1));
        cells
    };
    let head = ["engine", "lines", "M lines/s", "CPU ns a line", "ratio to hand", "peak MB"];
    table(&head, figures.rows("file").iter().map(line))
}

fn kafka(figures: &Figures) -> String {
    let line = |row: &Value| {
        let mut cells = vec![text(row, "work"), row["partitions"].to_string(), text(row, "engine")];
        let rate = row["messages_per_s"].as_f64().map_or_else(String::new, |rate| format!("{:.2}", rate / 1e6));
        cells.push(rate);
        cells.push(number(Some(row), "cpu_ns_per_message", 0));
        cells.push(number(Some(row), "ratio_to_hand", 2));
        cells.push(number(Some(row), "cpu_ratio_to_hand", 2));
        cells
    };
    let head = ["work", "partitions", "engine", "M messages/s", "CPU ns a message", "ratio to hand", "of CPU time"];
    table(&head, figures.rows("kafka").iter().map(line))
}

fn kafka_latency(figures: &Figures) -> String {
    let line = |row: &Value| {
        let mut cells = vec![row["rate"].to_string(), text(row, "engine")];
        let fields = ["p50_us", "p99_us", "p999_us", "max_us", "offered_p99_us"];
        cells.extend(fields.map(|field| number(Some(row), field, 0)));
        cells
    };
    let head = ["messages a second", "engine", "p50", "p99", "p99.9", "maximum", "offered"];
    table(&head, figures.rows("kafka-latency").iter().map(line))
}

fn redis(figures: &Figures) -> String {
    let line = |row: &Value| {
        let mut cells = vec![text(row, "engine"), row["connections"].to_string(), row["depth"].to_string()];
        cells.push(number(Some(row), "increments_per_s", 0));
        cells.push(number(Some(row), "cpu_ns_per_increment", 0));
        cells.push(number(Some(row), "ratio", 2));
        cells
    };
    let head = ["engine", "connections", "pipeline depth", "commands/s", "client's CPU ns a command", "ratio"];
    table(&head, figures.rows("redis").iter().map(line))
}

fn text(row: &Value, field: &str) -> String {
    row[field].as_str().unwrap_or_default().to_owned()
}

fn scaling(figures: &Figures, job: &str, what: &str) -> String {
    let flow = figures.rows(job).iter().filter(|row| row["engine"] == "flow");
    let line = |row: &Value| {
        let same = |other: &&Value| other["engine"] == "hand" && other["at"] == row["at"];
        let hand = figures.rows(job).iter().find(same);
        vec![row["at"].to_string(), millions(Some(row)), millions(hand)]
    };
    table(&[what, "flow", "hand"], flow.map(line))
}

fn memory(figures: &Figures) -> String {
    let rows = ["memory", "memory10"].into_iter().filter_map(|job| figures.query(job, "w1", "flow", 1));
    let line = |row: &Value| vec![row["events"].to_string(), number(Some(row), "peak_mb", 1)];
    table(&["events (`w1`)", "peak MB"], rows.map(line))
}

fn chain(figures: &Figures) -> String {
    let line = |row: &Value| vec![row["stages"].to_string(), number(Some(row), "ns_per_event", 2)];
    table(&["`map` stages", "ns a record"], figures.rows("chain").iter().map(line))
}

fn commands(jobs: &[Job]) -> String {
    let line = |job: &Job| format!("cargo run --release -p flow-benches --features peers -- {}\n", job.arguments);
    format!("```sh\n{}```\n", jobs.iter().map(line).collect::<String>())
}

/// Events a second of a row, in millions.
fn millions(row: Option<&Value>) -> String {
    let rate = row.and_then(|row| Some(row["events"].as_f64()? / row["median_s"].as_f64()? / 1e6));
    rate.map_or_else(String::new, |rate| format!("{rate:.1}"))
}

fn number(row: Option<&Value>, field: &str, digits: usize) -> String {
    row.and_then(|row| row[field].as_f64()).map_or_else(String::new, |value| format!("{value:.digits$}"))
}

/// A table; numbers stand to the right.
fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&head.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>());
    text.push_str(&format!(
        "|---{}|\n",
        if head.len() > 2 { "|--:".repeat(head.len() - 1) } else { "|---".to_owned() }
    ));
    for row in rows {
        text.push_str(&line(&row));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Figures, write};
    use crate::bench::floors;
    use crate::bench::plan::ALL;

    #[test]
    fn figures_stand_in_their_tables() {
        let mut figures = Figures::default();
        let rows = r#"{"results":[
            {"query":"q1","engine":"flow","workers":1,"events":4000000,"median_s":0.5,"ratio_to_hand":0.75,
             "cpu_ns_per_event":125.04,"peak_mb":12.0},
            {"query":"q1","engine":"hand","workers":1,"events":4000000,"median_s":0.375,"ratio_to_hand":1,
             "cpu_ns_per_event":93.75,"peak_mb":3.3}]}"#;
        figures.add("copy", rows).unwrap();
        figures
            .add(
                "kafka",
                r#"{"results":[{"work":"pass","partitions":4,"engine":"flow","messages_per_s":812345.0,
                   "cpu_ns_per_message":1234.5,"ratio_to_hand":0.914,"cpu_ratio_to_hand":0.8}]}"#,
            )
            .unwrap();
        let latency = r#"{"results":[{"rate":10000,"engine":"hand","p50_us":1500.4,"p99_us":9000,"p999_us":12000,
                         "max_us":20000,"offered_p99_us":80}]}"#;
        figures.add("kafka-latency", latency).unwrap();
        let redis = r#"{"results":[{"engine":"redis-benchmark","connections":4,"depth":1000,"increments_per_s":987654.3,
                       "cpu_ns_per_increment":250,"ratio":1}]}"#;
        figures.add("redis", redis).unwrap();
        let page = write(&[("cores", "2".to_owned())], ALL, &figures, &floors::check(&figures));
        assert!(page.contains("| cores | 2 |"), "{page}");
        assert!(page.contains("| q1 | 8.0 | 10.7 | 0.75 |  |  | 125.0 | 93.8 | 12.0 | 3.3 |"), "{page}");
        assert!(page.contains("| q1 (copy), to hand | ≥ 0.5 | ≥ 0.9 | 0.75 | yes |"), "{page}");
        assert!(page.contains("| pass | 4 | flow | 0.81 | 1234 | 0.91 | 0.80 |"), "{page}");
        assert!(page.contains("| 10000 | hand | 1500 | 9000 | 12000 | 20000 | 80 |"), "{page}");
        assert!(page.contains("| redis-benchmark | 4 | 1000 | 987654 | 250 | 1.00 |"), "{page}");
        assert!(ALL.iter().all(|job| page.contains(job.arguments)));
    }
}
