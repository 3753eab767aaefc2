//! Aggregations and the record that is made of them.

use super::expr::{Exprs, Lowered};
use super::keyed::Keyed;
use super::literal::unseen;
use super::program::Lowering;
use super::stream::{Column, Place, Stream, TIME, Time, columns};
use crate::sql::{Expr, From, Item, Projection, Query, Select};
use crate::support::Limit;
use flow::ir::aggregation::AggregateFunction;
use flow::ir::program::{Aggregate, Aggregation};
use flow::ir::types::{DataType, Field, Schema};
use flow::ir::window::{WindowShape, WindowSpec};

/// The column that holds the key of an upsert stream, as text.
pub(super) const KEY: &str = "$key";

impl Lowering<'_> {
    pub(super) fn window_aggregate(
        &mut self,
        aggregate: &Aggregate,
        spec: &WindowSpec,
        schema: &Schema,
        input: &Stream,
    ) -> Stream {
        let mut keyed = self.keyed(&aggregate.keys, spec, input);
        let picks = matches!(spec.shape, WindowShape::Tumbling { .. }) && aggregate.aggregations.iter().any(is_pick);
        if picks {
            keyed = self.with_text(keyed);
        }
        let window = self.windowed(spec, &keyed.stream, &keyed.group);
        let bounds = ["window_start", "window_end"];
        let mut inner = self.gathered(aggregate, &keyed, picks);
        // Windows have borders without a time zone: the session's is UTC.
        let moment = |name| Item::new(Expr::column(name).cast(DataType::Timestamp), format!("{name}$"));
        inner.items.extend(bounds.map(moment));
        inner.items.push(Item::new(Expr::column("window_time"), TIME));
        if picks {
            inner.items.extend(bounds.map(|name| Item::new(Expr::column(name), name)));
        }
        let group = inner.group.iter().cloned().chain([bounds[0], bounds[1], "window_time"].map(Expr::column));
        let select = Select {
            items: Projection::Items(inner.items),
            from: From::Window(window),
            filter: None,
            group_by: group.collect(),
        };
        let from = if picks { self.picked(aggregate, spec, &keyed, select) } else { From::Query(Box::new(select)) };
        let bounds = bounds.map(|name| Place::Named(format!("{name}$")));
        let results = inner.results.into_iter().map(Place::Named);
        let places = keyed.columns.into_iter().map(|key| key.place).chain(bounds).chain(results);
        let made = self.made(aggregate, schema, from, places.collect(), inner.types, true);
        Stream { time: Time::Known, ..made }
    }

    pub(super) fn running_aggregate(&mut self, aggregate: &Aggregate, schema: &Schema, input: &Stream) -> Stream {
        let keyed = self.with_keys(&aggregate.keys, input, false);
        // Flink has to see that what is grouped by is what the sink's rows are told apart by, which is the key as text.
        let text = self.key_text(&keyed.columns);
        let stream = self.with_columns(&keyed.stream, vec![Item::new(text, KEY)], false);
        let part = |column: &Column| {
            let operand = Some(Box::new(column.value(None)));
            // It is the same in all records of the group.
            let value = Expr::Aggregate { function: "LAST_VALUE", distinct: false, operand, filter: None };
            Item::new(value, name(column))
        };
        let items = std::iter::once(Item::new(Expr::column(KEY), KEY)).chain(keyed.columns.iter().map(part)).collect();
        let keyed = Keyed { stream, items, group: vec![KEY.to_owned()], columns: keyed.columns };
        let inner = self.gathered(aggregate, &keyed, false);
        let select = Select {
            items: Projection::Items(inner.items),
            from: From::Table(keyed.stream.view.clone()),
            filter: None,
            group_by: inner.group,
        };
        let results = inner.results.into_iter().map(Place::Named);
        let places = keyed.columns.into_iter().map(|key| key.place).chain(results).collect();
        self.made(aggregate, schema, From::Query(Box::new(select)), places, inner.types, false)
    }

    /// Keys and results, each as a column of its own name; `picks`: but for first and last ones.
    fn gathered(&mut self, aggregate: &Aggregate, keyed: &Keyed, picks: bool) -> Gathered {
        let results: Vec<String> = (0..aggregate.aggregations.len()).map(|i| format!("a{i}$")).collect();
        let group: Vec<Expr> = keyed.group.iter().map(|key| Expr::column(key)).collect();
        let mut items = keyed.items.clone();
        let by: Vec<&str> = aggregate.keys.iter().filter_map(|(_, typed)| typed.as_field()).collect();
        let lowered: Vec<Lowered> = self.exprs(&keyed.stream.columns, None, |exprs| {
            aggregate.aggregations.iter().map(|aggregation| aggregated(exprs, aggregation, &by, picks)).collect()
        });
        let types = keyed.columns.iter().map(|key| key.field.data_type.clone());
        let bounds = if aggregate.window.is_some() { 2 } else { 0 };
        let types = types.chain((0..bounds).map(|_| DataType::Timestamp));
        let types = types.chain(lowered.iter().map(|value| value.data_type.clone())).collect();
        let made = lowered.into_iter().zip(&results).zip(&aggregate.aggregations);
        let made = made.filter(|(_, aggregation)| !(picks && is_pick(aggregation)));
        items.extend(made.map(|((value, name), _)| Item::new(value.sql, name)));
        Gathered { items, group, results, types }
    }

    /// The record that is made of keys, borders and results.
    fn made(
        &mut self,
        aggregate: &Aggregate,
        schema: &Schema,
        from: From,
        places: Vec<Place>,
        types: Vec<DataType>,
        timed: bool,
    ) -> Stream {
        let scope: Vec<Column> = aggregate
            .scope
            .fields
            .iter()
            .zip(places.into_iter().zip(types))
            .map(|(field, (place, data_type))| Column {
                field: Field::new(field.name.clone(), data_type, field.nullable),
                place,
            })
            .collect();
        let columns = columns(schema);
        let mut items: Vec<Item> = self.exprs(&scope, None, |exprs| {
            let outputs = aggregate.output.iter().zip(&schema.fields).zip(&columns);
            outputs
                .map(|((typed, field), column)| Item::new(exprs.field(typed, &field.data_type), name(column)))
                .collect()
        });
        if timed {
            items.push(Item::new(Expr::column(TIME), TIME));
        } else {
            items.push(Item::new(Expr::column(KEY), KEY));
        }
        let view = self.view(Query::Select(Select::items(items, from)));
        Stream { view, columns, more: Vec::new(), time: Time::None, upsert: !timed, behind: true }
    }
}

