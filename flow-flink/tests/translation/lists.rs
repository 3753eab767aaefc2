//! The items of lists, of every type and under names that are hard to write, are the same on Flink.

use super::shapes::file;
use super::support::{rows, run};
use bytes::Bytes;
use flow::prelude::*;
use flow_flink::ToFlinkSql;
use rust_decimal::Decimal;
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Record)]
struct Basket {
    #[record(epoch_millis)]
    at: Timestamp,
    paid: bool,
    inner: Inner,
    more: Vec<Item>,
    rest: Option<Vec<Item>>,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Inner {
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Item {
    #[record(rename = "$time")]
    number: i64,
    #[record(rename = "window_start")]
    small: Option<i8>,
    #[record(rename = "it's `one`")]
    text: String,
    at: Timestamp,
    #[record(epoch_millis)]
    later: Timestamp,
    #[record(precision = 18, scale = 2)]
    price: Decimal,
    bytes: Option<Bytes>,
    rate: f64,
    place: Option<Place>,
    places: Vec<Place>,
    tags: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Place {
    city: Option<String>,
    #[record(epoch_millis)]
    since: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Count {
    city: Option<String>,
    start: Timestamp,
    places: i64,
    since: Timestamp,
}

fn baskets() -> Vec<Basket> {
    let place =
        |n: i64| Place { city: (n % 3 > 0).then(|| format!("c{}", n % 2)), since: Timestamp::from_millis(n * 7) };
    let item = |n: i64| Item {
        number: n,
        small: (n % 2 == 0).then_some(n as i8),
        text: format!("'{n}`"),
        at: Timestamp::from_millis(n * 1001),
        later: Timestamp::from_millis(-n),
        price: Decimal::new(n * 99, 2),
        bytes: (n % 4 > 0).then(|| Bytes::from(vec![n as u8; 3])),
        rate: n as f64 / 8.0,
        place: (n % 5 > 0).then(|| place(n)),
        places: (0..n % 3).map(place).collect(),
        tags: (0..n % 2).map(|tag| tag.to_string()).collect(),
    };
    let some = |n: i64| (0..n % 4).map(|i| item(n * 10 + i)).collect();
    let basket = |n: i64| Basket {
        at: Timestamp::from_millis(n * 300),
        paid: n % 3 > 0,
        inner: Inner { items: some(n) },
        more: some(n + 1),
        rest: (n % 2 > 0).then(|| some(n + 2)),
    };
    (0..100).map(basket).collect()
}

fn definition(from: &Path, to: &Path) -> Pipeline {
    pipeline! {
        name = "lists";
        portable;
        items = source::<Basket>(sources::files(from).json_lines())
            -> watermark(|b| b.at, delay = 1s)
            -> flat_map(|b| if b.paid { b.inner.items } else { b.rest.unwrap_or(b.more) });
        more = source::<Basket>(sources::files(from).json_lines()) -> watermark(|b| b.at, delay = 1s) -> flat_map(|b| b.more);
        union(items, more) -> sink(sinks::files(to.join("items")).json_lines());
        items
            -> flat_map(|i| i.places)
            -> key_by(|p| p.city)
            -> window(tumbling(5s))
            -> aggregate(|p| Count { city: key, start: window.start, places: count(), since: max(p.since) })
            -> sink(sinks::files(to.join("counts")).json_lines());
    }
}

#[test]
fn items_of_every_type() {
    let folder = tempfile::tempdir().unwrap();
    let [from, here, there] = ["baskets", "here", "there"].map(|name| folder.path().join(name));
    file(&from, &baskets());
    std::fs::create_dir_all(&here).unwrap();
    definition(&from, &here).run_blocking().unwrap();
    let script = definition(&from, &there).to_flink_sql().unwrap_or_else(|error| panic!("{error}"));
    run(&script).unwrap_or_else(|error| panic!("{error}\n{script}"));
    let items = rows::<Item>(&here.join("items"));
    assert!(items.len() > 100, "{}", items.len());
    assert_eq!(rows::<Item>(&there.join("items")), items, "{script}");
    assert_eq!(rows::<Count>(&there.join("counts")), rows::<Count>(&here.join("counts")), "{script}");
}

/// A list or an item that is not there fails the job here, and gives nothing on Flink, which the page of what is promised says.
#[test]
fn what_is_missing_gives_nothing() {
    #[derive(Clone, Debug, PartialEq, Record)]
    struct Trip {
        places: Vec<Place>,
    }
    let definition = |from: &Path, to: &Path| {
        pipeline! {
            name = "missing";
            portable;
            source::<Trip>(sources::files(from).json_lines()) -> flat_map(|t| t.places) -> sink(sinks::files(to).json_lines());
        }
    };
    for line in ["{}", "{\"places\":null}", "{\"places\":[null]}"] {
        let folder = tempfile::tempdir().unwrap();
        let [from, here, there] = ["trips", "here", "there"].map(|name| folder.path().join(name));
        std::fs::write(&from, format!("{line}\n{{\"places\":[{{\"since\":1}}]}}\n")).unwrap();
        definition(&from, &here).run_blocking().expect_err(line);
        run(&definition(&from, &there).to_flink_sql().unwrap()).unwrap_or_else(|error| panic!("{error}"));
        let left = Place { city: None, since: Timestamp::from_millis(1) };
        assert_eq!(rows::<Place>(&there), [flow::record::Row::of(&left)], "{line}");
    }
}
