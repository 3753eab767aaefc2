//! A pipeline for each word of the language that Flink may know.

use flow::prelude::*;
use flow_kafka::{Kafka, KafkaSource};

#[derive(Clone, Debug, Record)]
struct Order {
    id: i64,
    region: String,
    amount: i64,
    at: Timestamp,
    items: Vec<Out>,
}

#[derive(Clone, Debug, Record)]
struct Out {
    region: String,
    value: i64,
}

fn topic(name: &str) -> KafkaSource {
    Kafka::topic(name).servers("kafka:9092").from_earliest()
}

fn out<T: Record>() -> impl Sink<Item = T> {
    Kafka::to("out").servers("kafka:9092").json()
}

/// A pipeline over one topic of orders, or two, with what stands between source and sink.
macro_rules! over {
    ($($stages:tt)*) => {
        pipeline! {
            name = "page";
            portable;
            orders = source::<Order>(topic("orders").json()) -> watermark(|o| o.at, delay = 5s);
            $($stages)*
        }
    };
}

macro_rules! joined {
    ($($join:tt)*) => {
        pipeline! {
            name = "page";
            portable;
            orders = source::<Order>(topic("orders").json()) -> watermark(|o| o.at, delay = 5s);
            others = source::<Order>(topic("others").json()) -> watermark(|o| o.at, delay = 5s);
            join(orders, others, on = (|a| a.id, |b| b.id), $($join)*) -> map(|(_a, _b)| Out { region: "x".to_owned(), value: 1 }) -> sink(out());
        }
    };
}

macro_rules! aggregated {
    (|$o:ident| $($value:tt)*) => {
        over! {
            orders -> key_by(|o| o.region) -> window(tumbling(1min))
                -> aggregate(|$o| Out { region: key, value: $($value)* }) -> sink(out());
        }
    };
}

/// What is written in the language, and by what it is seen in Flink SQL.
pub(super) fn shapes() -> Vec<(&'static str, Pipeline, &'static str)> {
    vec![
        ("`watermark(|o| o.at, delay = 5s)` behind a source", over! { orders -> sink(out()); }, "WATERMARK FOR"),
        ("`filter`", over! { orders -> filter(|o| o.amount > 1) -> sink(out()); }, "WHERE"),
        ("`map`", over! { orders -> map(|o| Out { region: o.region, value: o.id }) -> sink(out()); }, "SELECT"),
        (
            "`filter_map`",
            over! { orders -> filter_map(|o| if o.amount > 1 { Some(Out { region: o.region, value: o.id }) } else { None }) -> sink(out()); },
            "WHERE",
        ),
        (
            "`flat_map` of a field that is a `Vec` of records",
            over! { orders -> flat_map(|o| o.items) -> sink(out()); },
            "CROSS JOIN UNNEST(",
        ),
        ("`union`", over! { union(orders, orders) -> sink(out()); }, "UNION ALL"),
        (
            "`route`",
            over! {
                orders -> route(big = |o| o.amount > 1000, rest);
                big -> sink(out());
                rest -> sink(out());
            },
            "STATEMENT SET",
        ),
        ("several sinks, as one job", over! { orders -> sink(out()); orders -> sink(out()); }, "STATEMENT SET"),
        ("`window(tumbling(…))`", aggregated!(|o| count()), "TUMBLE("),
        (
            "`window(sliding(…))`",
            over! {
                orders -> key_by(|o| o.region) -> window(sliding(1min, every = 20s))
                    -> aggregate(|o| Out { region: key, value: count() }) -> sink(out());
            },
            "HOP(",
        ),
        (
            "`window(session(…))`",
            over! {
                orders -> key_by(|o| o.region) -> window(session(1min))
                    -> aggregate(|o| Out { region: key, value: count() }) -> sink(out());
            },
            "SESSION(",
        ),
        (
            "aggregations with a filter, and expressions over them",
            aggregated!(|o| sum(o.amount) / 2 + count().filter(|o| o.id > 1)),
            "FILTER",
        ),
        (
            "`aggregate` without a window: rows that are corrected",
            over! {
                orders -> key_by(|o| o.region) -> aggregate(|o| Out { region: key, value: count() })
                    -> sink(Kafka::to("out").servers("kafka:9092").upserts());
            },
            "upsert-kafka",
        ),
        (
            "`top(n, |r| …)` of a window",
            over! {
                orders -> key_by(|o| o.region) -> window(tumbling(1min)) -> top(3, |o| o.amount) -> sink(out());
            },
            "ROW_NUMBER",
        ),
        ("`join(…, window = …, inner)`", joined!(window = tumbling(1min), inner), "JOIN"),
        ("`join(…, window = …, left)`", joined!(window = tumbling(1min), left), "LEFT JOIN"),
        ("`join(…, window = …, right)`", joined!(window = tumbling(1min), right), "RIGHT JOIN"),
        ("`join(…, window = …, full)`", joined!(window = tumbling(1min), full), "FULL JOIN"),
        ("`join(…, between = …, left)`, and the other kinds", joined!(between = -20s..=10s, left), "LEFT JOIN"),
    ]
}

