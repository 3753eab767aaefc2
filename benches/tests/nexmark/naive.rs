//! What the queries' SQL says, reckoned from the events' JSON lines with no thought of speed: all events first, then all
//! windows. Nothing of the library is used.

use std::collections::{BTreeMap, BTreeSet};

use flow_benches::nexmark::Name;
use serde_json::{Value, json};

/// The rows of a query.
pub(crate) fn reckon(query: Name, events: &[Value]) -> Vec<Value> {
    let bids = kind(events, "bid");
    match query {
        Name::Q0 => bids.iter().map(|b| with_price(b, b["price"].clone())).collect(),
        Name::Q1 => bids.iter().map(|b| with_price(b, euros(int(b, "price")))).collect(),
        Name::Q2 => {
            let some = bids.iter().filter(|b| int(b, "auction") % 123 == 0);
            some.map(|b| json!({ "auction": b["auction"], "price": b["price"] })).collect()
        }
        Name::Q5 => q5(&bids),
        Name::Q7 => q7(&bids),
        Name::Q8 => q8(&kind(events, "person"), &kind(events, "auction")),
        Name::Q11 => q11(&bids),
        Name::Q12 => q12(&bids),
        Name::Q14 => bids.iter().filter_map(q14).collect(),
        Name::Q21 => bids.iter().filter_map(q21).collect(),
        Name::Q22 => bids.iter().map(q22).collect(),
        Name::W1 | Name::W1m => w1(&bids),
    }
}

fn kind(events: &[Value], kind: &str) -> Vec<Value> {
    events.iter().map(|event| event[kind].clone()).filter(|fields| !fields.is_null()).collect()
}

fn int(fields: &Value, name: &str) -> i64 {
    fields[name].as_i64().unwrap()
}

fn text<'a>(fields: &'a Value, name: &str) -> &'a str {
    fields[name].as_str().unwrap()
}

/// Milliseconds since the year's first midnight; all events are of its first days.
fn millis(text: &str) -> i64 {
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
    assert_eq!(&text[..8], "2026-01-");
    let seconds = ((number(8, 10) - 1) * 24 + number(11, 13)) * 3600 + number(14, 16) * 60 + number(17, 19);
    seconds * 1000 + number(20, 23)
}

fn at(fields: &Value) -> i64 {
    millis(text(fields, "dateTime"))
}

fn time(millis: i64) -> String {
    let seconds = millis / 1000;
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("2026-01-{:02} {hour:02}:{minute:02}:{second:02}.{:03}", 1 + seconds / 86_400, millis % 1000)
}

fn start(millis: i64, size: i64) -> i64 {
    millis - millis.rem_euclid(size)
}

fn euros(price: i64) -> Value {
    json!((price * 908) as f64 / 1000.0)
}

fn with_price(b: &Value, price: Value) -> Value {
    json!({
        "auction": b["auction"], "bidder": b["bidder"], "price": price, "dateTime": b["dateTime"], "extra": b["extra"],
    })
}

fn q5(bids: &[Value]) -> Vec<Value> {
    let mut windows: BTreeMap<i64, BTreeMap<i64, i64>> = BTreeMap::new();
    for b in bids {
        for slide in 0..5 {
            let window = start(at(b), 2_000) - slide * 2_000;
            *windows.entry(window).or_default().entry(int(b, "auction")).or_default() += 1;
        }
    }
    let mut rows = Vec::new();
    for counts in windows.values() {
        let most = counts.values().max().unwrap();
        let best = counts.iter().filter(|(_, num)| *num == most);
        rows.extend(best.map(|(auction, num)| json!({ "auction": auction, "num": num })));
    }
    rows
}

fn q7(bids: &[Value]) -> Vec<Value> {
    let mut highest: BTreeMap<i64, i64> = BTreeMap::new();
    for b in bids {
        let price = highest.entry(start(at(b), 10_000) + 10_000).or_default();
        *price = int(b, "price").max(*price);
    }
    let mut rows = Vec::new();
    for (end, price) in highest {
        for b in bids.iter().filter(|b| int(b, "price") == price && (end - 10_000..=end).contains(&at(b))) {
            rows.push(json!({
                "auction": b["auction"], "price": b["price"], "bidder": b["bidder"], "dateTime": b["dateTime"],
                "extra": b["extra"],
            }));
        }
    }
    rows
}

