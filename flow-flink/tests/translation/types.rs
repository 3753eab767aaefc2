//! All types through Flink and back, and names and texts that SQL could take for something else.

use super::shapes::{Place, both, file};
use super::support::rows;
use bytes::Bytes;
use flow::prelude::*;
use rust_decimal::Decimal;

#[derive(Clone, Debug, PartialEq, Record)]
struct Inner {
    x: i64,
    #[record(epoch_millis)]
    at: Timestamp,
    list: Vec<Option<i32>>,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct All {
    flag: bool,
    tiny: i8,
    small: i16,
    whole: i32,
    long: i64,
    single: f32,
    double: f64,
    text: String,
    bytes: Bytes,
    time: Timestamp,
    #[record(epoch_millis)]
    millis: Timestamp,
    #[record(precision = 18, scale = 2)]
    price: Decimal,
    inner: Inner,
    list: Vec<String>,
    lists: Vec<Vec<i16>>,
    inners: Vec<Inner>,
    maybe_flag: Option<bool>,
    maybe_tiny: Option<i8>,
    maybe_long: Option<i64>,
    maybe_double: Option<f64>,
    maybe_text: Option<String>,
    maybe_bytes: Option<Bytes>,
    maybe_time: Option<Timestamp>,
    #[record(epoch_millis)]
    maybe_millis: Option<Timestamp>,
    #[record(precision = 28, scale = 10)]
    maybe_price: Option<Decimal>,
    maybe_inner: Option<Inner>,
    maybe_list: Option<Vec<f64>>,
}

fn inner(x: i64) -> Inner {
    Inner { x, at: Timestamp::from_millis(x), list: vec![Some(1), None] }
}

fn records() -> Vec<All> {
    let floats = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 5e-324, f64::MAX, 0.1, 1e16, 123_456_789.0];
    let times = [0, -1, 1, 999, -62_135_596_800_000, 253_370_764_800_000, 1_767_225_600_123, -86_400_000, 10, 100];
    let longs = [0, i64::MIN, i64::MAX, -1, 1 << 53, (1 << 53) + 1, 7, 8, 9, 10];
    let texts = [
        "",
        " a ",
        "'it''s'",
        "`x`",
        "--;/*",
        "line\nend\r\n\t",
        "😀\u{10FFFF}",
        "\u{1}\u{7f}\u{80}",
        "null",
        "\\\"\u{2028}",
    ];
    (0..10_usize)
        .map(|i| All {
            flag: i % 2 == 0,
            tiny: longs[i] as i8,
            small: longs[i] as i16,
            whole: longs[i] as i32,
            long: longs[i],
            single: floats[i] as f32,
            double: floats[i],
            text: texts[i].into(),
            bytes: Bytes::from(texts[i]),
            time: Timestamp::from_millis(times[i]),
            millis: Timestamp::from_millis(longs[i]),
            price: Decimal::new(longs[i] % 1_000_000_000_000_000_000, 2),
            inner: inner(longs[i]),
            list: texts[..i].iter().map(|text| (*text).to_owned()).collect(),
            lists: vec![vec![]; i],
            inners: vec![inner(1); i % 3],
            maybe_flag: (i % 3 == 0).then_some(true),
            maybe_tiny: (i % 3 == 0).then_some(-1),
            maybe_long: (i % 3 == 1).then_some(longs[i]),
            maybe_double: (i % 3 == 2).then_some(floats[i]),
            maybe_text: (i % 3 == 0).then(|| texts[i].into()),
            maybe_bytes: (i % 3 == 0).then(|| Bytes::from_static(&[0, 255])),
            maybe_time: (i % 3 == 1).then(|| Timestamp::from_millis(times[i])),
            maybe_millis: (i % 3 == 2).then(|| Timestamp::from_millis(longs[i])),
            maybe_price: (i % 3 == 0).then(|| Decimal::new(-1, 10)),
            maybe_inner: (i % 3 == 1).then(|| inner(5)),
            maybe_list: (i % 3 == 2).then(|| vec![0.5, f64::NAN]),
        })
        .collect()
}

