//! Pipelines of the language, compiled and run: what a definition says is what comes out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flow::prelude::*;
use rust_decimal::Decimal;

#[derive(Clone, Debug, PartialEq, Record)]
struct Order {
    id: i64,
    region: String,
    amount: i64,
    placed_at: Timestamp,
    note: Option<String>,
}

fn order(id: i64, region: &str, amount: i64, at: i64) -> Order {
    Order { id, region: region.into(), amount, placed_at: Timestamp::from_millis(at), note: None }
}

fn orders() -> Vec<Order> {
    vec![order(1, "eu", 50, 1_000), order(2, "us", 500, 2_000), order(3, "eu", 700, 61_000)]
}

fn run(pipeline: Pipeline) {
    pipeline.run_blocking().expect("the pipeline runs");
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Small {
    id: i64,
    label: String,
    half: i64,
}

#[test]
fn stateless_stages_with_captured_values() {
    let (rows, out) = sinks::collect();
    let (least, label) = (100, String::from("large"));
    let pipeline = pipeline! {
        /// Orders over a limit.
        name = "stateless";
        version = "1";
        parallelism = 1;
        on_error = skip;
        property("owner") = "test";

        source::<Order>(sources::vec(orders()))
            -> filter(|o| o.amount >= least, name = "large")
            -> map(|o| Small { id: o.id, label: if o.region == "eu" { label } else { "other".to_string() }, half: (o.amount + 1) / 2 })
            -> sink(out, name = "out");
    };
    run(pipeline);
    let expect = [(2, "other", 250), (3, "large", 350)];
    assert_eq!(rows.take(), expect.map(|(id, label, half)| Small { id, label: label.into(), half }));
    assert_eq!((least, label.as_str()), (100, "large"), "what is captured is cloned");
}

#[test]
fn types_that_are_no_records_run_in_process() {
    #[derive(Clone, Debug, PartialEq)]
    enum Kind {
        Odd(u64),
        Even,
    }
    let (rows, out) = sinks::collect();
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let kind = Kind::Even;
    run(pipeline! {
        name = "plain";
        source(sources::iter(0_u64..6))
            -> flat_map(|n| [n, n])
            -> map(|n| Some(n))
            -> flat_map(|n| n)
            -> inspect(move |_| { counter.fetch_add(1, Ordering::Relaxed); })
            -> filter_map(|n| (n > 2).then_some(n))
            -> try_map(|n| if n % 2 == 1 { Ok(Kind::Odd(*n)) } else { Err("even") })
            -> filter(move |k| *k != kind)
            -> map(|k| vec![k])
            -> sink(out);
        on_error = skip;
    });
    assert_eq!(seen.load(Ordering::Relaxed), 12);
    assert_eq!(rows.take().concat(), [3, 3, 5, 5].map(Kind::Odd));
}

#[test]
fn streams_are_teed_united_and_routed() {
    let (all, all_out) = sinks::collect();
    let (big, big_out) = sinks::collect();
    let (rest, rest_out) = sinks::collect();
    let limit = 10;
    run(pipeline! {
        name = "streams";
        // A stream may be used before it is defined.
        both -> route(r#match = |n| n.0 > limit, rest);
        both -> sink(all_out);
        // A word of Rust can be a name, as anywhere else.
        r#match -> map(|n| n.0) -> sink(big_out);
        rest -> map(|n| n.0) -> sink(rest_out);
        both = union(left, right);
        left = source(sources::iter([(1_i64, true), (20, false)]));
        right = source(sources::iter([(30_i64, true)]));
    });
    let mut all: Vec<_> = all.take().into_iter().map(|pair| pair.0).collect();
    let mut big = big.take();
    all.sort();
    big.sort();
    assert_eq!((all, big, rest.take()), (vec![1, 20, 30], vec![20, 30], vec![1]));
}

#[test]
fn a_fragment_is_written_once() {
    fn large(orders: Stream<Order>) -> Stream<Order> {
        orders.filter(|o| o.amount > 100)
    }
    let (rows, out) = sinks::collect();
    run(pipeline! {
        name = "fragments";
        source(sources::vec(orders())) -> apply(large) -> map(|o| o.id) -> sink(out);
    });
    assert_eq!(rows.take(), [2, 3]);
}

#[test]
fn portable_arithmetic_wraps() {
    let (rows, out) = sinks::collect();
    run(pipeline! {
        name = "wrap";
        portable;
        source(sources::iter([(i64::MAX, i8::MIN), (1, 1)]))
            -> map(|n| (n.0 + 1, -n.1, n.1.abs(), n.0 as i32, n.0 % 2))
            -> sink(out);
    });
    assert_eq!(rows.take(), [(i64::MIN, i8::MIN, i8::MIN, -1, 1), (2, -1, 1, 1, 1)]);
}

#[test]
fn division_by_zero_ends_the_job() {
    let (_, out) = sinks::collect();
    let pipeline = pipeline! {
        name = "zero";
        on_error = skip;
        source(sources::iter([(1_i64, 0_i64)])) -> map(|n| n.0 / n.1) -> sink(out);
    };
    let error = pipeline.run_blocking().expect_err("a division by zero is fatal").to_string();
    assert!(error.contains("division by zero"), "{error}");
}

#[test]
fn a_stage_knows_the_line_of_its_word() {
    let (_, out) = sinks::collect::<i64>();
    let line = line!() + 4;
    let pipeline = pipeline! {
        name = "lines";
        source(sources::iter([1_i64]))
            -> map(|n| panic_on(n) + 1)
            -> sink(out);
    };
    let error = pipeline.run_blocking().expect_err("it panics").to_string();
    assert!(error.contains(&format!("language.rs:{line}")), "{error}");
}

fn panic_on(_: i64) -> i64 {
    panic!("on purpose")
}

#[test]
fn expr_is_for_programs_that_build_pipelines() {
    let (rows, out) = sinks::collect();
    let least = 100;
    let pipeline = Pipeline::new("by hand");
    pipeline
        .source(sources::vec(orders()))
        .filter_expr(expr!(|o| o.amount > least))
        .map_expr(expr!(|o| o.id))
        .sink(out);
    run(pipeline);
    assert_eq!(rows.take(), [2, 3]);
}

#[test]
fn operators_of_types_that_are_not_portable_are_those_of_rust() {
    let (rows, out) = sinks::collect();
    let (step, suffix, scale) = (3_u64, "!", 2.5);
    run(pipeline! {
        name = "operators";
        source(sources::iter([(7_u64, Decimal::new(15, 1), Duration::from_secs(2), "a".to_owned(), 1.5_f64)]))
            -> map(|n| (n.0 * 2 + step, n.1 * n.1, n.2 * 3 - n.2, n.3 + suffix, -(n.4 * scale % 1.0), 2 + 3 * 4))
            -> sink(out);
    });
    let expect = (17, Decimal::new(225, 2), Duration::from_secs(4), "a!".to_owned(), -0.75, 14);
    assert_eq!(rows.take(), [expect]);
}

/// What rustc must infer from the stage before: every closure takes a field or calls a method of an argument without a type.
#[test]
fn every_stage_infers_the_types_of_its_closures() {
    let (rows, out) = sinks::collect();
    let (odd, odd_out) = sinks::collect();
    let handled = pipeline! {
        name = "inference";
        source(sources::vec(orders()))
            -> watermark(|o| o.placed_at, delay = 1h)
            -> filter(|o| o.region.len() > 1 && o.amount.is_positive())
            -> inspect(|o| assert!(o.note.is_none()))
            -> map(|mut o| { o.amount += 1; o })
            -> try_map(|o| u32::try_from(o.amount).map(|amount| (o.region.clone(), amount, o.placed_at)))
            -> map_async(
                   |o| async move { Ok::<_, std::convert::Infallible>((o.0.to_uppercase(), o.1)) },
                   concurrency = 4, timeout = 5s, retries = 2, unordered
               )
            -> flat_map(|o| [(o.0.clone(), o.1), (o.0, o.1.wrapping_neg())])
            -> filter_map(|o| (o.1 < 1_000).then_some(o))
            -> route(odd = |o| o.1.count_ones() % 2 == 1, rest);
        rest
            -> key_by(|o| o.0.chars().next())
            -> window(tumbling(1min))
            -> aggregate(|o| (key, sum(i64::from(o.1)), max(o.0.clone()), custom(Longest, o.0.clone())))
            -> apply(|counts| counts.filter(|c| c.0.is_some()))
            -> key_by(|c| c.0)
            -> window(sliding(2min, every = 1min))
            -> reduce(|a, b| if a.1.abs() > b.1.abs() { a } else { b })
            -> key_by(())
            -> window(session(1min))
            -> top(2, |w| w.value.1)
            -> key_by(|w| w.key.map(|letter| letter.to_ascii_lowercase()))
            -> aggregate(|w| (count(), last(w.value.3.to_owned())))
            -> sink(out);
        odd -> key_by(|o| o.1 % 2 == 0) -> fold(Vec::new(), |mut all, o| { all.push(o.0); all }) -> sink(odd_out);
    };
    handled.run_blocking().expect("it runs");
    let text = format!("{:?} {:?}", rows.take(), odd.take());
    assert!(text.contains("EU") && text.contains("US"), "{text}");
}

/// The longest text.
struct Longest;

impl Aggregate<String> for Longest {
    type Accumulator = String;
    type Output = String;

    fn create(&self) -> String {
        String::new()
    }

    fn add(&self, longest: &mut String, text: &String) {
        if text.len() > longest.len() {
            longest.clone_from(text);
        }
    }

    fn merge(&self, longest: &mut String, text: String) {
        if text.len() > longest.len() {
            *longest = text;
        }
    }

    fn result(&self, longest: &String) -> String {
        longest.clone()
    }
}
