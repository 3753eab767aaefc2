//! Pipelines of every shape over files, here and on Flink: the same rows.

use super::support::{rows, run};
use flow::prelude::*;
use flow_flink::ToFlinkSql;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) region: String,
    pub(crate) shop: Option<i32>,
    pub(crate) amount: i64,
    pub(crate) small: i8,
    pub(crate) rate: Option<f64>,
    pub(crate) weight: f32,
    #[record(epoch_millis, rename = "placedAt")]
    pub(crate) placed_at: Timestamp,
    pub(crate) address: Option<Address>,
}

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Address {
    pub(crate) city: String,
    pub(crate) floor: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Payment {
    pub(crate) order_id: i64,
    pub(crate) paid: i32,
    pub(crate) paid_at: Timestamp,
}

/// Numbers that a seed gives.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, n: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as i64).rem_euclid(n)
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as i64) as usize].clone()
    }
}

/// Orders an eighth of a second apart, many of them at the borders of windows, which come up to `disorder` milliseconds late; none of equal time, for what ties come to is not specified.
/// Where some come later than the watermark permits they begin with 1970, for before it Flink drops no late records.
pub(crate) fn orders(count: i64, (from, disorder): (i64, i64), seed: u64) -> Vec<Order> {
    let mut numbers = Numbers(seed);
    let mut all: Vec<(i64, Order)> = (0..count)
        .map(|id| {
            let at = from + id * 125 + numbers.of(&[0, -1, 1, 37]);
            let address = (numbers.below(3) > 0)
                .then(|| Address { city: numbers.of(&["Oslo", "Rome"]).into(), floor: numbers.of(&[None, Some(3)]) });
            let order = Order {
                id,
                region: numbers.of(&["eu", "us", "ß", ""]).into(),
                shop: numbers.of(&[None, Some(1), Some(2)]),
                amount: numbers.of(&[numbers_edge(id), 90, 110, 500, -40]),
                small: numbers.of(&[127, -128, 5, 100]),
                rate: numbers.of(&[None, Some(0.5), Some(-0.0), Some(1.25)]),
                weight: numbers.of(&[0.5, 1.5, -2.0]),
                placed_at: Timestamp::from_millis(at),
                address,
            };
            (at + if disorder > 0 { numbers.below(disorder) } else { 0 }, order)
        })
        .collect();
    all.sort_by_key(|(arrives, _)| *arrives);
    all.into_iter().map(|(_, order)| order).collect()
}

fn numbers_edge(id: i64) -> i64 {
    if id % 7 == 0 { i64::MAX } else { id }
}

pub(crate) fn payments(count: i64, (from, disorder): (i64, i64), seed: u64) -> Vec<Payment> {
    let mut numbers = Numbers(seed);
    let mut all: Vec<(i64, Payment)> = (0..count)
        .map(|i| {
            let at = from + i * 700 - 1;
            let (order_id, paid) = (numbers.below(count), numbers.below(50) as i32);
            let payment = Payment { order_id, paid, paid_at: Timestamp::from_millis(at) };
            (at + if disorder > 0 { numbers.below(disorder) } else { 0 }, payment)
        })
        .collect();
    all.sort_by_key(|(arrives, _)| *arrives);
    all.into_iter().map(|(_, payment)| payment).collect()
}

pub(crate) fn file<R: Record + Clone>(path: &Path, records: &[R]) {
    let pipeline = Pipeline::new("file");
    pipeline.source(sources::vec(records.to_vec())).sink(sinks::files(path).json_lines());
    pipeline.run_blocking().unwrap();
}

/// The folder of a test, with the orders and the payments.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new(orders: &[Order], payments: &[Payment]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        file(&place.at("orders"), orders);
        file(&place.at("payments"), payments);
        place
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// Runs a definition here and on Flink; it is given where it reads, and where it writes.
pub(crate) fn both(place: &Place, definition: impl Fn(&Place, &Path) -> Pipeline) -> (PathBuf, PathBuf) {
    let (here, there) = (place.at("here"), place.at("there"));
    std::fs::create_dir_all(&here).unwrap();
    definition(place, &here).run_blocking().unwrap();
    let script = definition(place, &there).to_flink_sql().unwrap_or_else(|error| panic!("{error}"));
    run(&script).unwrap_or_else(|error| panic!("{error}\n{script}"));
    (here, there)
}