pub(super) fn aggregations() -> Vec<(&'static str, Pipeline)> {
    vec![
        ("count", aggregated!(|o| count())),
        ("sum", aggregated!(|o| sum(o.amount))),
        ("avg", aggregated!(|o| avg(o.amount))),
        ("min", aggregated!(|o| min(o.amount))),
        ("max", aggregated!(|o| max(o.amount))),
        ("first", aggregated!(|o| first(o.amount))),
        ("last", aggregated!(|o| last(o.amount))),
        ("count_distinct", aggregated!(|o| count_distinct(o.id))),
    ]
}

/// The methods of closures, each as an expression of the IR over `s` and `t` (texts), `n` (a number), `f` (a double), `o` (a number that may be absent)
/// and `at` (a time), with its type.
pub(super) const METHODS: &[(&str, &str, &str)] = &[
    ("chars().count()", "CHAR_LENGTH(`s`)", "BIGINT"),
    ("chars().skip(…).take(…)", "CHARS(`s`, 1, 2)", "STRING"),
    ("to_lowercase", "LOWER(`s`)", "STRING"),
    ("to_uppercase", "UPPER(`s`)", "STRING"),
    ("trim_matches(' ')", "TRIM(`s`)", "STRING"),
    ("starts_with", "STARTSWITH(`s`, `t`)", "BOOLEAN"),
    ("ends_with", "ENDSWITH(`s`, `t`)", "BOOLEAN"),
    ("contains", "CONTAINS(`s`, `t`)", "BOOLEAN"),
    ("replace", "REPLACE(`s`, `t`, 'x')", "STRING"),
    ("flow::expr::matches", "REGEXP(`s`, 'a+')", "BOOLEAN"),
    ("format!, +", "CONCAT(`s`, `t`)", "STRING"),
    ("to_string", "CAST(`n` AS STRING)", "STRING"),
    ("abs", "ABS(`n`)", "BIGINT"),
    ("wrapping_abs", "ABS(`n`)", "BIGINT"),
    ("floor", "FLOOR(`f`)", "DOUBLE"),
    ("ceil", "CEIL(`f`)", "DOUBLE"),
    ("sqrt", "SQRT(`f`)", "DOUBLE"),
    ("min", "LEAST(`n`, 3)", "BIGINT"),
    ("max", "GREATEST(`n`, 3)", "BIGINT"),
    ("is_some", "`o` IS NOT NULL", "BOOLEAN"),
    ("is_none", "`o` IS NULL", "BOOLEAN"),
    ("unwrap_or", "COALESCE(`o`, 3)", "BIGINT"),
    ("or", "COALESCE(`o`, `o`)", "BIGINT?"),
    ("map", "CASE WHEN `o` IS NOT NULL THEN `o` + 1 ELSE NULL END", "BIGINT?"),
    ("is_some_and", "CASE WHEN `o` IS NOT NULL THEN `o` > 1 ELSE FALSE END", "BOOLEAN"),
    ("is_none_or", "CASE WHEN `o` IS NOT NULL THEN `o` > 1 ELSE TRUE END", "BOOLEAN"),
    ("millis", "MILLIS(`at`)", "BIGINT"),
    ("plus_millis", "PLUS_MILLIS(`at`, `n`)", "TIMESTAMP_LTZ(3)"),
    ("Timestamp::from_millis", "FROM_MILLIS(`n`)", "TIMESTAMP_LTZ(3)"),
    ("year", "EXTRACT(YEAR FROM `at`)", "BIGINT"),
    ("month", "EXTRACT(MONTH FROM `at`)", "BIGINT"),
    ("day", "EXTRACT(DAY FROM `at`)", "BIGINT"),
    ("hour", "EXTRACT(HOUR FROM `at`)", "BIGINT"),
    ("minute", "EXTRACT(MINUTE FROM `at`)", "BIGINT"),
    ("second", "EXTRACT(SECOND FROM `at`)", "BIGINT"),
    ("format_date", "FORMAT_DATE(`at`)", "STRING"),
    ("as i32, as i64, as f64, …", "CAST(`f` AS INT)", "INT"),
    ("if … else …", "CASE WHEN `n` > 1 THEN `s` ELSE `t` END", "STRING"),
    ("+ - * / %", "-`n` + 2 * `n` / 3 % 4", "BIGINT"),
    ("== != < <= > >= && || !", "NOT (`n` = 1 OR `s` < `t`) AND `f` >= 0.5", "BOOLEAN"),
];
