//! Stages that work by key, as operations.

use super::{Made, Planner};
use crate::expr::PortableExpr;
use crate::graph::description::{Aggregate, Aggregation};
use crate::graph::node::NodeId;
use crate::ir::aggregation::output_scope;
use crate::ir::expr::Expr;
use crate::ir::operation::{self, AggregateStage, JoinStage, KeyPart, Operation, WindowStage};
use crate::ir::resolve::{OutputNames, Scope, WINDOW_END, WINDOW_START, has_order};
use crate::ir::typed::Typed;
use crate::ir::types::{DataType, Field, Schema, Type, tuple_field};
use crate::ir::window::{JoinBounds, JoinKind, WindowSpec};

impl Planner<'_> {
    pub(super) fn aggregate(&mut self, id: NodeId, aggregate: &Aggregate, made: Made) {
        let (input, time_field) = (made.schema.clone(), made.time_field.clone());
        let schema = self.new_schema(id);
        let keys = self.keys(id, &aggregate.key, input.as_ref());
        let aggregations = self.aggregations(id, aggregate, input.as_ref(), schema.as_ref(), keys.as_deref());
        let mut made = made;
        if let (Some(keys), Some(aggregations), Some(schema)) = (keys, aggregations, &schema) {
            let key_types: Vec<(String, Type)> =
                keys.iter().map(|(part, typed)| (part.alias().to_owned(), typed.ty.clone())).collect();
            let results: Vec<(String, Type)> =
                aggregations.iter().map(|(a, ty)| (a.alias.clone(), ty.clone())).collect();
            let scope = output_scope(&key_types, aggregate.window.is_some(), &results);
            let names = OutputNames {
                keys: key_types.into_iter().map(|(name, _)| name).collect(),
                aggregates: results.into_iter().map(|(name, _)| name).collect(),
            };
            let scope = Scope { schema: &scope, output: Some(&names) };
            let row = DataType::Row(schema.clone());
            let output = self.typed(id, &aggregate.output, Some(scope), Some(&row));
            let fields = output.and_then(|output| self.fields(id, output, schema));
            self.grouped(&mut made, keys, aggregate.window.map(|spec| WindowStage { spec, time_field }));
            let aggregations = aggregations.into_iter().map(|(aggregation, _)| aggregation).collect();
            let stage = AggregateStage { aggregations, fields: fields.unwrap_or_default() };
            made.chain.operations.push(self.stage(id, Operation::Aggregate(stage)));
        }
        let upsert = aggregate.window.is_none();
        self.give_window(id, Made { schema, upsert, ..made }, input);
    }

    pub(super) fn top(
        &mut self,
        id: NodeId,
        key: &PortableExpr,
        spec: WindowSpec,
        (count, by): (usize, &PortableExpr),
        mut made: Made,
    ) {
        let input = made.schema.clone();
        let keys = self.keys(id, key, input.as_ref());
        let by = self.typed(id, by, input.as_ref().map(Scope::record), None);
        if let (Some(keys), Some(by)) = (keys, by) {
            if by.ty.nullable || !has_order(&by.ty.data_type) {
                let what = format!("records have no portable order by {:#}", by.ty);
                self.refuse(id, &what, "order by a number, a string or a time that is always there");
            }
            let time_field = made.time_field.clone();
            self.grouped(&mut made, keys, Some(WindowStage { spec, time_field }));
            if let Some(expression) = self.text(id, &by, None) {
                made.chain.operations.push(self.stage(id, Operation::Top { count: count as u64, expression }));
            }
        }
        self.give_window(id, made, input);
    }

    fn grouped(&mut self, made: &mut Made, keys: Vec<(KeyPart, Typed)>, window: Option<WindowStage>) {
        let keys = keys.into_iter().map(|(part, _)| part).collect();
        made.chain.operations.push(operation::Stage::new(Operation::GroupBy { keys }));
        made.chain.operations.extend(window.map(|window| operation::Stage::new(Operation::Window(window))));
    }

    /// The parts of a key, each with a name that the output finds it by.
    fn keys(&mut self, id: NodeId, key: &PortableExpr, input: Option<&Schema>) -> Option<Vec<(KeyPart, Typed)>> {
        let mut keys: Vec<(KeyPart, Typed)> = Vec::new();
        for part in self.parts(id, key)? {
            let typed = self.typed(id, &PortableExpr::exact(part), input.map(Scope::record), None)?;
            if !typed.ty.data_type.is_key() {
                self.refuse(id, "floats are no key", "cast to an integer, or group by something else");
                return None;
            }
            let taken = |name: &str| {
                [WINDOW_START, WINDOW_END].contains(&name) || keys.iter().any(|(part, _)| part.alias() == name)
            };
            let part = match typed.as_field().filter(|name| !taken(name)) {
                Some(name) => KeyPart::Field(name.to_owned()),
                None => {
                    let expression = self.text(id, &typed, None)?;
                    let alias = free("key", taken);
                    KeyPart::Expression { expression, alias }
                }
            };
            keys.push((part, typed));
        }
        Some(keys)
    }

    fn parts(&mut self, id: NodeId, key: &PortableExpr) -> Option<Vec<Expr>> {
        match key.as_exact() {
            Ok(Expr::Tuple(parts)) => Some(parts.clone()),
            Ok(Expr::Struct(..)) => {
                self.refuse(id, "its key is a struct", "use a tuple of the fields");
                None
            }
            Ok(one) => Some(vec![one.clone()]),
            Err(why) => {
                let why = why.to_owned();
                self.refuse(id, &why, "");
                None
            }
        }
    }

    fn aggregations(
        &mut self,
        id: NodeId,
        aggregate: &Aggregate,
        input: Option<&Schema>,
        output: Option<&Schema>,
        keys: Option<&[(KeyPart, Typed)]>,
    ) -> Option<Vec<(operation::Aggregation, Type)>> {
        let mut aliases: Vec<String> = Vec::new();
        let mut aggregations = Vec::new();
        let mut refused = false;
        for (n, aggregation) in aggregate.aggregations.iter().enumerate() {
            let taken = |name: &str| {
                let key = keys.is_some_and(|keys| keys.iter().any(|(part, _)| part.alias() == name));
                key || [WINDOW_START, WINDOW_END].contains(&name) || aliases.iter().any(|alias| alias == name)
            };
            let alias = output_field(&aggregate.output, n, output).filter(|name| !taken(name));
            let alias = alias.unwrap_or_else(|| free(&format!("agg{n}"), taken));
            aliases.push(alias.clone());
            match self.aggregation(id, aggregation, input, alias) {
                Some(aggregation) => aggregations.push(aggregation),
                None => refused = true,
            }
        }
        (!refused).then_some(aggregations)
    }

    fn aggregation(
        &mut self,
        id: NodeId,
        aggregation: &Aggregation,
        input: Option<&Schema>,
        alias: String,
    ) -> Option<(operation::Aggregation, Type)> {
        let function = match &aggregation.function {
            Ok(function) => *function,
            Err(why) => {
                self.refuse(id, why, "use one of the built-in aggregates");
                return None;
            }
        };
        let scope = input.map(Scope::record);
        let operand = match &aggregation.operand {
            Some(expr) => Some(self.typed(id, expr, scope, None)?),
            None => None,
        };
        let filter = match &aggregation.filter {
            Some(filter) => Some(self.condition(id, filter, input)?),
            None => None,
        };
        let Some(ty) = function.result(operand.as_ref().map(|typed| &typed.ty), filter.is_some()) else {
            let of = operand.map_or_else(|| "whole records".to_owned(), |typed| format!("{:#}", typed.ty));
            let what = format!("`{}` of {of} is not portable", function.name());
            self.refuse(id, &what, "aggregate numbers, or cast first");
            return None;
        };
        let field = operand.as_ref().and_then(|typed| typed.as_field()).map(str::to_owned);
        let expression = match &operand {
            Some(typed) if field.is_none() => Some(self.text(id, typed, None)?),
            _ => None,
        };
        Some((operation::Aggregation { aggregation_type: function, field, expression, filter, alias }, ty))
    }

    pub(super) fn join(
        &mut self,
        id: NodeId,
        (left_key, right_key): (&PortableExpr, &PortableExpr),
        kind: JoinKind,
        bounds: JoinBounds,
        mut left: Made,
    ) -> Made {
        let Some(right) = self.taken(&self.graph.nodes[id], 1) else { return Made { schema: None, ..left } };
        if right.upsert {
            self.refuse(id, "it is given corrections of rows, which only an upsert sink takes", "let the sink follow");
        }
        let left_keys = self.join_keys(id, left_key, left.schema.as_ref());
        let right_keys = self.join_keys(id, right_key, right.schema.as_ref());
        let side = |i, schema: &Schema, nullable| Field::new(tuple_field(i), DataType::Row(schema.clone()), nullable);
        let schema = left.schema.as_ref().zip(right.schema.as_ref()).map(|(left, right)| {
            Schema::new(vec![
                side(0, left, matches!(kind, JoinKind::Right | JoinKind::Full)),
                side(1, right, matches!(kind, JoinKind::Left | JoinKind::Full)),
            ])
        });
        if let (Some(left_keys), Some(right_keys)) = (left_keys, right_keys) {
            let stage = JoinStage { kind, other: right.chain, left_keys, right_keys, bounds };
            left.chain.operations.push(self.stage(id, Operation::Join(Box::new(stage))));
        }
        Made { schema, ..left }
    }

    fn join_keys(&mut self, id: NodeId, key: &PortableExpr, input: Option<&Schema>) -> Option<Vec<String>> {
        let mut texts = Vec::new();
        for part in self.parts(id, key)? {
            let typed = self.typed(id, &PortableExpr::exact(part), input.map(Scope::record), None)?;
            if !typed.ty.data_type.is_key() || typed.ty.nullable {
                let what = format!("{:#} is no portable key of a join", typed.ty);
                self.refuse(id, &what, "join by values that are always there and are no floats");
                return None;
            }
            texts.push(self.text(id, &typed, None)?);
        }
        if texts.is_empty() {
            self.refuse(id, "it has no key", "join by equal values");
            return None;
        }
        Some(texts)
    }
}

/// The output's field that is the n-th aggregation and nothing else.
fn output_field(output: &PortableExpr, n: usize, schema: Option<&Schema>) -> Option<String> {
    let Ok(Expr::Struct(_, fields)) = output.as_exact() else { return None };
    let (name, _) = fields.iter().find(|(_, value)| *value == Expr::Aggregate(n))?;
    let schema = schema?;
    Some(schema.fields[schema.find(name)?].name.clone())
}

/// A name that is not taken: this one, or with a number.
fn free(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|n| format!("{name}_{n}"));
    let mut candidates = std::iter::once(name.to_owned()).chain(numbered);
    candidates.find(|name| !taken(name)).unwrap_or_default()
}
