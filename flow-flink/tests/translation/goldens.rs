//! The script of every shape: the library's own documents, with topics as their ends.

use flow::ir::Ir;
use flow_flink::{Delivery, Options, to_flink_sql};

/// A document of the library's tests.
fn document(name: &str) -> Ir {
    let path = format!("{}/../flow/tests/ir/documents/{name}.snap", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let json = text.splitn(3, "---\n").nth(2).unwrap();
    let json = json.replace("\"type\": \"file\"", "\"type\": \"kafka\"").replace("\"path\":", "\"topic\":");
    let json = json.replace("\"topic\":", "\"bootstrapServers\": \"kafka:9092\", \"topic\":");
    // What is changed by hand has no hash.
    let kept: Vec<&str> = json.lines().filter(|line| !line.contains("\"jobId\"")).collect();
    Ir::from_json(&kept.join("\n")).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn check(name: &str, options: &Options) {
    let text = match to_flink_sql(&document(name), options) {
        Ok(script) => script.to_string(),
        Err(obstacles) => obstacles.to_string(),
    };
    insta::with_settings!({ snapshot_path => "scripts", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn every_shape_has_its_script() {
    for name in [
        "revenue",
        "some_lines",
        "routed",
        "teed",
        "best",
        "items",
        "totals",
        "inner",
        "left",
        "right",
        "full",
        "interval",
    ] {
        check(name, &Options::default());
    }
}

#[test]
fn what_cannot_be_said_is_refused_at_once() {
    for name in ["lines", "united", "late"] {
        check(name, &Options::default());
    }
}

#[test]
fn deliveries_are_said() {
    let script = to_flink_sql(&document("revenue"), &Options { delivery: Delivery::ExactlyOnce }).unwrap().to_string();
    for said in
        ["'sink.delivery-guarantee' = 'exactly-once'", "'sink.transactional-id-prefix' = 'high-value-orders-sink-"]
    {
        assert!(script.contains(said), "{script}");
    }
}
