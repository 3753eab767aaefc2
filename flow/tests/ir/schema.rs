//! Every document that is written agrees with the published JSON Schema, and the schema refuses what the reader refuses.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};
use std::sync::LazyLock;

const SCHEMA: &str = include_str!("../../schema/ir-v1.schema.json");
const WHOLE: &str = include_str!("../../src/ir/tests/whole.json");

/// The schema, compiled once: laws look at thousands of documents.
static COMPILED: LazyLock<(Schemas, SchemaIndex)> = LazyLock::new(|| {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("urn:flow:ir:1", serde_json::from_str(SCHEMA).unwrap()).unwrap();
    let schema = compiler.compile("urn:flow:ir:1", &mut schemas).unwrap();
    (schemas, schema)
});

fn check(document: &Value) -> Result<(), String> {
    let (schemas, schema) = &*COMPILED;
    schemas.validate(document, *schema).map_err(|error| error.to_string())
}

/// As [`check`], of a document that this crate has written.
pub(crate) fn agrees(json: &str) {
    check(&serde_json::from_str(json).unwrap()).unwrap_or_else(|error| panic!("{error}\n{json}"));
}

/// A window that is good but for what is added.
fn window(added: Value) -> Value {
    let mut window =
        json!({"type": "window", "windowType": "SESSION", "gap": 1, "timeUnit": "HOURS", "lateOutput": true});
    window.as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
    window
}

#[test]
fn the_schema_takes_what_the_reader_takes_and_no_more() {
    let whole: Value = serde_json::from_str(WHOLE).unwrap();
    check(&whole).unwrap_or_else(|error| panic!("{error}"));
    for (pointer, right) in
        [("/metadata/parallelism", json!(32_767)), ("/streams/windowed/operations/1", window(json!({})))]
    {
        let mut document = whole.clone();
        *document.pointer_mut(pointer).unwrap() = right;
        check(&document).unwrap_or_else(|error| panic!("{pointer}: {error}"));
        flow::ir::Ir::from_json(&document.to_string()).unwrap_or_else(|error| panic!("{pointer}: {error}"));
    }
    for (pointer, wrong) in [
        ("/irVersion", json!("2")),
        ("/metadata/parallelism", json!(0)),
        ("/metadata/parallelism", json!(32_768)),
        ("/streams/orders/source/watermark", json!({"field": "placed_at", "name": 5})),
        ("/streams/windowed/operations/0", json!({"type": "groupBy", "keys": ["region"], "name": "x"})),
        ("/streams/windowed/operations/0", json!({"type": "groupBy", "keys": ["region"], "parallelism": 2})),
        ("/streams/windowed/operations/1", window(json!({"name": "x"}))),
        ("/streams/windowed/operations/1", window(json!({"parallelism": 2}))),
        ("/streams/orders/source/watermark", json!({"field": "placed_at", "delay": 1})),
        ("/streams/orders/source/schema/0/type", json!("HUGEINT")),
        ("/streams/orders/operations/0", json!({"type": "sieve", "expression": "TRUE"})),
        ("/streams/orders/operations/0", json!({"type": "filter", "expression": "TRUE", "colour": 1})),
        ("/streams/orders/operations/0", json!({"type": "flatMap"})),
        ("/streams/orders/operations/0", json!({"type": "flatMap", "expression": "`items`", "fields": []})),
        ("/streams/windowed/operations/1/timeUnit", json!("WEEKS")),
        ("/sinks", json!([])),
    ] {
        let mut document = whole.clone();
        *document.pointer_mut(pointer).unwrap() = wrong;
        assert!(check(&document).is_err(), "{pointer}");
        assert!(flow::ir::Ir::from_json(&document.to_string()).is_err(), "{pointer}");
    }
}
