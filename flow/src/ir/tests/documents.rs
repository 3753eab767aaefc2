//! Documents: read and written again they are the same, and what is wrong with one is said, with its place.

use crate::ir::Ir;

/// Every kind of operation once.
pub(crate) const WHOLE: &str = include_str!("whole.json");

fn pretty(ir: &Ir) -> serde_json::Value {
    serde_json::from_str(&ir.to_json()).unwrap()
}

#[test]
fn text_and_back_is_the_identity() {
    let ir = Ir::from_json(WHOLE).unwrap();
    let written = ir.to_json();
    let back = Ir::from_json(&written).unwrap();
    assert_eq!(back, ir);
    assert_eq!(back.to_json(), written);
    let mut expected: serde_json::Value = serde_json::from_str(WHOLE).unwrap();
    expected["metadata"]["jobId"] = ir.metadata.job_id.clone().into();
    assert_eq!(pretty(&ir), expected);
}

#[test]
fn the_job_id_is_the_hash_of_the_content() {
    let ir = Ir::from_json(WHOLE).unwrap();
    let other = Ir::from_json(&WHOLE.replace("\"whole\"", "\"other\"")).unwrap();
    assert_ne!(ir.metadata.job_id, other.metadata.job_id);
    let forged = other.to_json().replace(&other.metadata.job_id, &ir.metadata.job_id);
    assert!(
        Ir::from_json(&forged).unwrap_err().message().starts_with("at /metadata/jobId: the job id is not the hash")
    );
}

/// Replaces a part of the document that holds everything, and says what is then wrong with it.
fn check(change: (&str, &str), says: &str) {
    assert!(WHOLE.contains(change.0), "{}", change.0);
    let result = Ir::from_json(&WHOLE.replacen(change.0, change.1, 1)).and_then(validate);
    let error = result.expect_err(&format!("{change:?} is read")).to_string();
    assert!(error.contains(says), "{change:?}: {error}");
}

#[cfg(feature = "from-ir")]
fn validate(ir: Ir) -> crate::Result<()> {
    ir.validate()
}

#[cfg(not(feature = "from-ir"))]
fn validate(ir: Ir) -> crate::Result<()> {
    ir.check_structure()
}

#[test]
fn mistakes_of_structure_say_where_they_are() {
    check(("\"irVersion\": \"1\",", ""), "the field `irVersion` is missing (write \"1\")");
    check(("\"irVersion\": \"1\",", "\"irVersion\": 1,"), "at /irVersion: expected a string, found a number");
    check(("\"irVersion\": \"1\",", "\"irVersion\": \"1\", \"colour\": 1,"), "at the document: unknown field `colour`");
    check(("\"jobName\": \"whole\"", "\"jobName\": \"a\", \"jobName\": \"b\""), "the field `jobName` stands twice");
    check(("\"jobName\": \"whole\",", ""), "at /metadata: the field `jobName` is missing");
    check(("\"parallelism\": 2", "\"parallelism\": 0"), "at /metadata/parallelism: expected a whole number, 1 or more");
    check(("\"parallelism\": 2", "\"parallelism\": 1e999"), "no JSON that can be read");
    check(("\"parallelism\": 2", "\"parallelism\": 32768"), "at /metadata: a parallelism above 32767");
    check(("\"type\": \"groupBy\"", "\"type\": \"groupBy\", \"name\": \"x\""), "unknown field `name`");
    check(("\"type\": \"window\"", "\"type\": \"window\", \"parallelism\": 2"), "unknown field `parallelism`");
    check(
        ("\"topic\": \"orders\"", "\"sasl.password\": \"x\""),
        "/source/sasl.password: a secret has no place in an IR document",
    );
    check(("\"type\": \"filter\"", "\"type\": \"sieve\""), "there is no operation `sieve`");
    check(
        ("\"stream\": \"orders\"", "\"stream\": \"ordres\""),
        "there is no stream `ordres` (the streams are: orders, ways, windowed)",
    );
    check(("\"output\": \"big\"", "\"output\": \"bug\""), "the stream `ways` has no output `bug`");
    check(("\"output\": \"big\"", "\"output\": \"late\""), "the stream `ways` has no output `late`");
    check(("\"name\": \"large\"", "\"name\": \"payments\""), "the name `payments` stands at");
    check(("\"name\": \"clock\"", "\"name\": \"payments\""), "the name `payments` stands at");
    check(("\"windowType\": \"SLIDING\"", "\"windowType\": \"TUMBLING\""), "TUMBLING takes `size`");
    check(("\"slide\": 2", "\"slide\": 20"), "a window's slide is larger than its size");
    check(("\"slide\": 2", "\"slide\": 9223372036854775807"), "a length of time is too large");
    check(("\"type\": \"BIGINT\"", "\"type\": \"HUGEINT\""), "HUGEINT");
    check(("\"lowerMs\": -5000", "\"lowerMs\": 50000"), "`lowerMs` is above `upperMs`");
    check(("\"type\": \"ref\", \"stream\": \"orders\"", "\"type\": \"ref\", \"stream\": \"ways\""), "in a circle");
}

