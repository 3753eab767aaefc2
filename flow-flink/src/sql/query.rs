//! Queries and statements of Flink SQL.

use super::Expr;
use flow::ir::types::DataType;
use flow::ir::window::{JoinKind, WindowShape};

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Query {
    Select(Select),
    /// `UNION ALL` of several.
    Union(Vec<Select>),
}

/// `SELECT … FROM … WHERE … GROUP BY …`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Select {
    pub(crate) items: Projection,
    pub(crate) from: From,
    pub(crate) filter: Option<Expr>,
    pub(crate) group_by: Vec<Expr>,
}

/// What is selected.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Projection {
    /// `*`.
    All,
    Items(Vec<Item>),
}

/// `e AS name`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    pub(crate) value: Expr,
    pub(crate) name: String,
}

/// What is selected from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum From {
    /// A table or view.
    Table(String),
    Window(Window),
    Query(Box<Select>),
    Join(Box<Join>),
    Unnest(Box<Unnest>),
}

/// A table cut into windows by its time column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window {
    pub(crate) table: String,
    pub(crate) time: String,
    pub(crate) shape: WindowShape,
    pub(crate) offset: i64,
    /// The columns that sessions are kept apart by.
    pub(crate) partition: Vec<String>,
}

/// Two inputs, `l` and `r`, as pairs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Join {
    pub(crate) kind: JoinKind,
    pub(crate) left: From,
    pub(crate) right: From,
    pub(crate) on: Expr,
}

/// An input, `l`, and the records of a list of each of its rows, `r`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unnest {
    pub(crate) input: From,
    pub(crate) list: Expr,
    /// What the fields of the records are called.
    pub(crate) names: Vec<String>,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Statement {
    Table(Table),
    View {
        name: String,
        query: Query,
    },
    /// `INSERT`s, several as one statement set.
    Insert(Vec<Insert>),
}

/// `INSERT INTO`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Insert {
    pub(crate) table: String,
    pub(crate) query: Query,
    /// Whether the last row of a key is the one that stays, where the planner does not see that there is one key for each row.
    pub(crate) last_of_key: bool,
}

/// `CREATE TEMPORARY TABLE`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) watermark: Option<Watermark>,
    pub(crate) primary_key: Vec<String>,
    pub(crate) options: Vec<(String, String)>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Column {
    Physical { name: String, data_type: DataType, nullable: bool },
    Computed { name: String, value: Expr },
}

/// `WATERMARK FOR column AS column - INTERVAL`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Watermark {
    pub(crate) column: String,
    pub(crate) delay_ms: i64,
}

impl Select {
    /// All of a table or view.
    pub(crate) fn all(table: &str) -> Self {
        Self::from(Projection::All, From::Table(table.to_owned()))
    }

    pub(crate) fn from(items: Projection, from: From) -> Self {
        Self { items, from, filter: None, group_by: Vec::new() }
    }

    pub(crate) fn items(items: Vec<Item>, from: From) -> Self {
        Self::from(Projection::Items(items), from)
    }

    pub(crate) fn filtered(self, filter: Expr) -> Self {
        Self { filter: Some(filter), ..self }
    }
}

impl Item {
    pub(crate) fn new(value: Expr, name: impl Into<String>) -> Self {
        Self { value, name: name.into() }
    }
}
