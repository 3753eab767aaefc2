//! Each row of the table is reached, and says what it says.

use flow::ir::Ir;
use flow_flink::{Limit, Options, TABLE, to_flink_sql};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const AT: &str = r#"{ "field": "at", "delayMs": 1000 }"#;

/// A source of records that hold a number, a text, a double, a list of times and a time.
fn source() -> Value {
    json!({
        "type": "kafka", "topic": "in", "bootstrapServers": "kafka:9092", "format": "json",
        "schema": [
            { "name": "id", "type": "BIGINT" },
            { "name": "s", "type": "STRING" },
            { "name": "d", "type": "DOUBLE" },
            { "name": "times", "type": { "array": { "type": "EPOCH_MILLIS" } } },
            { "name": "row", "type": { "row": [{ "name": "x", "type": "BIGINT" }] } },
            { "name": "at", "type": "EPOCH_MILLIS" }
        ],
        "watermark": serde_json::from_str::<Value>(AT).unwrap()
    })
}

fn sink(schema: Value) -> Value {
    json!({ "type": "kafka", "topic": "out", "bootstrapServers": "kafka:9092", "format": "json", "schema": schema })
}

fn document(source: Value, operations: Value, sink: Value) -> Value {
    json!({
        "irVersion": "1",
        "metadata": { "jobName": "limits", "parallelism": 1 },
        "source": source, "operations": operations, "sink": sink
    })
}

/// Sums by key and window, or whatever else stands before the aggregate.
fn counted(before: &[Value]) -> Value {
    let aggregation = json!({ "aggregationType": "COUNT", "alias": "n" });
    let aggregate = json!({ "type": "aggregate", "aggregations": [aggregation] });
    let operations = [&[json!({ "type": "groupBy", "keys": ["id"] })], before, &[aggregate]].concat();
    let schema = json!([{ "name": "id", "type": "BIGINT" }, { "name": "n", "type": "BIGINT" }]);
    document(source(), operations.into(), sink(schema))
}

fn window(more: Value) -> Value {
    let mut window = json!({ "type": "window", "windowType": "TUMBLING", "size": 10, "timeUnit": "SECONDS" });
    window.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    window
}

fn mapped(name: &str, data_type: Value, expression: &str) -> Value {
    let field = json!({ "name": name, "type": data_type, "expression": expression });
    let operations = json!([{ "type": "map", "fields": [field] }]);
    document(source(), operations, sink(json!([{ "name": name, "type": data_type }])))
}

fn joined(join: Value, after: &[Value], schema: Value) -> Value {
    let mut operation = json!({
        "type": "join", "joinType": "full", "leftKeys": ["`id`"], "rightKeys": ["`id`"], "other": { "source": source() }
    });
    operation.as_object_mut().unwrap().extend(join.as_object().unwrap().clone());
    document(source(), [&[operation], after].concat().into(), sink(schema))
}

/// A join, and a number for each pair.
fn ones(join: Value) -> Value {
    let one = json!({ "type": "map", "fields": [{ "name": "n", "type": "BIGINT", "expression": "1" }] });
    joined(join, &[one], json!([{ "name": "n", "type": "BIGINT" }]))
}

fn with(mut document: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap()[name] = value;
    document
}

/// A document that passes.
fn plain() -> Value {
    mapped("x", json!("BIGINT"), "`id` + 1")
}

fn with_times(data_type: &str) -> Value {
    let times = json!([{ "name": "times", "type": { "array": { "type": data_type } } }]);
    let fields = json!([{ "name": "times", "type": { "array": { "type": data_type } }, "expression": "`times`" }]);
    document(source(), json!([{ "type": "map", "fields": fields }]), sink(times))
}

/// A stream whose late records have a sink of their own.
fn late() -> Value {
    let (counts, schema) = (counted(&[window(json!({ "lateOutput": true }))]), source()["schema"].clone());
    let of = |output: Value, sink: Value| json!({ "source": output, "sink": sink });
    let stream = json!({ "source": counts["source"], "operations": counts["operations"] });
    let sinks = [
        of(json!({ "type": "ref", "stream": "counts" }), counts["sink"].clone()),
        of(json!({ "type": "ref", "stream": "counts", "output": "late" }), sink(schema)),
    ];
    json!({ "irVersion": "1", "metadata": counts["metadata"], "streams": { "counts": stream }, "sinks": sinks })
}

