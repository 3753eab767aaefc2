//! Keys, windows, and what goes by both.

use super::aggregate::name;
use super::program::Lowering;
use super::stream::{Column, Place, Stream, TIME, Time};
use crate::sql::{self, Expr, From, Item, Op, Query, Select};
use crate::support::Limit;
use flow::ir::typed::{Node, Typed};
use flow::ir::types::Field;
use flow::ir::window::{WindowShape, WindowSpec};

impl Lowering<'_> {
    /// The stream with a column for each key, for a window.
    pub(super) fn keyed(
        &mut self,
        keys: &[(String, Typed)],
        spec: &WindowSpec,
        input: &Stream,
    ) -> (Stream, Vec<Column>) {
        self.can_cut(spec, input);
        self.with_keys(keys, input, true)
    }

    /// Refuses windows that Flink SQL lacks.
    pub(super) fn can_cut(&mut self, spec: &WindowSpec, input: &Stream) {
        if spec.lateness != 0 {
            self.refuse(Limit::LateRecords, "");
        }
        if spec.late_output {
            self.refuse(Limit::LateOutput, "");
        }
        if matches!(spec.shape, WindowShape::Sliding { size, every } if size % every != 0) {
            self.refuse(Limit::Slide, "");
        }
        if input.time == Time::Lost {
            self.refuse(Limit::TimeLost, "");
        }
    }

    /// The stream with a column for each key: the field's own where a key is one.
    pub(super) fn with_keys(&mut self, keys: &[(String, Typed)], input: &Stream, timed: bool) -> (Stream, Vec<Column>) {
        let field = |typed: &Typed| match typed.node {
            Node::Field(_, index) => Some(&input.columns[index]),
            _ => None,
        };
        let named = |typed: &Typed| field(typed).filter(|column| matches!(column.place, Place::Named(_))).cloned();
        let mut made: Vec<(Column, Expr)> = Vec::new();
        let mut columns = Vec::new();
        for (i, (alias, typed)) in keys.iter().enumerate() {
            let column = named(typed).unwrap_or_else(|| {
                let value = self.exprs(&input.columns, None, |exprs| exprs.lowered(typed));
                let place = Place::Named(format!("key{i}$"));
                let field = Field::new(alias.clone(), value.data_type, typed.ty.nullable);
                made.push((Column { field: field.clone(), place: place.clone() }, value.sql));
                Column { field, place }
            });
            columns.push(column);
        }
        if made.is_empty() {
            return (input.clone(), columns);
        }
        let made = made.into_iter().map(|(column, value)| Item::new(value, name(&column))).collect();
        (self.with_columns(input, made, timed), columns)
    }

    /// The stream with more columns.
    pub(super) fn with_columns(&mut self, input: &Stream, more: Vec<Item>, timed: bool) -> Stream {
        let own = input.columns.iter().flat_map(Column::names);
        let mut items: Vec<Item> = own.map(|name| Item::new(Expr::column(name), name)).collect();
        items.extend(more);
        items.extend(input.time_item().filter(|_| timed));
        let view = self.view(Query::Select(Select::items(items, From::Table(input.view.clone()))));
        input.with_view(view)
    }

    pub(super) fn windowed(&mut self, spec: &WindowSpec, input: &Stream, keys: &[Column]) -> sql::Window {
        let partition = match spec.shape {
            WindowShape::Session { .. } => keys.iter().map(name).collect(),
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
        let (keyed, keys) = self.keyed(keys, spec, input);
        let by = self.exprs(&input.columns, None, |exprs| exprs.lowered(by));
        let (keyed, order) = match by.sql {
            Expr::Column(name) => (keyed, Expr::Column(name)),
            other => {
                let keys = keys.iter().map(name).filter(|key| key.ends_with('$'));
                let keys = keys.map(|key| Item::new(Expr::column(&key), key));
                let made = keys.chain([Item::new(other, "by$")]).collect();
                (self.with_columns(&keyed, made, true), Expr::column("by$"))
            }
        };
        let window = self.windowed(spec, &keyed, &keys);
        let rank = "$rank";
        let mut items: Vec<Item> =
            input.columns.iter().flat_map(Column::names).map(|name| Item::new(Expr::column(name), name)).collect();
        items.push(Item::new(Expr::column("window_time"), TIME));
        let kept = items.iter().map(|item| Item::new(Expr::column(&item.name), &item.name)).collect();
        let bounds = ["window_start", "window_end"].map(Expr::column).into_iter();
        let partition = bounds.chain(keys.iter().map(|key| Expr::column(&name(key)))).collect();
        items.push(Item::new(Expr::RowNumber { partition, order: Box::new(order), descending: true }, rank));
        let ranked = Select::items(items, From::Window(window));
        let most = Expr::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let best = Select::items(kept, From::Query(Box::new(ranked)));
        let view = self.view(Query::Select(best.filtered(Expr::infix(Op::Le, Expr::column(rank), most))));
        Stream { time: Time::Known, ..input.with_view(view) }
    }
}
