//! Files of CSV, here and on Flink.

use super::shapes::Place;
use flow::formats::Csv;
use flow::prelude::*;
use flow::record::Row;
use flow_flink::ToFlinkSql;
use rust_decimal::Decimal;
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Record)]
struct Line {
    flag: bool,
    tiny: i8,
    long: i64,
    single: f32,
    double: f64,
    text: String,
    time: Timestamp,
    #[record(epoch_millis)]
    millis: Timestamp,
    #[record(precision = 18, scale = 2)]
    price: Decimal,
    maybe_flag: Option<bool>,
    maybe_long: Option<i64>,
    maybe_double: Option<f64>,
    maybe_text: Option<String>,
    maybe_time: Option<Timestamp>,
    #[record(epoch_millis)]
    maybe_millis: Option<Timestamp>,
}

fn lines() -> Vec<Line> {
    let floats = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 5e-324, f64::MAX, 0.1, 1e16, 123_456_789.0];
    let times = [0, -1, 1, 999, 1_767_225_600_123, 253_370_764_800_000, -86_400_000, 10, 100, 1000];
    let longs = [0, i64::MIN, i64::MAX, -1, 1 << 53, (1 << 53) + 1, 7, 8, 9, 10];
    let texts =
        ["", " a ", "'it''s'", "a,b;c", "\"quoted\"", "line\nend\r\n\t", "😀\u{10FFFF}", "#x", "null", "\\\"\u{2028}"];
    (0..10_usize)
        .map(|i| Line {
            flag: i % 2 == 0,
            tiny: longs[i] as i8,
            long: longs[i],
            single: floats[i] as f32,
            double: floats[i],
            text: texts[i].into(),
            time: Timestamp::from_millis(times[i]),
            millis: Timestamp::from_millis(longs[i]),
            price: Decimal::new(longs[i] % 1_000_000_000_000_000_000, 2),
            maybe_flag: (i % 3 == 0).then_some(i % 2 == 0),
            maybe_long: (i % 3 == 1).then_some(longs[i]),
            maybe_double: (i % 3 == 2).then_some(floats[i]),
            maybe_text: (i % 3 == 0 && i > 0).then(|| texts[i].into()),
            maybe_time: (i % 3 == 1).then(|| Timestamp::from_millis(times[i])),
            maybe_millis: (i % 3 == 2).then(|| Timestamp::from_millis(longs[i])),
        })
        .collect()
}

fn csv(delimiter: u8) -> Csv<Line> {
    Csv::new().without_header().delimiter(delimiter)
}

/// The rows of a file, or of all files in a folder, in no order.
fn rows(path: &Path, delimiter: u8) -> Vec<Row> {
    let files: Vec<_> = match path.is_dir() {
        true => std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect(),
        false => vec![path.to_owned()],
    };
    let mut rows = Vec::new();
    for file in files {
        let (lines, sink) = sinks::collect();
        let pipeline = Pipeline::new("read");
        pipeline.source(sources::files(&file).format(csv(delimiter))).sink(sink);
        pipeline.run_blocking().unwrap_or_else(|error| panic!("{error}\n{}", std::fs::read_to_string(&file).unwrap()));
        rows.extend(lines.take().iter().map(Row::of::<Line>));
    }
    rows.sort();
    rows
}

/// What one engine writes, the other reads: all types there and back, with window and watermark between.
#[test]
fn csv_is_the_same() {
    for delimiter in [b',', b';', b'\t'] {
        let place = Place::new(&[], &[]);
        let fill = Pipeline::new("fill");
        fill.source(sources::vec(lines())).sink(sinks::files(place.at("in")).format(csv(delimiter)));
        fill.run_blocking().unwrap();
        let copy = |from: &Path, to: &Path| {
            pipeline! {
                name = "copy";
                portable;
                source::<Line>(sources::files(from).format(csv(delimiter)))
                    -> watermark(|l| l.time, delay = 5s)
                    -> filter(|l| l.tiny != 7 || l.flag)
                    -> sink(sinks::files(to).format(csv(delimiter)));
            }
        };
        copy(&place.at("in"), &place.at("here")).run_blocking().unwrap();
        let script = copy(&place.at("in"), &place.at("there")).to_flink_sql().unwrap_or_else(|error| panic!("{error}"));
        super::support::run(&script).unwrap_or_else(|error| panic!("{error}\n{script}"));
        let here = rows(&place.at("here"), delimiter);
        assert_eq!(rows(&place.at("there"), delimiter), here, "{script}");
        assert_eq!(here.len(), lines().len(), "nothing is left out here");
    }
}