#[cfg(feature = "from-ir")]
#[test]
fn mistakes_of_expressions_say_where_they_are() {
    check(("`amount` > 100", "`amuont` > 100"), "/operations/0/expression: there is no field `amuont`");
    check(("`amount` > 100", "`amount`"), "expected bool, found i64");
    check(("`amount` > 100", "`amount` > (SELECT 1)"), "outside of the portable subset");
    check(("\"keys\": [\"region\"]", "\"keys\": [\"rate\"]"), "/keys/0: floats are no key");
    check(
        ("\"aggregationType\": \"SUM\", \"field\": \"amount\"", "\"aggregationType\": \"SUM\", \"field\": \"region\""),
        "sum does not take STRING NOT NULL",
    );
    check(("\"alias\": \"total\"", "\"alias\": \"orders\""), "the name `orders` is taken");
    check(("\"field\": \"placed_at\"", "\"field\": \"region\""), "/source/watermark/field: `region` is no timestamp");
    check((", \"watermark\": {\"field\": \"paid_at\", \"delayMs\": 0}", ""), "a join needs event time on both sides");
    check(
        ("\"expression\": \"`items`\"", "\"expression\": \"`tags`\""),
        "/operations/0/expression: ARRAY<STRING> NOT NULL is no list of records",
    );
    check(
        ("\"expression\": \"`items`\"", "\"expression\": \"`address`\""),
        "is no list of records (a flatMap takes an ARRAY of rows",
    );
    check(
        (
            "\"name\": \"price\", \"type\": \"DOUBLE\", \"nullable\": true}]}}}",
            "\"name\": \"article\", \"type\": \"DOUBLE\"}]}}}",
        ),
        "twice the same one: `article`",
    );
    check(("\"leftKeys\": [\"`id`\"]", "\"leftKeys\": [\"`region`\"]"), "cannot be the key of a join");
    check((", \"upsert\": true", ""), "the sink is given corrections of rows");
}

#[test]
fn documents_over_the_caps_are_refused() {
    for (text, says) in [
        (format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), "recursion limit exceeded"),
        ("{\"a\":".repeat(100_000), "recursion limit exceeded"),
        (format!("{{\"irVersion\": {}}}", "9".repeat(1_000_000)), "number out of range"),
        (" ".repeat(5_000_000), "longer than"),
        (format!("[{}0]", "0,".repeat(300_000)), "more than 200000 values"),
        (String::new(), "no JSON that can be read"),
        ("null".to_owned(), "expected an object, found null"),
        (
            "{\"irVersion\":\"1\",\"sinks\":[]".to_owned() + ",\"metadata\":{\"jobName\":\"x\"}}",
            "at /sinks: a pipeline needs at least one sink",
        ),
    ] {
        let error = Ir::from_json(&text).unwrap_err().to_string();
        assert!(error.contains(says) && error.len() < 500, "{error}");
    }
}
