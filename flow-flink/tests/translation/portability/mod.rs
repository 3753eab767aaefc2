//! `docs/portability.md`: written from the language's tables and from what is translated and refused, each line of it tried.
//!
//! After a wanted change: `FLOW_UPDATE=1 cargo test -p flow-flink --test translation portability`, and read the difference.

mod cases;

use std::collections::BTreeSet;
use std::fmt::Write;

use cases::METHODS;
use flow::ir::Ir;
use flow_dsl::{aggregates::AGGREGATES, portable::methods, stages};
use flow_flink::{Limit, Obstacles, Options, TABLE, ToFlinkSql, to_flink_sql};
use serde_json::{Value, json};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/portability.md");
/// What no table says.
const PROMISE: &str = include_str!("promise.md");
/// Types of the IR, and what they are in Rust.
const TYPES: &[(&str, &str)] = &[
    ("bool", "BOOLEAN"),
    ("i8", "TINYINT"),
    ("i16", "SMALLINT"),
    ("i32", "INT"),
    ("i64", "BIGINT"),
    ("f32", "FLOAT"),
    ("f64", "DOUBLE"),
    ("String", "STRING"),
    ("bytes::Bytes", "BYTES"),
    ("Timestamp", "TIMESTAMP_LTZ(3)"),
    ("#[record(epoch_millis)] Timestamp", "EPOCH_MILLIS"),
    ("#[record(decimal(10, 2))] Decimal", "DECIMAL(10, 2)"),
];

/// A pipeline from a topic to a topic, with a map between them.
fn mapped(fields: &Value, expression: &str, data_type: &Value, nullable: bool) -> Result<String, Obstacles> {
    let end = |topic: &str, schema: &Value| json!({ "type": "kafka", "topic": topic, "bootstrapServers": "kafka:9092", "format": "json", "schema": schema });
    let made = json!([{ "name": "made", "type": data_type, "nullable": nullable }]);
    let field = json!([{ "name": "made", "type": data_type, "nullable": nullable, "expression": expression }]);
    let document = json!({
        "irVersion": "1",
        "metadata": { "jobName": "page", "parallelism": 1 },
        "source": end("in", fields),
        "operations": [{ "type": "map", "fields": field }],
        "sink": end("out", &made),
    });
    let ir = Ir::from_json(&document.to_string()).unwrap_or_else(|error| panic!("{expression}: {error}"));
    to_flink_sql(&ir, &Options::default()).map(|script| script.to_string())
}

/// A row of a table.
fn cells(page: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    writeln!(page, "| {} |", cells.join(" | ")).unwrap();
}

/// The reasons for which something is refused, each once.
fn limits(obstacles: &Obstacles) -> BTreeSet<&'static str> {
    obstacles.iter().map(|one| one.limit.map_or("", |limit| limit.row().what)).collect()
}

fn stages_of(page: &mut String) {
    writeln!(page, "## What runs on Flink\n\n| written | as |\n|---|---|").unwrap();
    for (what, pipeline, sign) in cases::shapes() {
        let script = pipeline.to_flink_sql().unwrap_or_else(|error| panic!("{what}: {error}")).to_string();
        assert!(script.contains(sign), "{what}: no {sign} in\n{script}");
        cells(page, &[what, &format!("`{}`", sign.trim_end_matches('('))]);
    }
    writeln!(page, "\nStages that have no form outside Rust, which `portable;` refuses at compile time:\n").unwrap();
    writeln!(page, "| stage | instead |\n|---|---|").unwrap();
    for row in stages::STAGES {
        if let Some((_, instead)) = row.opaque {
            cells(page, &[&format!("`{}`", row.name), instead]);
        }
    }
    cells(page, &["`flat_map` of anything else", "write `flat_map(|o| o.items)`, or `map`, `filter` or `filter_map`"]);
}