fn cases() -> Vec<(Limit, Value)> {
    let count = json!({ "type": "aggregate", "aggregations": [{ "aggregationType": "COUNT", "alias": "n" }] });
    let counts = json!([{ "name": "n", "type": "BIGINT" }]);
    let between = json!({ "between": { "lowerMs": -1, "upperMs": 1 } });
    let session = json!({ "window": { "windowType": "SESSION", "gap": 1, "timeUnit": "SECONDS" } });
    let running = with(counted(&[]), "/sink/upsert", json!(true));
    let lines = |path: &str| with(with(plain(), "/source/type", json!("file")), "/source/path", json!(path));
    let renamed = |name: &str| mapped(name, json!("BIGINT"), "`id`");
    let first = json!([{ "aggregationType": "FIRST", "field": "id", "alias": "n" }]);
    let kinds = json!({ "windowType": "SLIDING", "size": 10, "slide": 4 });
    let file = json!({ "type": "file", "path": "out", "format": "json", "schema": counted(&[])["sink"]["schema"].clone(), "upsert": true });
    let csv = with(with(plain(), "/source/type", json!("file")), "/source/path", json!("/orders"));
    let csv = with(csv, "/source/format", json!("csv"));
    vec![
        (Limit::Endpoint, with(plain(), "/sink/type", json!("redis"))),
        (
            Limit::EndpointOption,
            with(plain(), "/source/startingOffsets", json!({ "in": { "0": 1 }, "out": { "0": 1 } })),
        ),
        (Limit::EndpointOption, with(plain(), "/source/endingOffsets", json!({ "in": { "0": 1 } }))),
        (Limit::EndpointOption, with(plain(), "/source/properties", json!({ "socket.timeout.ms": "1" }))),
        (Limit::EndpointOption, with(plain(), "/sink/color", json!("red"))),
        (Limit::Format, with(plain(), "/source/format", json!("string"))),
        (Limit::CsvHeader, csv.clone()),
        (Limit::CsvType, with(csv, "/source/header", json!(false))),
        (Limit::Secret, with(plain(), "/source/needs", json!(["ssl.key.password"]))),
        (Limit::FilePattern, lines("/orders/*.json")),
        (Limit::FilePath, lines("orders.json")),
        (Limit::NewlineInName, renamed("a\nb")),
        (Limit::Setting, with(plain(), "/metadata/properties", json!({ "flink.table.local-time-zone": "CET" }))),
        (Limit::StageParallelism, with(plain(), "/operations/0/parallelism", json!(3))),
        (Limit::StageParallelism, with(lines("/orders"), "/source/parallelism", json!(3))),
        (Limit::LateRecords, counted(&[window(json!({ "lateness": 1 }))])),
        (Limit::LateOutput, late()),
        (Limit::Slide, counted(&[window(kinds)])),
        (Limit::FirstLast, with(with(counted(&[]), "/sink/upsert", json!(true)), "/operations/1/aggregations", first)),
        (
            Limit::TimeLost,
            joined(between, &[json!({ "type": "groupBy", "keys": [] }), window(json!({})), count], counts),
        ),
        (Limit::SessionJoin, ones(session)),
        (
            Limit::ConstantKey,
            ones(json!({ "between": { "lowerMs": -1, "upperMs": 1 }, "leftKeys": ["CAST(1 AS BIGINT)"] })),
        ),
        (
            Limit::ConstantKey,
            ones(
                json!({ "between": { "lowerMs": -1, "upperMs": 1 }, "rightKeys": ["COALESCE(CASE WHEN 1 < 2 THEN CAST(1 AS BIGINT) ELSE NULL END, `id`)"] }),
            ),
        ),
        (Limit::DistinctBytes, {
            let bytes = json!([{ "name": "id", "type": "BIGINT" }, { "name": "at", "type": "EPOCH_MILLIS" }, { "name": "b", "type": "BYTES" }]);
            let count = json!([{ "aggregationType": "COUNT_DISTINCT", "field": "b", "alias": "n" }]);
            let counts = with(counted(&[window(json!({}))]), "/operations/2/aggregations", count);
            with(counts, "/source/schema", bytes)
        }),
        (Limit::LongTime, with(plain(), "/source/watermark/delayMs", json!(1000_u64 * 86_400_000))),
        (Limit::LongTime, ones(json!({ "between": { "lowerMs": -86_400_000_000_i64, "upperMs": 0 } }))),
        (Limit::Sqrt, mapped("x", json!("DOUBLE"), "SQRT(`d`)")),
        (Limit::NestedTimes, with_times("TIMESTAMP_LTZ(3)")),
        (Limit::UpsertFile, with(running.clone(), "/sink", file)),
        (Limit::KeyType, {
            let key = json!([{ "type": "groupBy", "keys": ["row"] }, { "type": "aggregate", "aggregations": [{ "aggregationType": "COUNT", "alias": "n" }] }]);
            let schema = json!([{ "name": "row", "type": { "row": [{ "name": "x", "type": "BIGINT" }] } }, { "name": "n", "type": "BIGINT" }]);
            with(document(source(), key, sink(schema)), "/sink/upsert", json!(true))
        }),
    ]
}

