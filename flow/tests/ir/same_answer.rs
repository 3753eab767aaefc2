//! The document gives the answer of the pipeline that it was made of.

use super::definitions::*;
use super::endpoints::kept;
use flow::ir::Ir;
use flow::pipeline::Bindings;
use flow::prelude::*;
use flow::record::Row;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The documents that are kept, beside this file.
fn written(name: &str, pipeline: &Pipeline) -> Ir {
    let ir = pipeline.to_ir().unwrap_or_else(|refusals| panic!("{refusals}"));
    ir.validate().unwrap_or_else(|error| panic!("{error}\n{}", ir.to_json()));
    let json = ir.to_json();
    let back = Ir::from_json(&json).unwrap_or_else(|error| panic!("{error}\n{json}"));
    assert_eq!(back.to_json(), json);
    // Records are no part of a document: in a thousand cases it is the same, and looked at once.
    static SEEN: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if seen.get(name) != Some(&json) {
        super::schema::agrees(&json);
        insta::with_settings!({ snapshot_path => "documents", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, json);
        });
        seen.insert(name.to_owned(), json);
    }
    back
}

fn run(pipeline: Pipeline) {
    pipeline.run_blocking().unwrap_or_else(|error| panic!("{error}"));
}

fn rows<R: Record>(records: &sinks::Collected<R>) -> Vec<Row> {
    sorted(records.take().iter().map(Row::of).collect())
}

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort();
    rows
}

/// Runs what is written down, over the same records, into one sink.
fn from_ir(ir: &Ir, orders: Vec<Order>, sink: &str) -> Vec<Row> {
    let (rows, out) = sinks::collect();
    let bindings = Bindings::new().source("source", sources::vec(orders)).sink_rows(sink, out);
    run(Pipeline::from_ir(ir, bindings).unwrap_or_else(|error| panic!("{error}")));
    sorted(rows.take())
}

fn order() -> impl Strategy<Value = Order> {
    let amounts = prop_oneof![-50_i64..2000, Just(i64::MAX), Just(i64::MIN), 90_i64..110];
    let rate = prop::option::of(prop_oneof![-2.0..2.0, Just(0.5), Just(-0.0)]);
    let address = prop::option::of((prop::sample::select(vec!["Oslo", "Rome"]), prop::option::of(any::<i32>())));
    let regions = prop::sample::select(vec!["eu", "us", "ß", ""]);
    (0_i64..12, regions, amounts, any::<i8>(), rate, 0_i64..30_000, address).prop_map(
        |(id, region, amount, small, rate, at, address)| Order {
            id,
            region: region.to_owned(),
            amount,
            small,
            rate,
            placed_at: Timestamp::from_millis(at),
            address: address.map(|(city, floor)| Address { city: city.to_owned(), floor }),
        },
    )
}

fn orders() -> impl Strategy<Value = Vec<Order>> {
    prop::collection::vec(order(), 0..40)
}

/// A fifth of the cases for each of a dozen definitions, for a case is a document made and read, and two jobs that start threads of their
/// own; closures and their expressions are compared apart, in `meaning`, by a thousand.
fn cases() -> ProptestConfig {
    let all = crate::cases();
    ProptestConfig { cases: all.cases.div_ceil(5), ..all }
}

/// A law for a definition with one sink.
macro_rules! same_answer {
    ($($name:ident: $record:ty, $sink:literal;)*) => {$(
        #[test]
        fn $name() {
            proptest!(cases(), |(orders in orders())| {
                let (typed, out) = kept::<$record>(concat!(stringify!($name), ".jsonl"));
                let pipeline = super::definitions::$name(orders.clone(), out);
                let ir = written(stringify!($name), &pipeline);
                run(pipeline);
                prop_assert_eq!(from_ir(&ir, orders, $sink), rows(&typed));
            });
        }
    )*};
}

same_answer! {
    revenue: Revenue, "sink";
    lines: Line, "lines";
    some_lines: Total, "sink";
}

#[test]
fn best() {
    proptest!(cases(), |(mut orders in orders())| {
        // Ties are told apart by nothing, so there are none.
        orders.sort_by_key(|o| (o.region.clone(), o.id));
        orders.dedup_by_key(|o| (o.region.clone(), o.id));
        let (typed, out) = kept("best.jsonl");
        let pipeline = super::definitions::best(orders.clone(), out);
        let ir = written("best", &pipeline);
        run(pipeline);
        prop_assert_eq!(from_ir(&ir, orders, "sink"), rows(&typed));
    });
}

