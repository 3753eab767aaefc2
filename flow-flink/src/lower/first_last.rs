//! `first` and `last` in a tumbling window. Flink's FIRST_VALUE goes by arrival; the first row of a rank by event time does not, and of
//! several with one time keeps the one that came first, or last where the order is descending. The rows are joined to what the other aggregations give.

use super::aggregate::{KEY, is_pick};
use super::condition::asked;
use super::keyed::Keyed;
use super::program::Lowering;
use super::stream::TIME;
use crate::sql::{Expr, From, Item, Join, Op, Projection, Query, Select};
use flow::ir::aggregation::AggregateFunction;
use flow::ir::program::{Aggregate, Aggregation};
use flow::ir::window::{JoinKind, WindowSpec};

/// What rows of one key and window are joined by. The key is text, which is never NULL.
const PLACE: [&str; 3] = [KEY, "window_start", "window_end"];
const RANK: &str = "$rank";

impl Lowering<'_> {
    /// The stream with its key as text, which is grouped by too.
    pub(super) fn with_text(&mut self, mut keyed: Keyed) -> Keyed {
        let text = self.key_text(&keyed.columns);
        keyed.stream = self.with_columns(&keyed.stream, vec![Item::new(text, KEY)], true);
        keyed.items.push(Item::new(Expr::column(KEY), KEY));
        keyed.group.push(KEY.to_owned());
        keyed
    }

    /// The groups with their first and last values.
    pub(super) fn picked(&mut self, aggregate: &Aggregate, spec: &WindowSpec, keyed: &Keyed, groups: Select) -> From {
        let mut names: Vec<String> = match &groups.items {
            Projection::Items(items) => items.iter().map(|item| item.name.clone()).collect(),
            Projection::All => Vec::new(),
        };
        let mut left = self.view(Query::Select(groups));
        for (i, aggregation) in
            aggregate.aggregations.iter().enumerate().filter(|(_, aggregation)| is_pick(aggregation))
        {
            let result = format!("a{i}$");
            let right = self.pick(aggregation, spec, keyed, &result);
            let own = names.iter().map(|name| Item::new(Expr::Of("l", name.clone()), name));
            let items = own.chain([Item::new(Expr::Of("r", result.clone()), &result)]).collect();
            let same = |name: &str| Expr::infix(Op::Eq, Expr::Of("l", name.to_owned()), Expr::Of("r", name.to_owned()));
            let from = From::Join(Box::new(Join {
                kind: JoinKind::Left,
                left: From::Table(left),
                right: From::Table(right),
                on: Expr::all(PLACE.map(same)),
            }));
            left = self.view(Query::Select(Select::items(items, from)));
            names.push(result);
        }
        From::Table(left)
    }

    /// One value of each group that has any.
    fn pick(&mut self, aggregation: &Aggregation, spec: &WindowSpec, keyed: &Keyed, result: &str) -> String {
        let (operand, filter) = self.exprs(&keyed.stream.columns, None, |exprs| {
            let operand = aggregation.operand.as_ref().map_or(Expr::Null, |typed| exprs.lowered(typed).sql);
            (operand, aggregation.filter.as_ref().map(|typed| exprs.filter(typed)))
        });
        let some =
            aggregation.operand.as_ref().is_some_and(|typed| typed.ty.nullable).then(|| operand.clone().present());
        let column = |name: &str| Item::new(Expr::column(name), name);
        let values = vec![column(KEY), Item::new(operand, result), column(TIME)];
        let mut select = Select::items(values, From::Table(keyed.stream.view.clone()));
        let condition = filter.into_iter().chain(some).reduce(|a, b| Expr::infix(Op::And, a, b));
        select.filter = condition.map(|condition| asked(&keyed.stream, condition));
        let view = self.view(Query::Select(select));
        let window = self.windowed(spec, &keyed.stream.with_view(view), &[]);
        let mut items: Vec<Item> = PLACE.iter().map(|name| column(name)).collect();
        items.push(column(result));
        let kept = items.clone();
        let partition = PLACE.map(Expr::column).to_vec();
        let descending = aggregation.function == AggregateFunction::Last;
        let order = Box::new(Expr::column(TIME));
        items.push(Item::new(Expr::RowNumber { partition, order, descending }, RANK));
        let ranked = Select::items(items, From::Window(window));
        let first = Expr::infix(Op::Le, Expr::column(RANK), Expr::Integer(1));
        self.view(Query::Select(Select::items(kept, From::Query(Box::new(ranked))).filtered(first)))
    }
}
