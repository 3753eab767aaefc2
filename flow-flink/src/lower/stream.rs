//! What is known of a stream while it is translated: the view that it is, and where its fields stand.

use crate::sql::{Expr, Item};
use flow::ir::types::{DataType, Field, Schema};

/// The column that holds a record's event time.
pub(super) const TIME: &str = "$time";

/// Columns that Flink adds to a window.
const RESERVED: [&str; 3] = ["window_start", "window_end", "window_time"];

/// A stream as a view.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    /// The view, or table.
    pub(super) view: String,
    /// Its fields.
    pub(super) columns: Vec<Column>,
    /// Columns beside the fields, for the stage at hand.
    pub(super) more: Vec<String>,
    /// What Flink knows of its event time.
    pub(super) time: Time,
    /// Whether it corrects rows, by the key that stands in `$key`.
    pub(super) upsert: bool,
    /// Whether it is behind a window, a rank, a join or the items of a list: what is asked of it there is hidden from the planner.
    pub(super) behind: bool,
}

/// What Flink knows of the event time of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    /// It has none, here or there.
    None,
    /// It stands in `$time`, and watermarks go by it.
    Known,
    /// It would have one here, and has none on Flink.
    Lost,
}

/// A field of a stream, with the type that it has in SQL.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// The field.
    pub(super) field: Field,
    /// Where it stands.
    pub(super) place: Place,
}

/// Where a field stands.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In a column of this name.
    Named(String),
    /// In a field of a column.
    Within(&'static str, String),
    /// In a column for each field of the record that it is: a side of a join.
    Spread {
        /// The columns.
        fields: Vec<Column>,
        /// A column that is NULL where the record is absent.
        present: Option<String>,
    },
}

impl Column {
    pub(super) fn new(field: Field) -> Self {
        let name = column_name(&field.name);
        Self { field, place: Place::Named(name) }
    }

    /// The names of the columns that hold it.
    pub(super) fn names(&self) -> Vec<&str> {
        match &self.place {
            Place::Named(name) => vec![name],
            Place::Within(row, _) => vec![row],
            Place::Spread { fields, present } => {
                fields.iter().flat_map(Self::names).chain(present.as_deref()).collect()
            }
        }
    }

    /// Its value, of the type that the field has.
    pub(super) fn value(&self, input: Option<&'static str>) -> Expr {
        match &self.place {
            Place::Named(name) => at(input, name),
            Place::Within(row, field) => Expr::Field(Box::new(at(input, row)), field.clone()),
            Place::Spread { fields, present } => {
                let row = row(fields.iter().map(|column| column.value(input)).collect(), &self.field.data_type);
                match present {
                    Some(present) => {
                        Expr::case(at(input, present).absent(), Expr::Null.cast(self.field.data_type.clone()), row)
                    }
                    None => row,
                }
            }
        }
    }
}

/// A record of these values.
pub(super) fn row(values: Vec<Expr>, data_type: &DataType) -> Expr {
    Expr::Call("ROW", values).cast(data_type.clone())
}

/// A column of an input.
pub(super) fn at(input: Option<&'static str>, name: &str) -> Expr {
    match input {
        Some(input) => Expr::Of(input, name.to_owned()),
        None => Expr::column(name),
    }
}

/// The columns of a record whose fields stand each in a column of its own name.
pub(super) fn columns(schema: &Schema) -> Vec<Column> {
    schema.fields.iter().cloned().map(Column::new).collect()
}

/// The name of a column that holds a field of this name: the same, unless Flink or the translation has columns that are called so.
/// Those of the translation have a `$`, and never two at their end.
fn column_name(field: &str) -> String {
    if field.contains('$') || RESERVED.contains(&field) { format!("{field}$$") } else { field.to_owned() }
}

/// A name that none of these fields has.
pub(super) fn fresh(name: &str, schema: &Schema) -> String {
    let mut name = name.to_owned();
    while schema.index_of(&name).is_some() {
        name.push('$');
    }
    name
}

impl Stream {
    /// The column of event time, as it is.
    pub(super) fn time_item(&self) -> Option<Item> {
        (self.time == Time::Known).then(|| Item::new(Expr::column(TIME), TIME))
    }
}

impl Stream {
    /// What stands for a stream that is not there.
    pub(super) fn nothing() -> Self {
        Self {
            view: String::new(),
            columns: Vec::new(),
            more: Vec::new(),
            time: Time::None,
            upsert: false,
            behind: false,
        }
    }

    /// Other fields, made of each record alone.
    pub(super) fn made(&self, view: String, columns: Vec<Column>) -> Self {
        Self { columns, more: Vec::new(), upsert: false, ..self.with_view(view) }
    }

    /// The same fields under another view.
    pub(super) fn with_view(&self, view: String) -> Self {
        Self { view, ..self.clone() }
    }
}
