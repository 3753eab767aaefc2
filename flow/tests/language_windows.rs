//! Keys, windows, aggregates and joins of the language, compiled and run.

use flow::prelude::*;

#[derive(Clone, Debug, PartialEq, Record)]
struct Order {
    id: i64,
    region: String,
    shop: i32,
    amount: i64,
    weight: f64,
    placed_at: Timestamp,
    note: Option<String>,
}

fn order(id: i64, region: &str, amount: i64, seconds: i64) -> Order {
    let placed_at = Timestamp::from_millis(seconds * 1000);
    Order { id, region: region.into(), shop: (id % 2) as i32, amount, weight: 0.5, placed_at, note: None }
}

/// Two minutes; the order of 3 s comes late by 2 s, that of 7 s by more than a minute.
fn orders() -> Vec<Order> {
    let lines =
        [(1, "eu", 10, 1), (2, "us", 20, 5), (3, "eu", 30, 3), (4, "eu", 40, 65), (5, "us", 50, 130), (6, "eu", 60, 7)];
    lines.into_iter().map(|(id, region, amount, at)| order(id, region, amount, at)).collect()
}

fn run(pipeline: Pipeline) {
    pipeline.run_blocking().expect("the pipeline runs");
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Revenue {
    region: String,
    window_start: Timestamp,
    total: i64,
    orders: i64,
}

#[test]
fn revenue_per_region_and_minute() {
    let (rows, revenue_out) = sinks::collect();
    let (late, late_out) = sinks::collect();
    let min_amount = 5;
    run(pipeline! {
        /// Revenue of large orders, per region and minute.
        name = "high-value-orders";

        orders = source::<Order>(sources::vec(orders()))
            -> watermark(|o| o.placed_at, delay = 5s)
            -> filter(|o| o.amount > min_amount);

        orders
            -> key_by(|o| o.region)
            -> window(tumbling(1min), late = late_orders, name = "per-minute")
            -> aggregate(|o| Revenue {
                   region: key,
                   window_start: window.start,
                   total: sum(o.amount),
                   orders: count(),
               })
            -> sink(revenue_out);
        late_orders -> map(|o| Late { id: o.id }) -> sink(late_out);
    });
    let mut rows: Vec<_> =
        rows.take().into_iter().map(|r| (r.window_start.millis(), r.region, r.total, r.orders)).collect();
    rows.sort();
    let expect = [(0, "eu", 40, 2), (0, "us", 20, 1), (60_000, "eu", 40, 1), (120_000, "us", 50, 1)];
    assert_eq!(rows, expect.map(|(start, region, total, orders)| (start, region.to_owned(), total, orders)));
    assert_eq!(late.take(), [Late { id: 6 }]);
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Late {
    id: i64,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Everything {
    region: String,
    shop: i32,
    until: Timestamp,
    mean: i64,
    share: f64,
    least: i64,
    greatest: f64,
    first: String,
    last: i64,
    shops: i64,
    large: Option<i64>,
    large_orders: i64,
    class: String,
}

#[test]
fn every_aggregate_and_expressions_over_them() {
    let (rows, out) = sinks::collect();
    let (limit, bonus) = (15, 1);
    run(pipeline! {
        name = "everything";
        source(sources::vec(orders()))
            -> watermark(|o| o.placed_at, monotonic)
            -> key_by(|o| (o.region, o.shop))
            -> window(sliding(2min, every = 1min), offset = 30s)
            -> aggregate(|o| Everything {
                   region: key.0,
                   shop: key.1,
                   until: window.end,
                   mean: avg(o.amount) + bonus,
                   share: sum(o.weight) / (count() as f64),
                   least: min(o.amount * 2),
                   greatest: max(o.weight),
                   first: first(o.region),
                   last: last(o.id),
                   shops: count_distinct(o.shop),
                   large: sum(o.amount).filter(|o| o.amount > limit),
                   large_orders: count().filter(|o| o.amount > limit && o.shop == 1),
                   class: if count() > 1 { "many".to_string() } else { "one".to_string() },
               })
            -> sink(out);
    });
    let rows = rows.take();
    let of = |shop: i32, until: i64| {
        rows.iter().find(|row| row.region == "eu" && row.shop == shop && row.until.millis() == until)
    };
    let odd = of(1, 90_000).expect("a window of the odd orders");
    assert_eq!(
        (odd.mean, odd.least, odd.last, odd.large, odd.large_orders, odd.class.as_str()),
        (21, 20, 3, Some(30), 1, "many")
    );
    let even = of(0, 150_000).expect("a window of the even orders");
    assert_eq!((even.mean, even.large, even.large_orders, even.shops, even.share), (41, Some(40), 0, 1, 0.5));
}

#[test]
fn closures_outside_the_subset_work_as_plain_rust() {
    fn twice(amount: i64) -> i64 {
        amount * 2
    }
    let (rows, out) = sinks::collect();
    run(pipeline! {
        name = "opaque";
        source(sources::vec(orders()))
            -> watermark(|o| Some(o.placed_at), delay = std::time::Duration::from_secs(60 * 60))
            -> key_by(|o| o.region.to_ascii_uppercase())
            -> window(session(1d))
            -> aggregate(|o| (key, format!("{:>3}", max(twice(o.amount))), count(), window))
            -> map(|row| (row.0, row.1.to_string(), row.2, row.3.start.millis()))
            -> sink(out);
    });
    let mut rows = rows.take();
    rows.sort();
    assert_eq!(rows, [("EU".to_owned(), "120".to_owned(), 4, 1_000), ("US".to_owned(), "100".to_owned(), 2, 5_000)]);
}

#[test]
fn folds_reduces_and_tops_infer_their_types() {
    let (sums, sums_out) = sinks::collect();
    let (longest, longest_out) = sinks::collect();
    let (best, best_out) = sinks::collect();
    run(pipeline! {
        name = "per-group";
        keyed = source(sources::vec(orders())) -> watermark(|o| o.placed_at, delay = 1h) -> key_by(|o| o.region);
        keyed -> window(tumbling(1d)) -> fold(0, |sum, o| sum + o.amount) -> map(|w| (w.key, w.value)) -> sink(sums_out);
        keyed -> window(tumbling(1d)) -> reduce(|a, b| if a.amount > b.amount { a } else { b }) -> map(|w| w.value.id) -> sink(longest_out);
        keyed -> filter(|o| o.amount > 10) -> window(tumbling(1d)) -> top(1, |o| o.amount) -> map(|o| o.id) -> sink(best_out);
    });
    let (mut sums, mut longest, mut best) = (sums.take(), longest.take(), best.take());
    sums.sort();
    longest.sort();
    best.sort();
    assert_eq!(sums, [("eu".to_owned(), 140), ("us".to_owned(), 70)]);
    assert_eq!((longest, best), (vec![5, 6], vec![5, 6]));
}

#[test]
fn a_running_aggregate_corrects_its_rows() {
    let (rows, out) = sinks::collect();
    run(pipeline! {
        name = "running";
        totals = source(sources::vec(orders())) -> key_by(|o| o.region) -> aggregate(|o| (key, sum(o.amount)));
        // Used more than once, it is teed.
        totals -> sink(sinks::null());
        totals -> apply(|totals| totals.named("totals")) -> sink(out);
    });
    let last = |region: &str| {
        let value = |row: &Upsert<String, (String, i64)>| match row {
            Upsert::Put { key, value } if key == region => Some(value.clone()),
            _ => None,
        };
        rows.rows().iter().rev().find_map(value)
    };
    assert_eq!(last("eu"), Some(("eu".to_owned(), 140)));
    assert_eq!(last("us"), Some(("us".to_owned(), 70)));
}

#[test]
fn an_aggregate_of_your_own_takes_a_filter() {
    struct Highest;
    impl Aggregate<i64> for Highest {
        type Accumulator = i64;
        type Output = i64;
        fn create(&self) -> i64 {
            0
        }
        fn add(&self, highest: &mut i64, amount: &i64) {
            *highest = *amount.max(highest);
        }
        fn merge(&self, highest: &mut i64, other: i64) {
            *highest = other.max(*highest);
        }
        fn result(&self, highest: &i64) -> i64 {
            *highest
        }
    }
    let (rows, out) = sinks::collect();
    run(pipeline! {
        source(sources::vec(orders()))
            -> watermark(|o| o.placed_at, delay = 5s)
            -> key_by(())
            -> window(tumbling(1d))
            -> aggregate(|o| (max(o.amount), custom(Highest, o.amount).filter(|o| o.region == "us")))
            -> sink(out);
    });
    let us = orders().into_iter().filter(|o| o.region == "us").map(|o| o.amount).max();
    let all = orders().into_iter().map(|o| o.amount).max();
    assert_eq!(rows.take(), [(all.unwrap(), us)]);
}
