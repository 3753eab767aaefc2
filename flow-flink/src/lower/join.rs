//! Two streams as pairs.

use super::expr::Exprs;
use super::program::Lowering;
use super::stream::{Column, Place, Stream, TIME, Time};
use crate::sql::{self, Expr, From, Item, Op, Projection, Query, Select};
use crate::support::Limit;
use flow::ir::program::Join;
use flow::ir::typed::{Node, Typed};
use flow::ir::types::{DataType, Field, Schema};
use flow::ir::window::{JoinBounds, JoinKind, WindowShape, WindowSpec};

/// The two sides of a join.
const SIDES: [&str; 2] = ["l", "r"];

impl Lowering<'_> {
    pub(super) fn join(&mut self, join: &Join, schema: &Schema, left: &Stream, right: &Stream) -> Stream {
        self.needs_time(left);
        self.needs_time(right);
        let mut constant = |stream: &Stream, keys: &[Typed]| -> bool {
            self.exprs(&stream.columns, None, |exprs| keys.iter().any(|key| is_constant(&exprs.folded(key))))
        };
        if constant(left, &join.left_keys) | constant(right, &join.right_keys) {
            self.refuse(Limit::ConstantKey, "");
        }
        let mut on = self.same_keys(join, left, right);
        let (inputs, marker, time) = match join.bounds {
            JoinBounds::Window(spec) => {
                on.extend(["window_start", "window_end"].map(|name| Expr::infix(Op::Eq, of(0, name), of(1, name))));
                let inputs = [left, right].map(|side| self.window_of(&spec, side));
                let time = match join.kind {
                    JoinKind::Inner | JoinKind::Left => Some(of(0, "window_time")),
                    JoinKind::Right => Some(of(1, "window_time")),
                    JoinKind::Full => None,
                };
                (inputs, "window_start", time)
            }
            JoinBounds::Between { lower, upper } => {
                [lower, upper].into_iter().for_each(|bound| self.can_reckon_with(bound));
                on.push(Expr::infix(Op::Ge, of(1, TIME), shifted(of(0, TIME), lower)));
                on.push(Expr::infix(Op::Le, of(1, TIME), shifted(of(0, TIME), upper)));
                ([left, right].map(|side| From::Table(side.view.clone())), TIME, None)
            }
        };
        let mut items = Vec::new();
        let sides = [left, right].into_iter().enumerate().zip(&schema.fields);
        let columns: Vec<Column> = sides
            .map(|((i, side), field)| {
                let mut column = spread(i, side, field, &mut items);
                if field.nullable {
                    let present = format!("{}$", field.name);
                    items.push(Item::new(of(i, marker), &present));
                    if let Place::Spread { present: place, .. } = &mut column.place {
                        *place = Some(present);
                    }
                }
                column
            })
            .collect();
        let known = if time.is_some() { Time::Known } else { Time::Lost };
        items.extend(time.map(|time| Item::new(time, TIME)));
        let [left, right] = inputs;
        let from = From::Join(Box::new(sql::Join { kind: join.kind, left, right, on: Expr::all(on) }));
        let view = self.view(Query::Select(Select::items(items, from)));
        Stream { view, columns, more: Vec::new(), time: known, upsert: false, behind: true }
    }

    fn same_keys(&mut self, join: &Join, left: &Stream, right: &Stream) -> Vec<Expr> {
        let mut side = |i: usize, stream: &Stream, keys: &[Typed]| -> Vec<Expr> {
            self.exprs(&stream.columns, Some(SIDES[i]), |exprs| keys.iter().map(|key| plain(exprs, key)).collect())
        };
        let (left, right) = (side(0, left, &join.left_keys), side(1, right, &join.right_keys));
        left.into_iter().zip(right).map(|(a, b)| Expr::infix(Op::Eq, a, b)).collect()
    }

    fn window_of(&mut self, spec: &WindowSpec, side: &Stream) -> From {
        self.can_cut(spec, side);
        if matches!(spec.shape, WindowShape::Session { .. }) {
            self.refuse(Limit::SessionJoin, "");
        }
        let window = self.windowed(spec, side, &[]);
        From::Query(Box::new(Select::from(Projection::All, From::Window(window))))
    }
}

/// A key of one side; times as milliseconds, for the other side may have them so.
fn plain(exprs: &mut Exprs<'_>, key: &flow::ir::typed::Typed) -> Expr {
    let value = exprs.lowered(key);
    match value.data_type {
        DataType::Timestamp => exprs.convert(value, &DataType::EpochMillis),
        _ => value.sql,
    }
}

fn of(side: usize, name: &str) -> Expr {
    Expr::Of(SIDES[side], name.to_owned())
}

fn shifted(time: Expr, by: i64) -> Expr {
    let op = if by < 0 { Op::Sub } else { Op::Add };
    // Lengths are bounded by the document's own limits; the shortest of all has no opposite.
    Expr::infix(op, time, Expr::Interval(by.saturating_abs()))
}

/// A side's columns under names of their own, as the record that the pair holds.
fn spread(side: usize, stream: &Stream, field: &Field, items: &mut Vec<Item>) -> Column {
    let prefix = &field.name;
    for name in stream.columns.iter().flat_map(Column::names) {
        items.push(Item::new(of(side, name), format!("{prefix}.{name}")));
    }
    let fields: Vec<Column> = stream.columns.iter().map(|column| prefixed(column, prefix)).collect();
    let schema = Schema::new(fields.iter().map(|column| column.field.clone()).collect());
    let field = Field::new(field.name.clone(), DataType::Row(schema), field.nullable);
    Column { field, place: Place::Spread { fields, present: None } }
}

fn prefixed(column: &Column, prefix: &str) -> Column {
    let place = match &column.place {
        Place::Named(name) => Place::Named(format!("{prefix}.{name}")),
        // Only keys stand so, which are no fields of a stream.
        Place::Within(row, field) => Place::Within(row, field.clone()),
        Place::Spread { fields, present } => Place::Spread {
            fields: fields.iter().map(|field| prefixed(field, prefix)).collect(),
            present: present.as_ref().map(|name| format!("{prefix}.{name}")),
        },
    };
    Column { field: column.field.clone(), place }
}

/// Whether the planner sees that it is the same for all records.
fn is_constant(typed: &Typed) -> bool {
    match &typed.node {
        Node::Field(..) => false,
        _ => typed.children().into_iter().all(is_constant),
    }
}
