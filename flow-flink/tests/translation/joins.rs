//! Joins, unions, routes and several sinks, here and on Flink.

use super::shapes::{Address, Order, Payment, Place, both, check, orders, payments};
use super::support::{rows, run};
use flow::prelude::*;
use flow_flink::ToFlinkSql;

#[derive(Clone, Debug, PartialEq, Record)]
struct Paid {
    id: Option<i64>,
    region: Option<String>,
    paid: Option<i32>,
    both: bool,
    address: Option<Address>,
    ordered: Option<Timestamp>,
}

macro_rules! joined {
    ($($name:ident: $from:literal, [$($join:tt)*], |($o:ident, $p:ident)| $paid:expr;)*) => {$(
        #[test]
        fn $name() {
            check::<Paid>(&orders(1500, ($from, 3000), 6), &payments(300, ($from, 2000), 6), |place, out| pipeline! {
                name = "joined";
                portable;
                orders = source::<Order>(sources::files(place.at("orders")).json_lines())
                    -> watermark(|o| o.placed_at, delay = 3s);
                payments = source::<Payment>(sources::files(place.at("payments")).json_lines())
                    -> watermark(|p| p.paid_at, delay = 2s);
                join(orders, payments, on = (|o| (o.id / 3, o.amount > 100), |p| (p.order_id / 3, p.paid > 10)), $($join)*)
                    -> map(|($o, $p)| $paid)
                    -> sink(sinks::files(out.join("out")).json_lines());
            });
        }
    )*};
}