/// The rows of a definition whose only output is called `out`.
pub(crate) fn check<R: Record>(orders: &[Order], payments: &[Payment], definition: impl Fn(&Place, &Path) -> Pipeline) {
    let place = Place::new(orders, payments);
    let (here, there) = both(&place, &definition);
    let (here, there) = (rows::<R>(&here.join("out")), rows::<R>(&there.join("out")));
    if here != there {
        let only = |a: &[flow::record::Row], b: &[flow::record::Row]| {
            a.iter().filter(|row| !b.contains(row)).take(8).map(|row| format!("{row:?}")).collect::<Vec<_>>().join("\n")
        };
        let script = definition(&place, &place.at("there")).to_flink_sql().unwrap();
        panic!("{script}\nonly here:\n{}\nonly there:\n{}", only(&here, &there), only(&there, &here));
    }
    assert!(here.len() > 3, "{here:?}");
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Line {
    id: i64,
    label: String,
    city: Option<String>,
    high: bool,
    level: i32,
    rate: f64,
    home: Address,
    place: Option<Address>,
    at: Timestamp,
    #[record(epoch_millis)]
    later: Timestamp,
}

#[test]
fn filter_and_map() {
    let (suffix, limit) = (String::from("!"), 7_i8);
    check::<Line>(&orders(300, (-20_000, 0), 1), &[], |place, out| {
        let (suffix, limit) = (suffix.clone(), limit);
        pipeline! {
            name = "lines";
            portable;
            source::<Order>(sources::files(place.at("orders")).json_lines())
                -> filter(|o| !(o.rate.unwrap_or(0.0) > 0.75) || o.shop.is_none())
                -> map(|o| Line {
                       id: o.id * 2 - 1,
                       label: if o.region == "eu" { suffix } else { o.region.to_uppercase() },
                       city: o.address.clone().map(|a| a.city),
                       high: o.rate.is_some_and(|r| r > 0.5) || o.small > limit,
                       level: match o.region.as_str() { "eu" => 1, "us" => 2, _ => o.small as i32 },
                       rate: o.rate.unwrap_or(0.25) * 4.0,
                       home: Address { city: o.region, floor: None },
                       place: o.address,
                       at: o.placed_at,
                       later: o.placed_at.plus_millis(7),
                   })
                -> filter(|l| l.home.floor.is_none() && l.label.chars().count() > 0)
                -> sink(sinks::files(out.join("out")).json_lines());
        }
    });
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Stats {
    region: String,
    shop: Option<i32>,
    start: Timestamp,
    end: Timestamp,
    mean: i64,
    small: i8,
    least: Option<f64>,
    weight: f32,
    kinds: i64,
    rated: i64,
    big: Option<i64>,
    ratio: i64,
    count: i64,
    last: Timestamp,
}

macro_rules! window {
    ($($name:ident: $tasks:literal, $count:literal, $disorder:expr, $delay:literal, [$($window:tt)*];)*) => {$(
        #[test]
        fn $name() {
            check::<Stats>(&orders($count, $disorder, 2), &[], |place, out| pipeline! {
                name = "windows";
                portable;
                parallelism = $tasks;
                source::<Order>(sources::files(place.at("orders")).json_lines())
                    -> watermark(|o| o.placed_at, delay = $delay)
                    -> key_by(|o| (o.region.to_lowercase(), o.shop))
                    -> window($($window)*)
                    -> aggregate(|o| Stats {
                           region: key.0,
                           shop: key.1,
                           start: window.start,
                           end: window.end,
                           mean: avg(o.amount),
                           small: sum(o.small),
                           least: min(o.rate),
                           weight: avg(o.weight),
                           kinds: count_distinct(o.small),
                           rated: count().filter(|o| o.rate.is_some()),
                           big: sum(o.amount).filter(|o| o.amount > 100),
                           ratio: sum(o.amount) / count(),
                           count: count(),
                           last: max(o.placed_at),
                       })
                    -> sink(sinks::files(out.join("out")).json_lines());
            });
        }
    )*};
}

// With several tasks what is late depends on when those without records end, on Flink.
window! {
    tumbling: 1, 2000, (0, 9000), 5s, [tumbling(10s)];
    tumbling_from_an_offset: 2, 1500, (-100_000, 1999), 2s, [tumbling(7s), offset = 3s];
    sliding: 1, 1500, (0, 9000), 5s, [sliding(10s, every = 2s)];
    sliding_from_an_offset: 3, 1500, (-100_000, 1999), 2s, [sliding(9s, every = 3s), offset = 1s];
    session: 1, 2000, (0, 6000), 3s, [session(620ms)];
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Counted {
    n: i64,
    at: Timestamp,
}

macro_rules! global {
    ($($name:ident: [$($window:tt)*];)*) => {$(
        #[test]
        fn $name() {
            check::<Counted>(&orders(1500, (0, 6000), 3), &[], |place, out| pipeline! {
                name = "global";
                portable;
                source::<Order>(sources::files(place.at("orders")).json_lines())
                    -> watermark(|o| o.placed_at, delay = 5s)
                    -> filter(|o| o.id % 5 != 0)
                    -> key_by(())
                    -> window($($window)*)
                    -> aggregate(|o| Counted { n: count() + sum(o.amount), at: window.start })
                    -> sink(sinks::files(out.join("out")).json_lines());
            });
        }
    )*};
}

global! {
    one_group_tumbling: [tumbling(4s)];
    one_group_sliding: [sliding(4s, every = 1s)];
    one_group_session: [session(130ms)];
}

#[derive(Clone, Debug, PartialEq, Record)]
struct PerWindow {
    region: String,
    total: i64,
}

#[test]
fn windows_of_windows() {
    check::<Counted>(&orders(2000, (0, 9000), 4), &[], |place, out| {
        pipeline! {
            name = "cascade";
            portable;
            source::<Order>(sources::files(place.at("orders")).json_lines())
                -> watermark(|o| o.placed_at, delay = 5s)
                -> key_by(|o| o.region)
                -> window(tumbling(2s))
                -> aggregate(|o| PerWindow { region: key, total: sum(o.amount) })
                -> filter(|w| w.total > 0)
                -> key_by(())
                -> window(tumbling(10s))
                -> aggregate(|w| Counted { n: max(w.total), at: window.end })
                -> sink(sinks::files(out.join("out")).json_lines());
        }
    });
}

#[test]
fn top_of_sessions() {
    check::<Order>(&orders(2000, (0, 4000), 6), &[], |place, out| {
        pipeline! {
            name = "best of sessions";
            portable;
            source::<Order>(sources::files(place.at("orders")).json_lines())
                -> watermark(|o| o.placed_at, delay = 5s)
                -> key_by(|o| (o.region, o.shop, o.small))
                -> window(session(3061ms))
                -> top(2, |o| o.id % 100 * 1000 + o.id)
                -> sink(sinks::files(out.join("out")).json_lines());
        }
    });
}

#[test]
fn top() {
    check::<Order>(&orders(2000, (0, 9000), 5), &[], |place, out| {
        pipeline! {
            name = "best";
            portable;
            source::<Order>(sources::files(place.at("orders")).json_lines())
                -> watermark(|o| o.placed_at, delay = 5s)
                -> key_by(|o| o.region.to_uppercase())
                -> window(tumbling(10s))
                -> top(2, |o| o.id % 100 * 1000 + o.id)
                -> sink(sinks::files(out.join("out")).json_lines());
        }
    });
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Ends {
    region: String,
    shop: Option<i32>,
    first: i64,
    last: i64,
    shop_first: Option<i32>,
    rate_last: Option<f64>,
    big: Option<i64>,
    none: Option<i64>,
    n: i64,
}

/// By event time, and of several with one time by arrival; before 1970 too.
#[test]
fn first_and_last() {
    check_ends((0, 9000));
    check_ends((-100_000, 4000));
}

fn check_ends(times: (i64, i64)) {
    let mut orders = orders(2000, times, 6);
    for order in &mut orders {
        order.placed_at = Timestamp::from_millis(order.placed_at.millis().div_euclid(1000) * 1000);
    }
    check::<Ends>(&orders, &[], |place, out| {
        pipeline! {
            name = "ends";
            portable;
            source::<Order>(sources::files(place.at("orders")).json_lines())
                -> watermark(|o| o.placed_at, delay = 5s)
                -> key_by(|o| (o.region, o.shop))
                -> window(tumbling(10s))
                -> aggregate(|o| Ends {
                       region: key.0,
                       shop: key.1,
                       first: first(o.id),
                       last: last(o.id + 1),
                       shop_first: first(o.shop),
                       rate_last: last(o.rate),
                       big: last(o.id).filter(|o| o.amount > 100),
                       none: first(o.id).filter(|o| o.amount == 12345),
                       n: count(),
                   })
                -> sink(sinks::files(out.join("out")).json_lines());
        }
    });
}
