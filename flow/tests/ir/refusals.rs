//! What has no place in the IR is said all at once: stage, line, reason and remedy.

use super::definitions::{Order, Total};
use super::endpoints::{kept, topic};
use flow::prelude::*;
use flow::{OnError, expr};

/// Each refusal as `stage: reason (remedy)`.
fn check(pipeline: &Pipeline, says: &[&str]) {
    let refusals = pipeline.to_ir().expect_err("it has no place in the IR");
    let found: Vec<String> = refusals.iter().map(|r| format!("{}: {} ({:?})", r.stage, r.reason, r.remedy)).collect();
    assert_eq!(found.len(), says.len(), "{found:#?}");
    for (found, says) in found.iter().zip(says) {
        assert!(found.contains(says), "{found} says not: {says}");
    }
    assert!(refusals.iter().all(|r| r.origin.file.ends_with("refusals.rs")), "{refusals}");
}

fn source(pipeline: &Pipeline) -> Stream<Order> {
    pipeline.source(topic("orders", Vec::new())).described()
}

#[test]
fn every_stage_that_is_plain_rust() {
    let pipeline = Pipeline::new("opaque");
    pipeline.on_error(OnError::Skip);
    pipeline.property("api_token", "x");
    let (_, out) = sinks::collect();
    source(&pipeline)
        .filter(|o| o.amount > 1)
        .named("first")
        .inspect(|_| {})
        .map(|o| Total { region: o.region, total: o.amount })
        .filter_expr(expr!(|t| t.total > 1))
        .sink(out);
    check(
        &pipeline,
        &[
            "opaque: skipped records and dead letters have no counterpart",
            "opaque: the property `api_token` looks like a secret",
            "first: its closure is plain Rust (Some(\"`expr!`",
            "inspect: it only looks at records",
            "map: its closure is plain Rust",
            "sink: `collect` lives in this process only",
        ],
    );
}

#[test]
fn expressions_that_do_not_fit() {
    let pipeline = Pipeline::new("unfit");
    let (_, out) = kept::<Order>("x");
    source(&pipeline)
        .filter_expr(expr!(|o: &Order| o.rate == o.rate))
        .filter_expr(expr!(|o: &Order| o.rate.map(|r| r > 1.0).unwrap_or(true)))
        .watermark_expr(expr!(|o: &Order| o.placed_at), std::time::Duration::ZERO)
        .sink(out);
    check(
        &pipeline,
        &["filter: an optional value is used as if it were there", "watermark: it does not directly follow its source"],
    );
}

#[test]
fn records_without_a_schema() {
    let pipeline = Pipeline::new("plain");
    let (_, out) = kept::<Order>("x");
    pipeline.source(topic("orders", Vec::<Order>::new())).filter_expr(expr!(|o: &Order| o.amount > 1)).sink(out);
    check(&pipeline, &["source: its records have no schema (Some(\"derive Record"]);
}

#[test]
fn what_is_wrong_with_the_definition() {
    let pipeline = Pipeline::new("unfinished");
    let _ = source(&pipeline);
    check(&pipeline, &["source: nobody takes its records"]);
}