#[test]
fn routed() {
    proptest!(cases(), |(orders in orders())| {
        let (a, b, c) = (kept("a"), kept("b"), kept("c"));
        let pipeline = super::definitions::routed(orders.clone(), (a.1, b.1, c.1));
        let ir = written("routed", &pipeline);
        run(pipeline);
        let (x, y, z) = (sinks::collect(), sinks::collect(), sinks::collect());
        let bindings = Bindings::new().source("source", sources::vec(orders));
        let bindings = bindings.sink_rows("a", x.1).sink_rows("b", y.1).sink("c", z.1);
        run(Pipeline::from_ir(&ir, bindings).unwrap());
        prop_assert_eq!((sorted(x.0.take()), sorted(y.0.take()), rows::<Order>(&z.0)), (rows(&a.0), rows(&b.0), rows(&c.0)));
    });
}

#[test]
fn teed() {
    proptest!(cases(), |(orders in orders())| {
        let (a, b) = (kept("oslo"), kept("counts"));
        let pipeline = super::definitions::teed(orders.clone(), (a.1, b.1));
        let ir = written("teed", &pipeline);
        run(pipeline);
        let (x, y) = (sinks::collect(), sinks::collect());
        let bindings = Bindings::new().source("source", sources::vec(orders));
        run(Pipeline::from_ir(&ir, bindings.sink_rows("oslo", x.1).sink_rows("counts", y.1)).unwrap());
        prop_assert_eq!((sorted(x.0.take()), sorted(y.0.take())), (rows(&a.0), rows(&b.0)));
    });
}

fn baskets() -> impl Strategy<Value = Vec<Basket>> {
    let price = prop::option::of(prop_oneof![-2.0..2.0, Just(0.5)]);
    let item = (prop::sample::select(vec!["nut", "", "ß"]), any::<i64>(), price, any::<i32>()).prop_map(
        |(article, count, price, wanted)| Item {
            article: article.to_owned(),
            count,
            price,
            wanted: Timestamp::from_millis(wanted.into()),
        },
    );
    let basket = (0_i64..30_000, prop::collection::vec(item, 0..4));
    let basket = basket.prop_map(|(at, items)| Basket { id: at, placed_at: Timestamp::from_millis(at), items });
    prop::collection::vec(basket, 0..40)
}

#[test]
fn items() {
    proptest!(cases(), |(baskets in baskets())| {
        let (a, b) = (kept("items"), kept("counts"));
        let pipeline = super::definitions::items(baskets.clone(), (a.1, b.1));
        let ir = written("items", &pipeline);
        run(pipeline);
        let (x, y) = (sinks::collect(), sinks::collect());
        let bindings = Bindings::new().source("source", sources::vec(baskets.clone()));
        run(Pipeline::from_ir(&ir, bindings.sink_rows("items", x.1).sink_rows("counts", y.1)).unwrap());
        let items = a.0.take();
        let all = baskets.into_iter().flat_map(|basket| basket.items).filter(|item| item.price.is_some());
        prop_assert_eq!(&items, &all.collect::<Vec<_>>());
        prop_assert_eq!(x.0.take(), items.iter().map(Row::of).collect::<Vec<_>>());
        prop_assert_eq!(sorted(y.0.take()), rows(&b.0));
    });
}

#[test]
fn late() {
    proptest!(cases(), |(orders in orders())| {
        let (a, b) = (kept("sums"), kept("late"));
        let pipeline = super::definitions::late(orders.clone(), (a.1, b.1));
        let ir = written("late", &pipeline);
        run(pipeline);
        let (x, y) = (sinks::collect(), sinks::collect());
        let bindings = Bindings::new().source("source", sources::vec(orders));
        run(Pipeline::from_ir(&ir, bindings.sink_rows("sums", x.1).sink_rows("late", y.1)).unwrap());
        prop_assert_eq!((sorted(x.0.take()), sorted(y.0.take())), (rows(&a.0), rows(&b.0)));
    });
}

#[test]
fn united() {
    proptest!(cases(), |(orders in orders(), more in orders())| {
        // Ties in time are told apart by arrival, and the order between two sources is not specified.
        let (mut orders, mut more) = (orders, more);
        let all = orders.iter_mut().chain(&mut more).enumerate();
        all.for_each(|(i, order)| order.placed_at = Timestamp::from_millis(order.placed_at.millis() / 100 * 100 + i as i64));
        // So is what is late: nothing is.
        orders.sort_by_key(|o| o.placed_at);
        more.sort_by_key(|o| o.placed_at);
        let (typed, out) = kept("united.jsonl");
        let pipeline = super::definitions::united(orders.clone(), more.clone(), out);
        let ir = written("united", &pipeline);
        run(pipeline);
        let (rows_of, out) = sinks::collect();
        let bindings = Bindings::new().source("source", sources::vec(orders)).source("source-2", sources::vec(more));
        run(Pipeline::from_ir(&ir, bindings.sink_rows("sink", out)).unwrap());
        prop_assert_eq!(sorted(rows_of.take()), rows(&typed));
    });
}

