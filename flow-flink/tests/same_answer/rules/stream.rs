//! Pipelines in few words.

use super::super::case::from_text;
use super::super::pipeline::Case;
use serde_json::{Map, Value as Json, json};

/// A source and what is done with its records.
pub(crate) struct Stream {
    source: Json,
    operations: Vec<Json>,
    inputs: Map<String, Json>,
}

/// Records that have a number, `n`, a time, `at`, and these fields, such as `k STRING, v INT?`; of each row its time and the fields are given.
pub(crate) fn stream(delay: i64, fields: &str, rows: Json) -> Stream {
    named("s0", delay, fields, rows)
}

/// The same, as the second input of a join or union.
pub(crate) fn other(delay: i64, fields: &str, rows: Json) -> Stream {
    named("s1", delay, fields, rows)
}

fn named(name: &str, delay: i64, fields: &str, rows: Json) -> Stream {
    let fields = schema(&format!("n BIGINT, at EPOCH_MILLIS, {fields}"));
    let source = json!({
        "type": "file", "name": name, "format": "json", "schema": fields, "watermark": { "field": "at", "delayMs": delay }
    });
    let Json::Array(rows) = rows else { panic!("{rows} are no rows") };
    let numbered = |(n, row): (usize, &Json)| {
        let values = row.as_array().expect("a row is a list").iter().cloned();
        object(&fields, std::iter::once(json!(n)).chain(values))
    };
    let rows: Json = rows.iter().enumerate().map(numbered).collect();
    Stream { source, operations: Vec::new(), inputs: Map::from_iter([(name.to_owned(), rows)]) }
}

/// `k STRING, v INT?, l [a INT; b INT?]` as JSON has it; the last is a list of records.
fn schema(fields: &str) -> Json {
    fields.split(", ").filter(|field| !field.is_empty()).map(field).collect()
}

fn field(text: &str) -> Json {
    let (name, ty) = text.split_once(' ').expect("a field has a type");
    let nullable = ty.ends_with('?');
    let data_type = match ty.trim_end_matches('?').strip_prefix('[') {
        Some(items) => {
            let fields: Json = items.trim_end_matches(']').split("; ").map(field).collect();
            json!({ "array": { "type": { "row": fields } } })
        }
        None => json!(ty.trim_end_matches('?')),
    };
    json!({ "name": name, "type": data_type, "nullable": nullable })
}

fn object(fields: &Json, values: impl Iterator<Item = Json>) -> Json {
    let fields = fields.as_array().expect("fields are a list").iter();
    fields.zip(values).map(|(field, value)| (field["name"].as_str().expect("a name").to_owned(), value)).collect()
}

/// Expressions by `name TYPE = expression`.
fn made(fields: &[&str]) -> (Json, String) {
    let split =
        |field: &&str| field.split_once(" = ").map(|(a, b)| (a.to_owned(), b.to_owned())).expect("name = value");
    let (names, expressions): (Vec<_>, Vec<_>) = fields.iter().map(split).unzip();
    let mut all = schema(&names.join(", "));
    for (field, expression) in all.as_array_mut().into_iter().flatten().zip(expressions) {
        field["expression"] = expression.into();
    }
    (all, names.join(", "))
}

/// A pipeline that wants only its sink.
pub(crate) struct Made(Stream, String);

impl Stream {
    fn then(mut self, operation: Json) -> Self {
        self.operations.push(operation);
        self
    }

    /// Without event time.
    pub(crate) fn untimed(mut self) -> Self {
        self.source.as_object_mut().into_iter().for_each(|source| drop(source.remove("watermark")));
        self
    }

    /// With another field as the time of its records.
    pub(crate) fn timed_by(mut self, field: &str) -> Self {
        self.source["watermark"]["field"] = field.into();
        self
    }

    pub(crate) fn filter(self, expression: &str) -> Self {
        self.then(json!({ "type": "filter", "expression": expression }))
    }

    pub(crate) fn flat_map(self, list: &str) -> Self {
        self.then(json!({ "type": "flatMap", "expression": list }))
    }

    pub(crate) fn by(self, keys: &[&str]) -> Self {
        self.then(json!({ "type": "groupBy", "keys": keys }))
    }