#[test]
fn all_types_come_through() {
    let place = Place::new(&[], &[]);
    file(&place.at("all"), &records());
    let (here, there) = both(&place, |place, out| {
        pipeline! {
            name = "types";
            portable;
            source::<All>(sources::files(place.at("all")).json_lines())
                -> filter(|a| a.tiny < 127 || a.flag)
                -> sink(sinks::files(out.join("out")).json_lines());
        }
    });
    let here = rows::<All>(&here.join("out"));
    assert_eq!(rows::<All>(&there.join("out")), here);
    assert!(here.len() > 8);
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Times {
    a: Timestamp,
    #[record(epoch_millis)]
    b: Timestamp,
    inner: Converted,
    maybe: Option<Converted>,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Converted {
    x: i64,
    at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Source {
    time: Timestamp,
    #[record(epoch_millis)]
    millis: Timestamp,
    inner: Held,
    maybe: Option<Held>,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Held {
    x: i64,
    #[record(epoch_millis)]
    at: Timestamp,
}

/// A time that was a number becomes text, and the other way round, within records too.
#[test]
fn times_are_written_as_the_sink_says() {
    let place = Place::new(&[], &[]);
    let held = |x| Held { x, at: Timestamp::from_millis(x) };
    let times = [0, -1, 1_767_225_600_123, -62_135_596_800_000].map(Timestamp::from_millis);
    let records: Vec<Source> = times
        .iter()
        .map(|t| Source { time: *t, millis: *t, inner: held(t.millis()), maybe: (t.millis() < 0).then(|| held(7)) })
        .collect();
    file(&place.at("all"), &records);
    let (here, there) = both(&place, |place, out| {
        pipeline! {
            name = "times";
            portable;
            source::<Source>(sources::files(place.at("all")).json_lines())
                -> map(|s| Times {
                       a: s.millis,
                       b: s.time,
                       inner: Converted { x: s.inner.x, at: s.inner.at },
                       maybe: s.maybe.map(|m| Converted { x: m.x, at: m.at }),
                   })
                -> sink(sinks::files(out.join("out")).json_lines());
        }
    });
    assert_eq!(rows::<Times>(&there.join("out")), rows::<Times>(&here.join("out")));
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Names {
    select: i64,
    #[record(rename = "window_start")]
    start: i64,
    #[record(rename = "$time")]
    clock: i64,
    #[record(rename = "it's `quoted` \"twice\"; -- /*")]
    quoted: String,
    #[record(rename = "a.b")]
    dot: Nested,
    at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Nested {
    #[record(rename = "order by `")]
    order: i64,
    group: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Grouped {
    #[record(rename = "window_time")]
    window_time: i64,
    #[record(rename = "it's `quoted` \"twice\"; -- /*")]
    quoted: String,
    table: Option<String>,
    #[record(rename = "window_start")]
    start: Timestamp,
}

#[test]
fn names_and_texts_are_quoted() {
    let place = Place::new(&[], &[]);
    let texts = ["'; DROP TABLE x; --", "`\"\\\n/* */", "${secret:a:b}", "\n\r", "😀 % {fn x} ?"];
    let nested = |i: usize| Nested { order: i as i64, group: i.is_multiple_of(2).then(|| texts[i % 5].to_owned()) };
    let names = |i: usize| Names {
        select: i as i64,
        start: i as i64 % 3,
        clock: 5,
        quoted: texts[i % 5].to_owned(),
        dot: nested(i),
        at: Timestamp::from_millis(i as i64 * 700),
    };
    let all: Vec<Names> = (0..30).map(names).collect();
    file(&place.at("all"), &all);
    for text in texts {
        let other = text.to_owned();
        let definition = |place: &Place, out: &std::path::Path| {
            let (text, other) = (text.to_owned(), other.clone());
            pipeline! {
                name = "it's `a` job; --";
                portable;
                all = source::<Names>(sources::files(place.at("all")).json_lines(), name = "select `x`.'y'; --")
                    -> watermark(|n| n.at, delay = 1s)
                    -> filter(|n| n.quoted == text || n.quoted.starts_with(&other) || n.dot.order > 1, name = "FROM '`\" \n --");
                all -> sink(sinks::files(out.join("names")).json_lines(), name = "INSERT INTO");
                all
                    -> key_by(|n| (n.quoted + &other, n.dot.group, n.start))
                    -> window(tumbling(2s))
                    -> aggregate(|n| Grouped {
                           window_time: sum(n.clock) + key.2,
                           quoted: key.0,
                           table: key.1,
                           start: window.start,
                       })
                    -> sink(sinks::files(out.join("grouped")).json_lines(), name = "table");
            }
        };
        let _ = std::fs::remove_dir_all(place.at("there"));
        let (here, there) = both(&place, definition);
        assert_eq!(rows::<Names>(&there.join("names")), rows::<Names>(&here.join("names")), "{text}");
        let grouped = rows::<Grouped>(&here.join("grouped"));
        assert_eq!(rows::<Grouped>(&there.join("grouped")), grouped, "{text}");
        assert!(grouped.len() > 5);
    }
}