fn q8(persons: &[Value], auctions: &[Value]) -> Vec<Value> {
    let sellers: BTreeSet<(i64, i64)> = auctions.iter().map(|a| (int(a, "seller"), start(at(a), 10_000))).collect();
    let names: BTreeSet<(i64, &str, i64)> =
        persons.iter().map(|p| (int(p, "id"), text(p, "name"), start(at(p), 10_000))).collect();
    let new = names.into_iter().filter(|(id, _, window)| sellers.contains(&(*id, *window)));
    new.map(|(id, name, window)| json!({ "id": id, "name": name, "starttime": time(window) })).collect()
}

fn q11(bids: &[Value]) -> Vec<Value> {
    let mut times: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for b in bids {
        times.entry(int(b, "bidder")).or_default().push(at(b));
    }
    let mut rows = Vec::new();
    for (bidder, mut times) in times {
        times.sort_unstable();
        for session in times.chunk_by(|before, after| after - before <= 10_000) {
            rows.push(json!({
                "bidder": bidder, "bid_count": session.len(), "starttime": time(session[0]),
                "endtime": time(session[session.len() - 1] + 10_000),
            }));
        }
    }
    rows
}

fn q12(bids: &[Value]) -> Vec<Value> {
    let mut counts: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for b in bids {
        *counts.entry((int(b, "bidder"), start(at(b), 10_000))).or_default() += 1;
    }
    let row = |((bidder, window), count)| json!({ "bidder": bidder, "bid_count": count, "starttime": time(window), "endtime": time(window + 10_000) });
    counts.into_iter().map(row).collect()
}

fn q14(b: &Value) -> Option<Value> {
    let price = int(b, "price") * 908;
    if price <= 1_000_000 * 1_000 || price >= 50_000_000 * 1_000 {
        return None;
    }
    let hour: i64 = text(b, "dateTime")[11..13].parse().unwrap();
    let kind = if (8..=18).contains(&hour) {
        "dayTime"
    } else if hour <= 6 || hour >= 20 {
        "nightTime"
    } else {
        "otherTime"
    };
    Some(json!({
        "auction": b["auction"], "bidder": b["bidder"], "price": euros(int(b, "price")), "bidTimeType": kind,
        "dateTime": b["dateTime"], "extra": b["extra"], "c_counts": text(b, "extra").matches('c').count(),
    }))
}

fn q21(b: &Value) -> Option<Value> {
    let named = text(b, "url").split_once("&channel_id=").map(|(_, rest)| rest.split('&').next().unwrap());
    let id = match text(b, "channel").to_lowercase().as_str() {
        "apple" => "0",
        "google" => "1",
        "facebook" => "2",
        "baidu" => "3",
        _ => named?,
    };
    Some(json!({
        "auction": b["auction"], "bidder": b["bidder"], "price": b["price"], "channel": b["channel"], "channel_id": id,
    }))
}

fn q22(b: &Value) -> Value {
    let parts: Vec<&str> = text(b, "url").split('/').collect();
    json!({
        "auction": b["auction"], "bidder": b["bidder"], "price": b["price"], "channel": b["channel"],
        "dir1": parts[3], "dir2": parts[4], "dir3": parts[5],
    })
}

fn w1(bids: &[Value]) -> Vec<Value> {
    let mut sums: BTreeMap<(i64, i64), (i64, i64)> = BTreeMap::new();
    for b in bids.iter().filter(|b| int(b, "price") > 100) {
        let (num, total) = sums.entry((int(b, "auction"), start(at(b), 10_000))).or_default();
        *num += 1;
        *total += int(b, "price");
    }
    let row = |((auction, window), (num, total))| json!({ "auction": auction, "starttime": time(window), "num": num, "total": total });
    sums.into_iter().map(row).collect()
}