joined! {
    inner: -20_000, [window = tumbling(20s), inner], |(o, p)| Paid {
        both: true, id: Some(o.id), region: Some(o.region), paid: Some(p.paid), address: o.address, ordered: Some(o.placed_at),
    };
    left: -20_000, [window = tumbling(20s), left], |(o, p)| Paid {
        both: p.is_some(), id: Some(o.id), region: Some(o.region), paid: p.map(|p| p.paid), address: o.address, ordered: None,
    };
    right: -20_000, [window = sliding(20s, every = 10s), right], |(o, p)| Paid {
        both: o.is_some(), id: None, region: o.clone().map(|o| o.region), paid: Some(p.paid), address: None, ordered: o.map(|o| o.placed_at),
    };
    full: -20_000, [window = tumbling(20s), full], |(o, p)| Paid {
        both: o.is_some() && p.is_some(), id: None, region: o.map(|o| o.region), paid: p.map(|p| p.paid), address: None, ordered: None,
    };
    interval: 1, [between = -20s ..= 10s, inner], |(o, p)| Paid {
        both: true, id: Some(o.id), region: Some(o.region), paid: Some(p.paid), address: o.address, ordered: Some(o.placed_at),
    };
    interval_left: 1, [between = -20s ..= 10s, left], |(o, p)| Paid {
        both: p.is_some(), id: Some(o.id), region: Some(o.region), paid: p.map(|p| p.paid), address: o.address, ordered: None,
    };
    interval_right: 1, [between = 1s ..= 20s, right], |(o, p)| Paid {
        both: o.is_some(), id: None, region: o.map(|o| o.region), paid: Some(p.paid), address: None, ordered: None,
    };
    interval_full: 1, [between = -20s ..= -1s, full], |(o, p)| Paid {
        both: o.is_some() && p.is_some(), id: None, region: o.map(|o| o.region), paid: p.map(|p| p.paid), address: None, ordered: None,
    };
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Total {
    region: String,
    total: i64,
    n: i64,
}

#[test]
fn a_window_behind_a_join() {
    check::<Total>(&orders(1500, (1000, 3000), 7), &payments(300, (1000, 2000), 7), |place, out| {
        pipeline! {
            name = "behind";
            portable;
            orders = source::<Order>(sources::files(place.at("orders")).json_lines())
                -> watermark(|o| o.placed_at, delay = 3s);
            payments = source::<Payment>(sources::files(place.at("payments")).json_lines())
                -> watermark(|p| p.paid_at, delay = 2s);
            join(orders, payments, on = (|o| o.id / 5, |p| p.order_id / 5), window = tumbling(10s), left)
                -> key_by(|(o, _p)| o.region)
                -> window(tumbling(30s))
                -> aggregate(|(o, _p)| Total { region: key, total: sum(o.amount), n: count().filter(|(_o, p)| p.is_some()) })
                -> sink(sinks::files(out.join("out")).json_lines());
        }
    });
}

#[test]
fn union() {
    check::<Total>(&orders(1500, (-20_000, 3000), 8), &[], |place, out| {
        pipeline! {
            name = "united";
            portable;
            first = source::<Order>(sources::files(place.at("orders")).json_lines())
                -> watermark(|o| o.placed_at, delay = 4s);
            second = source::<Order>(sources::files(place.at("orders")).json_lines())
                -> watermark(|o| o.placed_at, delay = 3s)
                -> filter(|o| o.id % 2 == 0);
            union(first, second)
                -> key_by(|o| o.region)
                -> window(tumbling(5s))
                -> aggregate(|o| Total { region: key, total: sum(o.amount), n: count() })
                -> sink(sinks::files(out.join("out")).json_lines());
        }
    });
}

#[test]
fn routes_and_several_sinks() {
    let place = Place::new(&orders(1500, (-20_000, 3000), 9), &[]);
    let (here, there) = both(&place, |place, out| {
        pipeline! {
            name = "routed";
            portable;
            orders = source::<Order>(sources::files(place.at("orders")).json_lines())
                -> watermark(|o| o.placed_at, delay = 4s);
            orders -> route(
                rated = |o| o.rate.is_some_and(|r| !(r < 0.25)),
                odd = |o| o.id != 0 && 1000 / o.id % 2 == 1,
                rest
            );
            rated -> sink(sinks::files(out.join("rated")).json_lines());
            odd -> sink(sinks::files(out.join("odd")).json_lines());
            rest -> sink(sinks::files(out.join("rest")).json_lines());
            orders
                -> key_by(|o| o.region)
                -> window(tumbling(5s))
                -> aggregate(|o| Total { region: key, total: sum(o.amount), n: count() })
                -> sink(sinks::files(out.join("totals")).json_lines());
        }
    });
    for name in ["rated", "odd", "rest"] {
        let rows_here = rows::<Order>(&here.join(name));
        assert_eq!(rows::<Order>(&there.join(name)), rows_here, "{name}");
        assert!(rows_here.len() > 20, "{name}");
    }
    assert_eq!(rows::<Total>(&there.join("totals")), rows::<Total>(&here.join("totals")));
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Pair {
    id: i64,
}

fn interval_of(place: &Place, out: &std::path::Path) -> Pipeline {
    pipeline! {
        name = "before-1970";
        portable;
        orders = source::<Order>(sources::files(place.at("orders")).json_lines()) -> watermark(|o| o.placed_at, delay = 3s);
        payments = source::<Payment>(sources::files(place.at("payments")).json_lines())
            -> watermark(|p| p.paid_at, delay = 2s);
        join(orders, payments, on = (|o| o.id, |p| p.order_id), between = -20s ..= 10s, inner)
            -> map(|(o, _p)| Pair { id: o.id })
            -> sink(sinks::files(out.join("out")).json_lines());
    }
}

/// There Flink's interval join loses pairs; so that it does not in silence, the job fails.
#[test]
fn an_interval_join_before_1970_fails() {
    for (orders, payments) in [(orders(5, (-1000, 0), 6), Vec::new()), (Vec::new(), payments(5, (0, 0), 6))] {
        let place = Place::new(&orders, &payments);
        let script = interval_of(&place, &place.at("there")).to_flink_sql().unwrap();
        let error = run(&script).expect_err("a time before 1970");
        assert!(error.contains("RowTime field should not be null"), "{error}");
    }
}

/// There a window's rows come behind the watermark that ends it, so that the window behind it would leave them out.
#[test]
fn a_window_behind_a_window_before_1970_fails() {
    let place = Place::new(&orders(50, (-1000, 0), 6), &[]);
    let pipeline = pipeline! {
        name = "before-1970";
        portable;
        source::<Order>(sources::files(place.at("orders")).json_lines())
            -> watermark(|o| o.placed_at, delay = 3s)
            -> key_by(|o| o.region)
            -> window(tumbling(1s))
            -> aggregate(|o| Total { region: key, total: sum(o.amount), n: count() })
            -> key_by(|t| t.region)
            -> window(tumbling(5s))
            -> aggregate(|t| Total { region: key, total: sum(t.total), n: sum(t.n) })
            -> sink(sinks::files(place.at("there")).json_lines());
    };
    let error = run(&pipeline.to_flink_sql().unwrap()).expect_err("a time before 1970");
    assert!(error.contains("RowTime field should not be null"), "{error}");
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Moment {
    id: i64,
    at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Moments {
    start: Timestamp,
    count: i64,
    last: Timestamp,
}

/// One's time is a number of milliseconds, the other's a text.
#[test]
fn a_union_of_times_that_are_written_otherwise() {
    check::<Moments>(&orders(2000, (0, 4000), 7), &payments(400, (0, 4000), 8), |place, out| {
        pipeline! {
            name = "moments";
            portable;
            orders = source::<Order>(sources::files(place.at("orders")).json_lines())
                -> watermark(|o| o.placed_at, delay = 5s)
                -> map(|o| Moment { id: o.id, at: o.placed_at });
            payments = source::<Payment>(sources::files(place.at("payments")).json_lines())
                -> watermark(|p| p.paid_at, delay = 4s)
                -> map(|p| Moment { id: p.order_id, at: p.paid_at });
            union(orders, payments)
                -> key_by(())
                -> window(tumbling(3s))
                -> aggregate(|m| Moments { start: window.start, count: count(), last: max(m.at) })
                -> sink(sinks::files(out.join("out")).json_lines());
        }
    });
}