fn found(document: &Value) -> Result<(), Vec<Limit>> {
    let ir = Ir::from_json(&document.to_string()).unwrap_or_else(|error| panic!("{error}: {document}"));
    let limits = |obstacles: flow_flink::Obstacles| {
        let limit = |obstacle: &flow_flink::Obstacle| obstacle.limit.unwrap_or_else(|| panic!("{obstacle}"));
        obstacles.iter().map(limit).collect()
    };
    to_flink_sql(&ir, &Options::default()).map(|_| ()).map_err(limits)
}

#[test]
fn each_row_is_reached_and_nothing_else_is_refused() {
    let mut reached = BTreeSet::new();
    for (limit, document) in cases() {
        let limits = found(&document).expect_err(&format!("{limit:?}"));
        assert!(limits.contains(&limit), "{limit:?}: {limits:?}");
        reached.insert(format!("{limit:?}"));
    }
    let all: BTreeSet<String> = TABLE.iter().map(|row| format!("{:?}", row.limit)).collect();
    assert_eq!(reached, all);
    for document in [
        plain(),
        counted(&[window(json!({}))]),
        with(counted(&[]), "/sink/upsert", json!(true)),
        with_times("EPOCH_MILLIS"),
    ] {
        assert_eq!(found(&document), Ok(()), "{document}");
    }
}

#[test]
fn all_that_is_refused_is_said_at_once_with_its_place() {
    let wrong = with(with(plain(), "/sink/type", json!("redis")), "/source/format", json!("string"));
    let ir = Ir::from_json(
        &with(wrong, "/operations/0/fields/0/expression", json!("CAST(SQRT(`d`) AS BIGINT)")).to_string(),
    )
    .unwrap();
    let obstacles = to_flink_sql(&ir, &Options::default()).unwrap_err();
    let places: Vec<&str> = obstacles.iter().map(|obstacle| obstacle.part.pointer.as_str()).collect();
    assert_eq!(places, ["/source", "/operations/0", "/sink"]);
    insta::assert_snapshot!(obstacles.to_string(), @r"
    the pipeline cannot run on Flink:
      stage `source` (/source): string: Flink has no format that reads and writes the same bytes (use JSON)
      stage `map` (/operations/0): `sqrt`: Flink reckons it as POWER(x, 0.5), which gives other last digits, and no NaN for -Infinity (compare squares, or take the root in the program that reads the result)
      stage `sink` (/sink): redis: Flink has no connector for it among those that this translation knows (run this pipeline in-process, or put a Kafka topic between)
    ");
}
