//! What has no place in the IR is said all at once: stage, line, reason and remedy.

use super::definitions::{Address, Order, Total};
use super::endpoints::{kept, told, topic};
use flow::connector::Endpoint;
use flow::prelude::*;
use flow::transforms::MapAsync;
use flow::windows::{after, before, tumbling};
use flow::{OnError, expr};
use std::time::Duration;

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
        .watermark_expr(expr!(|o: &Order| o.placed_at), Duration::ZERO)
        .sink(out);
    check(
        &pipeline,
        &["filter: an optional value is used as if it were there", "watermark: it does not directly follow its source"],
    );
}

#[test]
fn lists_of_what_is_no_record() {
    let pipeline = Pipeline::new("lists");
    let (counts, numbers) = (kept::<Address>("x").1, kept::<i64>("y").1);
    source(&pipeline).flat_map_expr(expr!(|o: Order| o.address)).described().sink(counts);
    source(&pipeline).map(|o| (vec![o.id], 1_i64)).described().flat_map_expr(expr!(|(ids, _)| ids)).sink(numbers);
    check(
        &pipeline,
        &[
            "flat_map: Option<a record of 2 fields> is no list of records (Some(\"give a field that is a `Vec`",
            "map: its closure is plain Rust",
            "flat_map-2: its records have no schema (Some(\"derive Record",
        ],
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
    let pipeline = Pipeline::new("wide");
    source(&pipeline).with_parallelism(40_000).sink(kept::<Order>("x").1);
    check(&pipeline, &["source: a parallelism of 40000 (Some(\"use 32767 or less\"))"]);
}

#[test]
fn stages_that_no_other_engine_knows() {
    let pipeline = Pipeline::new("own");
    let keyed = || {
        let timed = source(&pipeline).watermark_expr(expr!(|o: &Order| o.placed_at), Duration::ZERO);
        timed.key_by_expr(expr!(|o: &Order| o.region.clone()))
    };
    let (a, b, c) = (kept::<i64>("a").1, kept::<i64>("b").1, kept::<i64>("c").1);
    keyed().window(tumbling(Duration::from_secs(1))).fold(0_i64, |sum, o| sum + o.amount).map(|w| w.value).sink(a);
    keyed()
        .window(tumbling(Duration::from_secs(1)))
        .aggregate(|of| of.custom(Product, |o| o.amount), |_, _, p| p)
        .sink(b);
    let ask = |o: Order| async move { Ok::<_, String>(o.id) };
    source(&pipeline).map_async(MapAsync::ordered(1), ask).sink(c);
    check(
        &pipeline,
        &[
            "fold: ",
            "map: its closure is plain Rust",
            "aggregate: its records have no schema",
            "aggregate: an aggregate of your own runs in this process only",
            "map_async: ",
        ],
    );
}

#[test]
fn endpoints_that_cannot_be_written_down() {
    let pipeline = Pipeline::new("ends");
    let secret = Endpoint::described("kafka").option("sasl.password", "x");
    let pairs = told(sinks::collect::<(Order, Option<Order>)>().1, Endpoint::described("file").format("json"));
    let orders = told(sources::vec(Vec::<Order>::new()), secret);
    let side = |orders: Stream<Order>| orders.key_by_expr(expr!(|o: &Order| o.id));
    let orders = pipeline.source(orders).described().watermark_expr(expr!(|o: &Order| o.placed_at), Duration::ZERO);
    let other = orders.tee();
    let bounds = (before(Duration::ZERO), after(Duration::from_secs(1)));
    side(orders).join(side(other)).between(bounds.0, bounds.1).left().sink(pairs);
    check(
        &pipeline,
        &[
            "source: its option `sasl.password` has no place",
            "sink: it is given tuples, which formats know no field names for",
        ],
    );
}

#[test]
fn keys_and_orders_that_differ() {
    let pipeline = Pipeline::new("keys");
    let (_, out) = kept::<Order>("a");
    source(&pipeline)
        .watermark_expr(expr!(|o: &Order| o.placed_at.plus_millis(1)), Duration::ZERO)
        .key_by_expr(expr!(|o: &Order| o.region.clone()))
        .window(tumbling(Duration::from_secs(1)))
        .top_expr(1, expr!(|o: &Order| o.rate))
        .sink(out);
    check(&pipeline, &["watermark: its time is calculated", "top: records have no portable order by Option<f64>"]);
}

struct Product;

impl flow::aggregates::Aggregate<i64> for Product {
    type Accumulator = i64;
    type Output = i64;
    fn create(&self) -> i64 {
        1
    }
    fn add(&self, product: &mut i64, value: &i64) {
        *product = product.wrapping_mul(*value);
    }
    fn merge(&self, product: &mut i64, other: i64) {
        *product = product.wrapping_mul(other);
    }
    fn result(&self, product: &i64) -> i64 {
        *product
    }
}
