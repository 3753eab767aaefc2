//! CSV: each field is a text in Flink's table, and is read and written here as this process does it.

use super::endpoints::{Options, option, text as option_text};
use super::program::Lowering;
use super::stream::fresh;
use super::time;
use crate::sql::{Column, Expr, Op};
use crate::support::Limit;
use flow::ir::document::Endpoint;
use flow::ir::types::{DataType, Field, Schema};
use serde_json::Value as Json;

/// Whether an endpoint is a file of CSV.
pub(super) fn is(endpoint: &Endpoint) -> bool {
    endpoint.kind == "file" && endpoint.format.as_deref() == Some("csv")
}

impl Lowering<'_> {
    /// The options of the format.
    pub(super) fn csv(&mut self, endpoint: &Endpoint, options: &mut Options) {
        if endpoint.options.get("header").and_then(Json::as_bool) != Some(false) {
            self.refuse(Limit::CsvHeader, "");
        }
        for field in &endpoint.schema.fields {
            if matches!(field.data_type, DataType::Bytes | DataType::Array(_) | DataType::Row(_)) {
                self.refuse(Limit::CsvType, &field.name);
            }
        }
        let delimiter = option_text(endpoint, "delimiter");
        let delimiter = if delimiter.is_empty() { ",".to_owned() } else { delimiter };
        options.extend([option("format", "csv"), option("csv.field-delimiter", delimiter)]);
        options.push(option("csv.ignore-parse-errors", "false"));
    }
}

/// The columns of a source: the texts as they stand, and what they mean.
pub(super) fn columns(schema: &Schema) -> Vec<Column> {
    let physical = |at| Column::Physical { name: raw(schema, at), data_type: DataType::String, nullable: true };
    let computed = |at: usize| Column::Computed { name: schema.fields[at].name.clone(), value: value(schema, at) };
    let fields = 0..schema.fields.len();
    fields.clone().map(physical).chain(fields.map(computed)).collect()
}

/// The column that holds a field's text.
fn raw(schema: &Schema, at: usize) -> String {
    fresh(&format!("$text{at}"), schema)
}

/// What a field's text means. An empty one is an absent option.
pub(super) fn value(schema: &Schema, at: usize) -> Expr {
    let (field, text) = (&schema.fields[at], Expr::column(&raw(schema, at)));
    let data_type = &field.data_type;
    let value = match data_type {
        DataType::String => text.clone(),
        DataType::Timestamp => moment(&text),
        DataType::EpochMillis => text.clone().cast(DataType::I64),
        _ => text.clone().cast(data_type.clone()),
    };
    if !field.nullable {
        return value;
    }
    let empty = Expr::infix(Op::Eq, Expr::Call("CHAR_LENGTH", vec![text]), Expr::Integer(0));
    Expr::case(empty, Expr::Null.cast(data_type.clone()), value)
}

/// A time as it is written: in words, or `@` and the milliseconds.
fn moment(text: &Expr) -> Expr {
    let without = |text: Expr, part, by| Expr::Call("REPLACE", vec![text, Expr::text(part), Expr::text(by)]);
    let number = Expr::Call("SUBSTRING", vec![text.clone(), Expr::Integer(2)]).cast(DataType::I64);
    let words = without(without(text.clone(), "T", " "), "Z", "").cast(DataType::Timestamp);
    let is_number = Expr::Call("STARTSWITH", vec![text.clone(), Expr::text("@")]);
    Expr::case(is_number, time::moment(number), words)
}

/// The text of a field's value.
pub(super) fn text(value: Expr, field: &Field) -> Expr {
    match &field.data_type {
        DataType::String => value,
        DataType::Bool => {
            let word = |text| Expr::text(text).cast(DataType::String);
            let words = Expr::case(value.clone(), word("true"), word("false"));
            if field.nullable { Expr::case(value.absent(), Expr::Null.cast(DataType::String), words) } else { words }
        }
        DataType::Timestamp => time::written(&time::millis(value)),
        _ => value.cast(DataType::String),
    }
}
