//! Pipelines of every shape.

use super::endpoints::topic;
use flow::connector::Sink;
use flow::prelude::*;
use flow::{Record, pipeline};

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Order {
    pub(crate) id: i64,
    pub(crate) region: String,
    pub(crate) amount: i64,
    pub(crate) small: i8,
    pub(crate) rate: Option<f64>,
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
pub(crate) struct Revenue {
    pub(crate) region: String,
    pub(crate) window_start: Timestamp,
    pub(crate) total: i64,
    pub(crate) orders: i64,
}

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Line {
    pub(crate) id: i64,
    pub(crate) label: String,
    pub(crate) city: Option<String>,
    pub(crate) high: bool,
    pub(crate) level: i32,
    pub(crate) rate: f64,
    pub(crate) home: Address,
}

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Stats {
    pub(crate) shard: i64,
    pub(crate) region: String,
    pub(crate) mean: i64,
    pub(crate) least: Option<f64>,
    pub(crate) most: i8,
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) kinds: i64,
    pub(crate) rated: i64,
    pub(crate) big: Option<i64>,
    pub(crate) ratio: i64,
    pub(crate) end: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Total {
    pub(crate) region: String,
    pub(crate) total: i64,
}

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Counted {
    pub(crate) n: i64,
    pub(crate) at: Timestamp,
}

pub(crate) fn revenue(orders: Vec<Order>, out: impl Sink<Item = Revenue>) -> Pipeline {
    let min_amount = 100;
    pipeline! {
        /// Revenue of large orders, per region and minute.
        name = "high-value-orders";
        version = "1.0";
        portable;
        orders = source::<Order>(topic("orders", orders))
            -> watermark(|o| o.placed_at, delay = 5s)
            -> filter(|o| o.amount > min_amount, name = "large");
        orders
            -> key_by(|o| o.region)
            -> window(tumbling(1min))
            -> aggregate(|o| Revenue {
                   region: key,
                   window_start: window.start,
                   total: sum(o.amount),
                   orders: count(),
               })
            -> sink(out);
    }
}

pub(crate) fn lines(orders: Vec<Order>, out: impl Sink<Item = Line>) -> Pipeline {
    let (suffix, limit) = (String::from("!"), 7_i8);
    pipeline! {
        name = "lines";
        portable;
        source::<Order>(topic("orders", orders))
            -> map(|o| Line {
                   id: o.id * 2 - 1,
                   label: if o.region == "eu" { suffix } else { o.region.to_uppercase() },
                   city: o.address.map(|a| a.city),
                   high: o.rate.is_some_and(|r| r > 0.5) || o.small > limit,
                   level: match o.region.as_str() { "eu" => 1, "us" => 2, _ => o.small as i32 },
                   rate: o.rate.unwrap_or(0.25) * 4.0,
                   home: Address { city: o.region, floor: None },
               }, parallelism = 2)
            -> apply(labelled)
            -> sink(out, name = "lines");
    }
}

/// A fragment is as portable as what it makes of the stream.
fn labelled(lines: Stream<Line>) -> Stream<Line> {
    lines.filter_expr(flow::expr!(|l: &Line| l.home.floor.is_none() && l.label.chars().count() > 0))
}

pub(crate) fn some_lines(orders: Vec<Order>, out: impl Sink<Item = Total>) -> Pipeline {
    pipeline! {
        name = "some";
        portable;
        source::<Order>(topic("orders", orders))
            -> filter_map(|o| if o.amount % 2 == 0 { Some(Total { region: o.region, total: o.amount / 2 }) } else { None })
            -> sink(out);
    }
}

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Basket {
    pub(crate) id: i64,
    #[record(epoch_millis, rename = "placedAt")]
    pub(crate) placed_at: Timestamp,
    pub(crate) items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Item {
    #[record(rename = "articleName")]
    pub(crate) article: String,
    pub(crate) count: i64,
    pub(crate) price: Option<f64>,
    #[record(epoch_millis)]
    pub(crate) wanted: Timestamp,
}

pub(crate) fn items(baskets: Vec<Basket>, (a, b): (impl Sink<Item = Item>, impl Sink<Item = Counted>)) -> Pipeline {
    pipeline! {
        name = "items";
        portable;
        items = source::<Basket>(topic("baskets", baskets))
            -> watermark(|b| b.placed_at, delay = 5s)
            -> flat_map(|b| b.items);
        items -> filter(|i| i.price.is_some()) -> sink(a, name = "items");
        items
            -> key_by(|i| i.article)
            -> window(tumbling(10s))
            -> aggregate(|i| Counted { n: sum(i.count), at: window.start })
            -> sink(b, name = "counts");
    }
}

pub(crate) fn routed(
    orders: Vec<Order>,
    (a, b, c): (impl Sink<Item = Order>, impl Sink<Item = Order>, impl Sink<Item = Order>),
) -> Pipeline {
    pipeline! {
        name = "routed";
        portable;
        source::<Order>(topic("orders", orders))
            -> route(big = |o| o.amount > 1000, negative = |o| o.amount < 0, rest);
        big -> sink(a, name = "a");
        negative -> sink(b, name = "b");
        rest -> sink(c, name = "c");
    }
}

pub(crate) fn teed(orders: Vec<Order>, (a, b): (impl Sink<Item = Order>, impl Sink<Item = Counted>)) -> Pipeline {
    pipeline! {
        name = "teed";
        portable;
        orders = source::<Order>(topic("orders", orders)) -> watermark(|o| o.placed_at, monotonic);
        orders -> filter(|o| o.address.is_some_and(|a| a.city == "Oslo")) -> sink(a, name = "oslo");
        orders
            -> key_by(())
            -> window(sliding(10s, every = 2s), offset = 1s)
            -> aggregate(|o| Counted { n: count(), at: window.start })
            -> sink(b, name = "counts");
    }
}

pub(crate) fn united(orders: Vec<Order>, more: Vec<Order>, out: impl Sink<Item = Stats>) -> Pipeline {
    pipeline! {
        // Not `portable;`: Flink SQL knows no first and last in a session. The IR does.
        name = "united";
        idle_timeout = 30s;
        first = source::<Order>(topic("orders", orders)) -> watermark(|o| o.placed_at, delay = 1s);
        second = source::<Order>(topic("more", more)) -> watermark(|o| o.placed_at, delay = 2s);
        union(first, second)
            -> key_by(|o| (o.id % 3, o.region))
            -> window(session(3s))
            -> aggregate(|o| Stats {
                   shard: key.0,
                   region: key.1,
                   mean: avg(o.amount),
                   least: min(o.rate),
                   most: max(o.small),
                   first: first(o.id),
                   last: last(o.id),
                   kinds: count_distinct(o.small),
                   rated: count().filter(|o| o.rate.is_some()),
                   big: sum(o.amount).filter(|o| o.amount > 100),
                   ratio: sum(o.amount) / count(),
                   end: window.end,
               })
            -> sink(out);
    }
}

pub(crate) fn late(orders: Vec<Order>, (a, b): (impl Sink<Item = Counted>, impl Sink<Item = Order>)) -> Pipeline {
    pipeline! {
        // Not `portable;`: Flink SQL knows no late records. The IR does.
        name = "late";
        source::<Order>(topic("orders", orders))
            -> watermark(|o| o.placed_at, delay = 1s)
            -> key_by(|o| o.region)
            -> window(tumbling(4s), lateness = 2s, late = too_late)
            -> aggregate(|o| Counted { n: sum(o.amount), at: window.end })
            -> sink(a, name = "sums");
        too_late -> sink(b, name = "late");
    }
}

pub(crate) fn best(orders: Vec<Order>, out: impl Sink<Item = Order>) -> Pipeline {
    pipeline! {
        name = "best";
        portable;
        source::<Order>(topic("orders", orders))
            -> watermark(|o| o.placed_at, delay = 5s)
            -> key_by(|o| o.region)
            -> window(tumbling(10s))
            -> top(2, |o| o.id)
            -> sink(out);
    }
}

pub(crate) fn totals(orders: Vec<Order>, out: impl Sink<Item = Upsert<String, Total>>) -> Pipeline {
    pipeline! {
        name = "totals";
        portable;
        source::<Order>(topic("orders", orders))
            -> key_by(|o| o.region)
            -> aggregate(|o| Total { region: key, total: sum(o.amount) })
            -> sink(out);
    }
}

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Payment {
    pub(crate) order_id: i64,
    pub(crate) paid: i32,
    pub(crate) paid_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Record)]
pub(crate) struct Paid {
    pub(crate) region: Option<String>,
    pub(crate) paid: Option<i32>,
    pub(crate) both: bool,
}

macro_rules! window_join {
    ($name:ident, $kind:ident, |($o:ident, $p:ident)| $paid:expr) => {
        pub(crate) fn $name(orders: Vec<Order>, payments: Vec<Payment>, out: impl Sink<Item = Paid>) -> Pipeline {
            pipeline! {
                name = "joined";
                portable;
                orders = source::<Order>(topic("orders", orders)) -> watermark(|o| o.placed_at, delay = 1s);
                payments = source::<Payment>(topic("payments", payments)) -> watermark(|p| p.paid_at, delay = 2s);
                join(orders, payments, on = (|o| o.id, |p| p.order_id), window = tumbling(5s), $kind)
                    -> map(|($o, $p)| $paid)
                    -> sink(out);
            }
        }
    };
}

window_join!(inner, inner, |(o, p)| Paid { both: true, region: Some(o.region), paid: Some(p.paid) });
window_join!(left, left, |(o, p)| Paid { both: p.is_some(), region: Some(o.region), paid: p.map(|p| p.paid) });
window_join!(right, right, |(o, p)| Paid { both: o.is_some(), region: o.map(|o| o.region), paid: Some(p.paid) });
window_join!(full, full, |(o, p)| Paid {
    both: o.is_some() && p.is_some(),
    region: o.map(|o| o.region),
    paid: p.map(|p| p.paid)
});

pub(crate) fn interval(orders: Vec<Order>, payments: Vec<Payment>, out: impl Sink<Item = Paid>) -> Pipeline {
    pipeline! {
        name = "interval";
        portable;
        orders = source::<Order>(topic("orders", orders)) -> watermark(|o| o.placed_at, delay = 30s);
        payments = source::<Payment>(topic("payments", payments)) -> watermark(|p| p.paid_at, delay = 30s);
        join(orders, payments, on = (|o| (o.id, o.amount > 0), |p| (p.order_id, p.paid > 0)), between = -2s ..= 1s, left)
            -> map(|(o, p)| Paid { both: p.is_some(), region: Some(o.region), paid: p.map(|p| p.paid) })
            -> sink(out);
    }
}
