//! Filter, map, `flat_map` and route.

use super::aggregate::name;
use super::condition::asked;
use super::program::Lowering;
use super::stream::{Stream, TIME, columns};
use crate::sql::{Expr, From, Item, Op, Query, Select, Unnest};
use flow::ir::typed::Typed;
use flow::ir::types::{DataType, Schema};

/// The column that holds the list of a row.
const LIST: &str = "list$";

impl Lowering<'_> {
    pub(super) fn filter(&mut self, condition: &Typed, input: &Stream) -> Stream {
        let condition = self.exprs(&input.columns, None, |exprs| exprs.filter(condition));
        let view = self.view(Query::Select(Select::all(&input.view).filtered(asked(input, condition))));
        input.with_view(view)
    }

    pub(super) fn map(&mut self, fields: &[Typed], schema: &Schema, input: &Stream) -> Stream {
        let columns = columns(schema);
        let mut items = self.exprs(&input.columns, None, |exprs| {
            let item = |(typed, field): (&Typed, &flow::ir::types::Field)| exprs.field(typed, &field.data_type);
            let values = fields.iter().zip(&schema.fields).map(item);
            let names = columns.iter().flat_map(|column| column.names());
            values.zip(names).map(|(value, name)| Item::new(value, name)).collect::<Vec<_>>()
        });
        items.extend(input.time_item());
        let view = self.view(Query::Select(Select::items(items, From::Table(input.view.clone()))));
        input.made(view, columns)
    }

    /// A row for each record of a list. The list stands in a column of its own, for UNNEST takes no expression.
    pub(super) fn flat_map(&mut self, list: &Typed, input: &Stream) -> Stream {
        let list = self.exprs(&input.columns, None, |exprs| exprs.lowered(list));
        let columns = match &list.data_type {
            DataType::Array(item) => match &item.data_type {
                // The types that times have in the list, which the program knows nothing of.
                DataType::Row(schema) => columns(schema),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let lists = std::iter::once(Item::new(list.sql, LIST)).chain(input.time_item()).collect();
        let lists = Select::items(lists, From::Table(input.view.clone()));
        let names: Vec<String> = columns.iter().map(name).collect();
        let time = input.time_item().map(|item| Item::new(Expr::Of("l", TIME.to_owned()), item.name));
        let items = names.iter().map(|name| Item::new(Expr::Of("r", name.clone()), name)).chain(time).collect();
        let unnest = Unnest { input: From::Query(Box::new(lists)), list: Expr::Of("l", LIST.to_owned()), names };
        let view = self.view(Query::Select(Select::items(items, From::Unnest(Box::new(unnest)))));
        Stream { behind: true, ..input.made(view, columns) }
    }

    pub(super) fn route(&mut self, ways: &[(String, Typed)], input: &Stream) -> Stream {
        let conditions: Vec<Expr> = self
            .exprs(&input.columns, None, |exprs| ways.iter().map(|(_, condition)| exprs.anywhere(condition)).collect());
        let not = |condition: &Expr| Expr::Not(Box::new(condition.clone()));
        for (i, (name, _)) in ways.iter().enumerate() {
            // The first that holds: none before it does.
            let before = conditions[..i].iter().map(not);
            let condition = before.chain([conditions[i].clone()]);
            let condition = asked(input, in_order(condition));
            let view = self.view_named(name, Query::Select(Select::all(&input.view).filtered(condition)));
            self.sides.push((name.clone(), input.with_view(view)));
        }
        let rest = asked(input, in_order(conditions.iter().map(not)));
        let view = self.view_named("rest", Query::Select(Select::all(&input.view).filtered(rest)));
        input.with_view(view)
    }
}

fn in_order(conditions: impl Iterator<Item = Expr>) -> Expr {
    conditions.reduce(|a, b| Expr::infix(Op::And, a, b)).unwrap_or(Expr::Bool(true))
}