/// What is selected from the groups.
struct Gathered {
    items: Vec<Item>,
    group: Vec<Expr>,
    /// The columns of the results.
    results: Vec<String>,
    /// The types of keys, borders and results.
    types: Vec<DataType>,
}

/// The column that holds a key or a field of a new record.
pub(super) fn name(column: &Column) -> String {
    column.names().first().copied().unwrap_or_default().to_owned()
}

/// Whether it is one of its values, by event time.
pub(super) fn is_pick(aggregation: &Aggregation) -> bool {
    matches!(aggregation.function, AggregateFunction::First | AggregateFunction::Last)
}

/// `keys`: the fields that groups are made by.
fn aggregated(exprs: &mut Exprs<'_>, aggregation: &Aggregation, keys: &[&str], picks: bool) -> Lowered {
    let (function, distinct) = match aggregation.function {
        AggregateFunction::Count => ("COUNT", false),
        AggregateFunction::CountDistinct => ("COUNT", true),
        AggregateFunction::Sum => ("SUM", false),
        AggregateFunction::Avg => ("AVG", false),
        AggregateFunction::Min => ("MIN", false),
        AggregateFunction::Max => ("MAX", false),
        AggregateFunction::First | AggregateFunction::Last => {
            if !picks {
                exprs.refuse(Limit::FirstLast, aggregation.function.name());
            }
            ("FIRST_VALUE", false)
        }
    };
    let mut operand = aggregation.operand.as_ref().map(|typed| exprs.lowered(typed));
    if distinct && operand.as_ref().is_some_and(|operand| operand.data_type == DataType::Bytes) {
        exprs.refuse(Limit::DistinctBytes, "");
    }
    let narrow = function == "AVG" && operand.as_ref().is_some_and(|mean| is_narrow(&mean.data_type));
    // The planner takes the mean of what is the same in the whole group for that, however often it is added and wraps.
    let same =
        aggregation.operand.as_ref().is_some_and(|typed| typed.fields().iter().all(|field| keys.contains(field)));
    if let Some(mean) = operand.as_mut().filter(|_| function == "AVG") {
        let sql = std::mem::replace(&mut mean.sql, Expr::Null);
        mean.sql = if narrow {
            // Of what it knows to be constant it makes a sum, which wraps in the type that it has.
            sql.cast(DataType::I64)
        } else if same {
            unseen(sql, Expr::Null.cast(mean.data_type.clone()))
        } else {
            sql
        };
    }
    let filter = aggregation.filter.as_ref().map(|typed| Box::new(exprs.filter(typed)));
    let data_type = match (&operand, function) {
        (Some(operand), "SUM" | "AVG" | "MIN" | "MAX" | "FIRST_VALUE") => operand.data_type.clone(),
        _ => aggregation.ty.data_type.clone(),
    };
    let operand = operand.map(|operand| Box::new(operand.sql));
    let sql = Expr::Aggregate { function, distinct, operand, filter };
    Lowered { sql: if narrow { sql.cast(data_type.clone()) } else { sql }, data_type }
}

/// Whether a sum of 64 bits takes more of it than there will be.
fn is_narrow(data_type: &DataType) -> bool {
    data_type.is_integer() && *data_type != DataType::I64
}
