//! Topics of Kafka, here and on Flink.

use super::shapes::{Order, orders};
use super::support::run;
use flow::prelude::*;
use flow::record::Row;
use flow_flink::{Delivery, Options, ToFlinkSql};
use flow_kafka::Kafka;
use flow_services::{KafkaAdmin, KafkaTools, unique};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(crate) fn server() -> String {
    flow_services::kafka().unwrap()
}

/// A topic of these partitions with these records.
pub(crate) fn topic<R: Record + Clone + serde::Serialize>(name: &str, partitions: i32, records: &[R]) -> String {
    let name = unique(name);
    KafkaAdmin::at(&server()).create_topic(&name, partitions).unwrap();
    for partition in 0..partitions as u32 {
        let own: Vec<R> = records.iter().skip(partition as usize).step_by(partitions as usize).cloned().collect();
        let pipeline = Pipeline::new("fill");
        let sink = Kafka::to(&name).servers(server()).json().partition_by(move |_: &R| partition);
        pipeline.source(sources::vec(own)).sink(sink);
        pipeline.run_blocking().unwrap();
    }
    name
}

/// Keys and values of a topic, in order.
fn messages(topic: &str) -> Vec<(String, String)> {
    let text = KafkaTools::at(&server()).consume(topic, "%k\t%s\n").unwrap();
    text.lines().map(|line| line.split_once('\t').unwrap()).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

pub(crate) fn rows<R: Record>(topic: &str) -> Vec<Row> {
    let read = |(_, value): &(String, String)| Row::of::<R>(&serde_json::from_str(value).unwrap());
    let mut rows: Vec<Row> = messages(topic).iter().map(read).collect();
    rows.sort();
    rows
}

/// Runs a definition here and on Flink, each into a topic of its own.
fn both(options: &Options, definition: impl Fn(&str) -> Pipeline) -> (String, String) {
    let (here, there) = (topic::<Order>("here", 1, &[]), topic::<Order>("there", 1, &[]));
    definition(&here).run_blocking().unwrap();
    let script = definition(&there).to_flink_sql_with(options).unwrap_or_else(|error| panic!("{error}"));
    run(&script).unwrap_or_else(|error| panic!("{error}\n{script}"));
    (here, there)
}

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Revenue {
    pub(crate) region: String,
    pub(crate) window_start: Timestamp,
    pub(crate) total: i64,
    pub(crate) orders: i64,
}

fn revenue(from: &str, to: &str, tasks: usize) -> Pipeline {
    pipeline! {
        name = "high-value-orders";
        portable;
        parallelism = tasks;
        orders = source::<Order>(Kafka::topic(from).servers(server()).group(unique("g")).until_end().json())
            -> watermark(|o| o.placed_at, delay = 5s)
            -> filter(|o| o.amount > 100);
        orders
            -> key_by(|o| o.region)
            -> window(tumbling(10s))
            -> aggregate(|o| Revenue { region: key, window_start: window.start, total: sum(o.amount), orders: count() })
            -> sink(Kafka::to(to).servers(server()).json());
    }
}

/// With one partition the late records are the same too; with several, none is late.
#[test]
fn the_main_job_over_topics() {
    for (partitions, tasks, disorder) in [(1, 1, 9000), (4, 2, 4500)] {
        let from = topic("orders", partitions, &orders(3000, (1000, disorder), 11));
        let (here, there) = both(&Options::default(), |to| revenue(&from, to, tasks));
        assert_eq!(rows::<Revenue>(&there), rows::<Revenue>(&here), "{partitions} partitions");
        assert!(rows::<Revenue>(&here).len() > 100);
    }
}

#[test]
fn exactly_once() {
    let from = topic("orders", 1, &orders(500, (1000, 9000), 12));
    let (here, there) = both(&Options { delivery: Delivery::ExactlyOnce }, |to| revenue(&from, to, 1));
    assert_eq!(rows::<Revenue>(&there), rows::<Revenue>(&here));
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Total {
    total: i64,
    orders: i64,
    mean: i64,
    most: Option<f64>,
    kinds: i64,
    big: Option<i64>,
}

/// What each key has in the end.
fn folded(topic: &str) -> BTreeMap<String, Row> {
    let read = |(key, value): (String, String)| (key, Row::of::<Total>(&serde_json::from_str(&value).unwrap()));
    messages(topic).into_iter().map(read).collect()
}

macro_rules! running {
    ($($name:ident: [$($key:tt)*], $keys:literal;)*) => {$(
        #[test]
        fn $name() {
            let from = topic("orders", 1, &orders(500, (-20_000, 0), 13));
            let (here, there) = both(&Options::default(), |to| pipeline! {
                name = "totals";
                portable;
                source::<Order>(Kafka::topic(&from).servers(server()).until_end().json())
                    -> key_by($($key)*)
                    -> aggregate(|o| Total {
                           total: sum(o.amount),
                           orders: count(),
                           mean: avg(o.amount),
                           most: max(o.rate),
                           kinds: count_distinct(o.small),
                           big: sum(o.amount).filter(|o| o.id > 490),
                       })
                    -> sink(Kafka::to(to).servers(server()).upserts());
            });
            assert_eq!(folded(&there), folded(&here));
            assert_eq!(folded(&here).len(), $keys);
        }
    )*};
}

running! {
    totals_by_a_string: [|o| o.region], 4;
    totals_by_a_number: [|o| o.id % 7], 7;
    totals_by_several: [|o| (o.region, o.shop, o.id % 2 == 0)], 24;
    totals_by_a_time: [|o| (o.placed_at, o.shop)], 500;
    totals_by_an_option: [|o| o.shop], 3;
    totals_of_all: [()], 1;
}

/// There a window over a topic loses rows; so that it does not in silence, the job fails.
#[test]
fn a_window_before_1970_fails() {
    let (from, to) = (topic("orders", 1, &orders(100, (-10_000, 0), 14)), topic::<Order>("there", 1, &[]));
    let script = revenue(&from, &to, 1).to_flink_sql().unwrap();
    let error = run(&script).expect_err("a time before 1970");
    assert!(error.contains("RowTime field should not be null"), "{error}");
}

/// The rows of a transaction that was aborted are no rows, on either engine.
#[test]
fn what_was_aborted_is_not_read() {
    let from = topic::<Order>("orders", 1, &[]);
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", server()).set("transactional.id", unique("tx"));
    let producer: BaseProducer = config.create().unwrap();
    let wait = Duration::from_secs(30);
    producer.init_transactions(wait).unwrap();
    for (part, orders) in orders(90, (1000, 0), 15).chunks(30).enumerate() {
        producer.begin_transaction().unwrap();
        for order in orders {
            let value = serde_json::to_vec(order).unwrap();
            producer.send(BaseRecord::<(), _>::to(&from).payload(&value)).map_err(|(error, _)| error).unwrap();
        }
        producer.flush(wait).unwrap();
        if part == 1 { producer.abort_transaction(wait) } else { producer.commit_transaction(wait) }.unwrap();
    }
    let (here, there) = both(&Options::default(), |to| {
        pipeline! {
            name = "committed";
            portable;
            source::<Order>(Kafka::topic(&from).servers(server()).until_end().json())
                -> sink(Kafka::to(to).servers(server()).json());
        }
    });
    assert_eq!(rows::<Order>(&there), rows::<Order>(&here));
    assert_eq!(rows::<Order>(&here).len(), 60);
}

/// Whoever reads by key finds it where the other engine would have put it.
#[test]
fn a_key_has_one_partition() {
    let from = topic("orders", 1, &orders(500, (1000, 0), 16));
    let [here, there] = ["here", "there"].map(|name| topic::<Order>(name, 5, &[]));
    let totals = |to: &str| {
        pipeline! {
            name = "totals";
            portable;
            source::<Order>(Kafka::topic(&from).servers(server()).until_end().json())
                -> key_by(|o| o.id % 40)
                -> aggregate(|o| Sum { orders: count() })
                -> sink(Kafka::to(to).servers(server()).upserts());
        }
    };
    totals(&here).run_blocking().unwrap();
    run(&totals(&there).to_flink_sql().unwrap()).unwrap();
    let places = |topic: &str| -> BTreeSet<String> {
        KafkaTools::at(&server()).consume(topic, "%p %k\n").unwrap().lines().map(str::to_owned).collect()
    };
    assert_eq!(places(&there), places(&here));
    let partitions: BTreeSet<String> = places(&here).iter().map(|place| place[..1].to_owned()).collect();
    assert_eq!((places(&here).len(), partitions.len()), (40, 5));
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Sum {
    orders: i64,
}