fn aggregations_of(page: &mut String) {
    let tried = cases::aggregations();
    let (tried_names, names): (Vec<_>, Vec<_>) = (
        tried.iter().map(|(name, _)| *name).collect(),
        AGGREGATES.iter().map(|row| row.name).filter(|name| *name != "custom").collect(),
    );
    assert_eq!(tried_names, names, "every aggregation is tried");
    let runs = tried.into_iter().filter(|(name, pipeline)| match pipeline.to_flink_sql() {
        Ok(_) => true,
        Err(obstacles) => {
            assert_eq!(limits(&obstacles).into_iter().collect::<Vec<_>>(), [Limit::FirstLast.row().what], "{name}");
            false
        }
    });
    let runs: Vec<String> = runs.map(|(name, _)| format!("`{name}`")).collect();
    writeln!(page, "\nAggregations, in tumbling windows: {}.", runs.join(", ")).unwrap();
}

fn methods_of(page: &mut String) {
    let known: BTreeSet<&str> = METHODS.iter().map(|(name, ..)| *name).collect();
    let absent: Vec<&str> = methods::names().filter(|name| !known.contains(name)).collect();
    assert!(absent.is_empty(), "{absent:?} are not tried");
    let field = |(name, data_type, nullable)| json!({ "name": name, "type": data_type, "nullable": nullable });
    let fields: Vec<Value> = [
        ("s", "STRING", false),
        ("t", "STRING", false),
        ("n", "BIGINT", false),
        ("f", "DOUBLE", false),
        ("o", "BIGINT", true),
        ("at", "TIMESTAMP_LTZ(3)", false),
    ]
    .map(field)
    .into();
    let runs = METHODS.iter().filter(|(name, expression, data_type)| {
        let (data_type, nullable) = (data_type.trim_end_matches('?'), data_type.ends_with('?'));
        match mapped(&json!(fields), expression, &json!(data_type), nullable) {
            Ok(_) => true,
            Err(obstacles) => {
                assert_eq!((*name, limits(&obstacles)), ("sqrt", [Limit::Sqrt.row().what].into()), "{obstacles}");
                false
            }
        }
    });
    let runs: Vec<String> = runs.map(|(name, ..)| format!("`{name}`")).collect();
    writeln!(page, "\nIn closures: {}.", runs.join(", ")).unwrap();
}

fn types_of(page: &mut String) {
    writeln!(page, "\n| type | in a table of Flink's |\n|---|---|").unwrap();
    let mut row = |rust: &str, data_type: &Value| {
        let script = mapped(&json!([{ "name": "made", "type": data_type }]), "`made`", data_type, false);
        let script = script.unwrap_or_else(|error| panic!("{rust}: {error}"));
        let column = script.lines().find_map(|line| line.trim().strip_prefix("`made` ")).expect("a column");
        cells(page, &[&format!("`{rust}`"), &format!("`` {} ``", column.trim_end_matches(','))]);
    };
    TYPES.iter().for_each(|(rust, sql)| row(rust, &json!(sql)));
    row("Inner", &json!({ "row": [{ "name": "n", "type": "BIGINT" }] }));
    row("Vec<i64>", &json!({ "array": { "type": "BIGINT" } }));
    writeln!(page, "\nEach may be an `Option`, which is NULL.").unwrap();
}

fn refusals_of(page: &mut String) {
    writeln!(page, "\n## What is refused\n\n| what | why | instead |\n|---|---|---|").unwrap();
    for row in TABLE {
        cells(page, &[row.what, row.reason, row.remedy]);
    }
}

#[test]
fn the_page_says_what_is_translated_and_refused() {
    let mut page = format!("{PROMISE}\n");
    stages_of(&mut page);
    aggregations_of(&mut page);
    methods_of(&mut page);
    types_of(&mut page);
    refusals_of(&mut page);
    if std::env::var_os("FLOW_UPDATE").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let there = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(there == page, "docs/portability.md is not what the tables say: run this test with FLOW_UPDATE=1");
}