#[test]
fn totals() {
    proptest!(cases(), |(orders in orders())| {
        let (typed, out) = kept::<Upsert<String, Total>>("totals");
        let pipeline = super::definitions::totals(orders.clone(), out);
        let ir = written("totals", &pipeline);
        run(pipeline);
        let (again, out) = sinks::collect::<Upsert<String, Total>>();
        let bindings = Bindings::new().source("source", sources::vec(orders)).upserts("sink", out);
        run(Pipeline::from_ir(&ir, bindings).unwrap());
        prop_assert_eq!(again.take(), typed.take());
    });
}

fn payments() -> impl Strategy<Value = Vec<Payment>> {
    let payment = (0_i64..12, -3_i32..9, 0_i64..30_000).prop_map(|(order_id, paid, at)| Payment {
        order_id,
        paid,
        paid_at: Timestamp::from_millis(at),
    });
    prop::collection::vec(payment, 0..40)
}

/// A law for a join. Nothing is late, for what is late between two sources is not specified.
macro_rules! same_join {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            proptest!(cases(), |(mut orders in orders(), mut payments in payments())| {
                orders.sort_by_key(|o| o.placed_at);
                payments.sort_by_key(|p| p.paid_at);
                let (typed, out) = kept::<Paid>("joined.jsonl");
                let pipeline = super::definitions::$name(orders.clone(), payments.clone(), out);
                let ir = written(stringify!($name), &pipeline);
                run(pipeline);
                let (again, out) = sinks::collect();
                let bindings = Bindings::new().source("source", sources::vec(orders));
                let bindings = bindings.source("source-2", sources::vec(payments)).sink_rows("sink", out);
                run(Pipeline::from_ir(&ir, bindings).unwrap());
                prop_assert_eq!(sorted(again.take()), rows(&typed));
            });
        }
    )*};
}

same_join! { inner left right full interval }

#[test]
fn what_is_bound_must_be_there_and_fit() {
    let (_, out) = kept::<Revenue>("x");
    let ir = super::definitions::revenue(Vec::new(), out).to_ir().unwrap();
    let (_, other) = sinks::collect::<Total>();
    let (_, row) = sinks::collect::<Row>();
    let (_, upserts) = sinks::collect::<Upsert<String, Revenue>>();
    let source = || Bindings::new().source("source", sources::vec(Vec::<Order>::new()));
    for (bindings, says) in [
        (Bindings::new(), "the source `source` is not bound"),
        (source(), "the sink `sink` is not bound"),
        (source().sink("sink", other), "`sink` is bound to records with other fields"),
        (source().upserts("sink", upserts), "is given new rows"),
        (
            source().sink_rows("sink", row).rows("more", sources::vec(Vec::new())),
            "`more` is bound, and the document has no",
        ),
    ] {
        let error = Pipeline::from_ir(&ir, bindings).unwrap_err();
        assert!(error.message().contains(says), "{error}");
    }
}

/// What becomes a part of its source, or of the stream before it, keeps its name as any other stage.
#[test]
fn names_of_what_is_no_operation_are_kept() {
    let pipeline = Pipeline::new("names");
    let source = pipeline.source(super::endpoints::topic("orders", Vec::<Order>::new())).described();
    let timed = source.watermark_expr(flow::expr!(|o: &Order| o.placed_at), std::time::Duration::ZERO).named("clock");
    timed.union([]).named("alone").sink(kept::<Order>("x").1);
    let ir = pipeline.to_ir().unwrap_or_else(|refusals| panic!("{refusals}"));
    let json = ir.to_json();
    super::schema::agrees(&json);
    let back = Ir::from_json(&json).unwrap_or_else(|error| panic!("{error}\n{json}"));
    let bindings =
        Bindings::new().source("source", sources::vec(Vec::<Order>::new())).sink("sink", sinks::null::<Order>());
    let again = Pipeline::from_ir(&back, bindings).unwrap_or_else(|error| panic!("{error}"));
    for name in ["clock", "alone"] {
        assert!(
            pipeline.explain().to_string().contains(name) && again.explain().to_string().contains(name),
            "{again:?}"
        );
    }
}
