//! Keys, windows, and what goes by both.

use super::aggregate::name;
use super::program::Lowering;
use super::stream::{self, Column, Place, Stream, TIME, Time};
use crate::sql::{self, Expr, From, Item, Op, Query, Select};
use crate::support::Limit;
use flow::ir::document::LATE;
use flow::ir::typed::{Node, Typed};
use flow::ir::types::{DataType, Field, Schema};
use flow::ir::window::{WindowShape, WindowSpec};

/// The column that holds all keys of a session.
const ALL: &str = "keys$";

/// A stream whose keys stand in columns.
pub(super) struct Keyed {
    pub(super) stream: Stream,
    /// The keys, where they stand in `items`.
    pub(super) columns: Vec<Column>,
    /// What is selected as the keys.
    pub(super) items: Vec<Item>,
    /// The columns that are grouped by.
    pub(super) group: Vec<String>,
}

impl Lowering<'_> {
    /// The stream with its keys in columns, for a window.
    pub(super) fn keyed(&mut self, keys: &[(String, Typed)], spec: &WindowSpec, input: &Stream) -> Keyed {
        self.can_cut(spec, input);
        let keyed = self.with_keys(keys, input, true);
        // Flink writes a view's text anew, and loses the parentheses around several columns of a PARTITION BY.
        let session = matches!(spec.shape, WindowShape::Session { .. });
        if session && keyed.columns.len() > 1 { self.as_one(keyed) } else { keyed }
    }

    /// All keys in one column.
    fn as_one(&mut self, keyed: Keyed) -> Keyed {
        let field = |(i, column): (usize, &Column)| Field::new(format!("k{i}"), column.field.data_type.clone(), true);
        let row_type = DataType::Row(Schema::new(keyed.columns.iter().enumerate().map(field).collect()));
        let all = stream::row(keyed.columns.iter().map(|column| column.value(None)).collect(), &row_type);
        let stream = self.with_columns(&keyed.stream, vec![Item::new(all, ALL)], true);
        let part = |(i, column): (usize, &Column)| Column {
            field: column.field.clone(),
            place: Place::Within(ALL, format!("k{i}")),
        };
        let columns = keyed.columns.iter().enumerate().map(part).collect();
        let items = vec![Item::new(Expr::column(ALL), ALL)];
        Keyed { stream, columns, items, group: vec![ALL.to_owned()] }
    }

    /// Refuses windows that Flink SQL lacks.
    pub(super) fn can_cut(&mut self, spec: &WindowSpec, input: &Stream) {
        if spec.lateness != 0 {
            self.refuse(Limit::LateRecords, "");
        }
        if spec.late_output {
            self.refuse(Limit::LateOutput, "");
            self.sides.push((LATE.to_owned(), input.clone()));
        }
        if matches!(spec.shape, WindowShape::Sliding { size, every } if size % every != 0) {
            self.refuse(Limit::Slide, "");
        }
        if input.time == Time::Lost {
            self.refuse(Limit::TimeLost, "");
        }
    }

    /// The stream with a column for each key: the field's own where a key is one.
    pub(super) fn with_keys(&mut self, keys: &[(String, Typed)], input: &Stream, timed: bool) -> Keyed {
        let field = |typed: &Typed| match typed.node {
            Node::Field(_, index) => Some(&input.columns[index]),
            _ => None,
        };
        let named = |typed: &Typed| field(typed).filter(|column| matches!(column.place, Place::Named(_))).cloned();
        let mut made = Vec::new();
        let mut columns = Vec::new();
        for (i, (alias, typed)) in keys.iter().enumerate() {
            // A field that is a key twice has a second column.
            let new = |column: &Column| columns.iter().all(|other: &Column| other.names() != column.names());
            let column = named(typed).filter(new).unwrap_or_else(|| {
                let value = self.exprs(&input.columns, None, |exprs| exprs.lowered(typed));
                let place = format!("key{i}$");
                made.push(Item::new(value.sql, &place));
                let field = Field::new(alias.clone(), value.data_type, typed.ty.nullable);
                Column { field, place: Place::Named(place) }
            });
            columns.push(column);
        }
        let stream = if made.is_empty() { input.clone() } else { self.with_columns(input, made, timed) };
        let group: Vec<String> = columns.iter().map(name).collect();
        let items = group.iter().map(|name| Item::new(Expr::column(name), name)).collect();
        Keyed { stream, columns, items, group }
    }

    /// The stream with more columns.
    pub(super) fn with_columns(&mut self, input: &Stream, more: Vec<Item>, timed: bool) -> Stream {
        let own = input.columns.iter().flat_map(Column::names).chain(input.more.iter().map(String::as_str));
        let mut items: Vec<Item> = own.map(|name| Item::new(Expr::column(name), name)).collect();
        let names: Vec<String> = input.more.iter().cloned().chain(more.iter().map(|item| item.name.clone())).collect();
        items.extend(more);
        items.extend(input.time_item().filter(|_| timed));
        let view = self.view(Query::Select(Select::items(items, From::Table(input.view.clone()))));
        Stream { more: names, ..input.with_view(view) }
    }

    pub(super) fn windowed(&mut self, spec: &WindowSpec, input: &Stream, keys: &[String]) -> sql::Window {
        let partition = match spec.shape {
            WindowShape::Session { .. } => keys.to_vec(),
            _ => Vec::new(),
        };
        let step = match spec.shape {
            WindowShape::Tumbling { size } => size,
            WindowShape::Sliding { every, .. } => every,
            WindowShape::Session { .. } => 1,
        };
        let offset = spec.offset.rem_euclid(step);
        sql::Window { table: input.view.clone(), time: TIME.to_owned(), shape: spec.shape, offset, partition }
    }

    /// The records of each key and window with the greatest value.
    pub(super) fn top(
        &mut self,
        keys: &[(String, Typed)],
        spec: &WindowSpec,
        (count, by): (u64, &Typed),
        input: &Stream,
    ) -> Stream {
        let Keyed { mut stream, group, .. } = self.keyed(keys, spec, input);
        let by = self.exprs(&input.columns, None, |exprs| exprs.lowered(by));
        let order = match by.sql {
            Expr::Column(name) => Expr::Column(name),
            other => {
                stream = self.with_columns(&stream, vec![Item::new(other, "by$")], true);
                Expr::column("by$")
            }
        };
        let window = self.windowed(spec, &stream, &group);
        let rank = "$rank";
        let mut items: Vec<Item> =
            input.columns.iter().flat_map(Column::names).map(|name| Item::new(Expr::column(name), name)).collect();
        items.push(Item::new(Expr::column("window_time"), TIME));
        let kept = items.iter().map(|item| Item::new(Expr::column(&item.name), &item.name)).collect();
        let bounds = ["window_start", "window_end"].map(Expr::column).into_iter();
        let partition = bounds.chain(group.iter().map(|key| Expr::column(key))).collect();
        items.push(Item::new(Expr::RowNumber { partition, order: Box::new(order), descending: true }, rank));
        let ranked = Select::items(items, From::Window(window));
        let most = Expr::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let best = Select::items(kept, From::Query(Box::new(ranked)));
        let view = self.view(Query::Select(best.filtered(Expr::infix(Op::Le, Expr::column(rank), most))));
        Stream { time: Time::Known, behind: true, ..input.with_view(view) }
    }
}