    /// Windows by their shape and lengths in milliseconds, such as `{"windowType": "TUMBLING", "size": 10}`.
    pub(crate) fn window(self, window: Json) -> Self {
        let mut operation = json!({ "type": "window", "timeUnit": "MILLISECONDS" });
        operation
            .as_object_mut()
            .into_iter()
            .for_each(|own| own.extend(window.as_object().cloned().unwrap_or_default()));
        self.then(operation)
    }

    pub(crate) fn tumbling(self, size: i64) -> Self {
        self.window(json!({ "windowType": "TUMBLING", "size": size }))
    }

    /// Aggregations by `alias = FUNCTION expression`, one of them perhaps with `WHERE condition`, and the record that is made of them.
    pub(crate) fn aggregate(self, aggregations: &[&str], fields: &[&str]) -> Made {
        let (stream, names) = self.aggregated(aggregations, fields);
        Made(stream, names)
    }

    fn aggregated(self, aggregations: &[&str], fields: &[&str]) -> (Self, String) {
        let one = |text: &&str| {
            let (alias, rest) = text.split_once(" = ").expect("alias = FUNCTION");
            let (rest, filter) = rest.split_once(" WHERE ").map_or((rest, None), |(rest, filter)| (rest, Some(filter)));
            let (function, operand) = rest.split_once(' ').map_or((rest, None), |(f, operand)| (f, Some(operand)));
            let mut one = json!({ "aggregationType": function, "alias": alias });
            let more = [("expression", operand), ("filter", filter)];
            more.into_iter().for_each(|(name, text)| text.into_iter().for_each(|text| one[name] = text.into()));
            one
        };
        let aggregations: Vec<Json> = aggregations.iter().map(one).collect();
        let (fields, names) = made(fields);
        (self.then(json!({ "type": "aggregate", "aggregations": aggregations, "fields": fields })), names)
    }

    /// An aggregate that goes on.
    pub(crate) fn aggregate_and(self, aggregations: &[&str], fields: &[&str]) -> Self {
        self.aggregated(aggregations, fields).0
    }

    pub(crate) fn map(self, fields: &[&str]) -> Made {
        let (json, names) = made(fields);
        Made(self.then(json!({ "type": "map", "fields": json })), names)
    }

    /// A map that goes on.
    pub(crate) fn map_and(self, fields: &[&str]) -> Self {
        self.map(fields).0
    }

    pub(crate) fn top(self, count: u64, by: &str, fields: &[&str]) -> Made {
        self.then(json!({ "type": "top", "count": count, "expression": by })).map(fields)
    }

    pub(crate) fn union(mut self, other: Self) -> Self {
        self.inputs.extend(other.inputs);
        self.then(json!({ "type": "union", "others": [{ "source": other.source, "operations": other.operations }] }))
    }

    /// By the field `k` of both sides; `bounds`: its window, or what it is between.
    pub(crate) fn join(mut self, kind: &str, other: Self, bounds: (&str, Json)) -> Self {
        self.inputs.extend(other.inputs);
        let mut join = json!({ "type": "join", "joinType": kind, "leftKeys": ["`k`"], "rightKeys": ["`k`"] });
        join["other"] = json!({ "source": other.source, "operations": other.operations });
        join[bounds.0] = bounds.1;
        self.then(join)
    }
}

impl Made {
    /// The pipeline as a case, and rows of its sink.
    pub(crate) fn case(self, name: &str, rows: &Json) -> (Case, Vec<String>) {
        let Self(stream, fields) = self;
        let fields = schema(&fields);
        let rows = rows.as_array().into_iter().flatten();
        let rows =
            rows.map(|row| object(&fields, row.as_array().expect("a row is a list").iter().cloned()).to_string());
        let sink = json!({ "type": "file", "name": "out0", "format": "json", "schema": fields });
        let ir = json!({
            "irVersion": "1",
            "metadata": { "jobName": name, "parallelism": 1 },
            "source": stream.source,
            "operations": stream.operations,
            "sink": sink,
        });
        (from_text(&json!({ "seed": 0, "ir": ir, "inputs": stream.inputs }).to_string()), rows.collect())
    }
}
