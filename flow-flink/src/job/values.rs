//! The numbers that Flink gathers of a vertex, by operator.

use std::collections::BTreeMap;

use flow::Timestamp;
use serde::Deserialize;

use super::FlinkJob;
use crate::FlinkError;
use crate::cluster::Ask;

/// How long a list of metrics may be in an address: Flink takes 4 KiB of a request's first line.
const LIST: usize = 3000;
/// What is asked for, of the task and of its operators.
const WANTED: &[&str] = &[
    "numRecordsIn",
    "numRecordsOut",
    "currentInputWatermark",
    "currentOutputWatermark",
    "pendingRecords",
    "backPressuredTimeMsPerSecond",
    "busyTimeMsPerSecond",
];

#[derive(Deserialize)]
struct Listed {
    id: String,
}

/// Of all tasks.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Gathered {
    #[serde(deserialize_with = "number")]
    pub(super) min: f64,
    #[serde(deserialize_with = "number")]
    pub(super) max: f64,
    #[serde(deserialize_with = "number")]
    pub(super) sum: f64,
}

#[derive(Deserialize)]
struct Metric {
    id: String,
    #[serde(flatten)]
    gathered: Gathered,
}

/// Flink writes what is no number as a text.
fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(serde_json::Value::deserialize(deserializer)?.as_f64().unwrap_or(f64::NAN))
}

/// By operator, which is empty for the task itself, and metric.
pub(super) type Values = BTreeMap<(String, String), Gathered>;

impl FlinkJob {
    /// The metrics of a vertex that are wanted, of all its tasks together.
    pub(super) async fn values(&self, vertex: &str) -> Result<Values, FlinkError> {
        let path = self.path(&format!("vertices/{vertex}/subtasks/metrics"));
        let listed: Vec<Listed> = self.ask(&Ask::get(&*path)).await?;
        let wanted = listed.iter().map(|listed| listed.id.as_str()).filter(|id| WANTED.contains(&split(id).1));
        let mut lists: Vec<String> = Vec::new();
        for id in wanted.map(encoded) {
            match lists.last_mut().filter(|list| list.len() + id.len() < LIST) {
                Some(list) => *list = format!("{list},{id}"),
                None => lists.push(id),
            }
        }
        let mut values = Values::new();
        for list in lists {
            let found: Vec<Metric> = self.ask(&Ask::get(format!("{path}?agg=min,max,sum&get={list}"))).await?;
            values.extend(found.into_iter().map(|metric| {
                let (operator, name) = split(&metric.id);
                ((operator.to_owned(), name.to_owned()), metric.gathered)
            }));
        }
        Ok(values)
    }
}

pub(super) fn is_source(operator: &str) -> bool {
    operator.starts_with("Source__")
}

pub(super) fn is_sink(operator: &str) -> bool {
    // Files are written by the one, and what comes after it counts files.
    operator == "StreamingFileWriter" || (operator.ends_with("__Writer") && operator != "end__Writer")
}

/// A metric of the operators at one end, if there are some that have it.
pub(super) fn ends(values: &Values, is_one: fn(&str) -> bool, metric: &str) -> Option<u64> {
    let found = values.iter().filter(|((operator, name), _)| is_one(operator) && name == metric);
    found.map(|(_, all)| all.sum as u64).reduce(u64::saturating_add)
}

/// The lowest watermark that has come in. Into a source none comes: there it is the one that goes out at the end of its chain, in which
/// the operators before the one that makes watermarks have none.
pub(super) fn watermark(values: &Values) -> Option<Timestamp> {
    let of = |wanted| values.iter().filter(move |((_, name), _)| name == wanted).map(|(_, all)| all.min);
    let has_source = values.keys().any(|(operator, _)| is_source(operator));
    let found = match has_source {
        true => of("currentOutputWatermark").reduce(f64::max)?,
        false => of("currentInputWatermark").reduce(f64::min)?,
    };
    // Before the first one it is the lowest number there is.
    (found > i64::MIN as f64).then(|| Timestamp::from_millis(found as i64))
}

/// The operator, which is empty for the task itself, and the metric.
fn split(id: &str) -> (&str, &str) {
    id.rsplit_once('.').unwrap_or(("", id))
}

/// For an address.
fn encoded(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    id.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Gathered, Timestamp, Values, encoded, ends, is_sink, is_source, split, watermark};

    fn values(all: &[(&str, f64)]) -> Values {
        let one = |(id, value): &(&str, f64)| {
            let (operator, name) = split(id);
            ((operator.to_owned(), name.to_owned()), Gathered { min: *value, max: *value, sum: *value })
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn metrics_are_read() {
        let at = |millis| Some(Timestamp::from_millis(millis));
        let check = |all: &[(&str, f64)], expected| assert_eq!(watermark(&values(all)), expected, "{all:?}");
        check(&[], None);
        check(&[("currentInputWatermark", -9.223372036854776E18)], None);
        check(&[("currentInputWatermark", 5.0), ("a.currentInputWatermark", 3.0)], at(3));
        check(&[("currentInputWatermark", 9.223372036854776E18)], at(i64::MAX));
        check(&[("Source__a[1].currentOutputWatermark", 5.0), ("currentInputWatermark", -9.3E18)], at(5));
        check(&[("Source__a[1].currentOutputWatermark", -9.3E18), ("b.currentOutputWatermark", 5.0)], at(5));
        let all =
            values(&[("Source__a[1].numRecordsOut", 5.0), ("Source__b.numRecordsOut", 6.0), ("c.numRecordsOut", 9.0)]);
        assert_eq!((ends(&all, is_source, "numRecordsOut"), ends(&all, is_sink, "numRecordsIn")), (Some(11), None));
        let files = values(&[("StreamingFileWriter.numRecordsIn", 5.0), ("end__Writer.numRecordsIn", 1.0)]);
        assert_eq!(ends(&files, is_sink, "numRecordsIn"), Some(5));
        let odd = r#"{"id": "busyTimeMsPerSecond", "min": "NaN", "max": 7.0, "sum": "NaN"}"#;
        let odd: super::Metric = serde_json::from_str(odd).unwrap();
        assert!(odd.gathered.min.is_nan() && odd.gathered.max == 7.0);
        assert_eq!(encoded("Source__ä[1].numRecordsIn"), "Source__%C3%A4%5B1%5D.numRecordsIn");
    }
}
