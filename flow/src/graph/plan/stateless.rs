//! Stages that hold no state, as operations.

use super::{Made, Planner};
use crate::error::Error;
use crate::expr::PortableExpr;
use crate::graph::node::NodeId;
use crate::ir::document::{Input, Watermark};
use crate::ir::operation::{NamedCondition, Operation, OutputField, records_of};
use crate::ir::resolve::Scope;
use crate::ir::typed::Typed;
use crate::ir::types::{DataType, Schema};
use std::time::Duration;

impl Planner<'_> {
    pub(super) fn filter(&mut self, id: NodeId, condition: &PortableExpr, mut made: Made) -> Made {
        if let Some(expression) = self.condition(id, condition, made.schema.as_ref()) {
            made.chain.operations.push(self.stage(id, Operation::Filter { expression }));
        }
        made
    }

    /// The text of a condition over a record.
    pub(super) fn condition(&mut self, id: NodeId, expr: &PortableExpr, schema: Option<&Schema>) -> Option<String> {
        let typed = self.typed(id, expr, schema.map(Scope::record), Some(&DataType::Bool))?;
        if typed.ty.nullable {
            self.refuse(id, "the condition may be absent", "say what an absent one means: unwrap_or(false)");
            return None;
        }
        self.text(id, &typed, Some(&DataType::Bool))
    }

    pub(super) fn map(&mut self, id: NodeId, expr: &PortableExpr, mut made: Made) -> Made {
        let schema = self.new_schema(id);
        let scope = made.schema.as_ref().map(Scope::record);
        let row = schema.clone().map(DataType::Row);
        if let (Some(typed), Some(schema)) = (self.typed(id, expr, scope, row.as_ref()), &schema) {
            if typed.ty.nullable {
                self.refuse(id, "the new record may be absent", "use filter_map");
            } else if let Some(fields) = self.fields(id, typed, schema) {
                made.chain.operations.push(self.stage(id, Operation::Map { fields }));
            }
        }
        Made { schema, ..made }
    }

    /// A condition, and then the new record.
    pub(super) fn filter_map(&mut self, id: NodeId, expr: &PortableExpr, mut made: Made) -> Made {
        let schema = self.new_schema(id);
        let scope = made.schema.as_ref().map(Scope::record);
        let row = schema.clone().map(DataType::Row);
        if let (Some(typed), Some(schema)) = (self.typed(id, expr, scope, row.as_ref()), &schema) {
            let condition = typed.clone().is_some();
            if let Some(expression) = self.text(id, &condition, Some(&DataType::Bool)) {
                let mut filter = self.stage(id, Operation::Filter { expression });
                filter.name = filter.name.map(|name| format!("{name}-filter"));
                made.chain.operations.push(filter);
            }
            if let Some(fields) = self.fields(id, typed, schema) {
                made.chain.operations.push(self.stage(id, Operation::Map { fields }));
            }
        }
        Made { schema, ..made }
    }

    /// The records of a list.
    pub(super) fn flat_map(&mut self, id: NodeId, expr: &PortableExpr, mut made: Made) -> Made {
        let schema = self.new_schema(id);
        let scope = made.schema.as_ref().filter(|_| schema.is_some()).map(Scope::record);
        if let Some(typed) = self.typed(id, expr, scope, None) {
            match records_of(&typed.ty) {
                Some(_) => {
                    if let Some(expression) = self.text(id, &typed, None) {
                        made.chain.operations.push(self.stage(id, Operation::FlatMap { expression }));
                    }
                }
                None => {
                    let what = format!("{:#} is no list of records", typed.ty);
                    self.refuse(id, &what, "give a field that is a `Vec` of a type that derives Record");
                }
            }
        }
        Made { schema, ..made }
    }

    /// The schema of the records that a stage makes.
    pub(super) fn new_schema(&mut self, id: NodeId) -> Option<Schema> {
        let schema = self.graph.nodes[id].schema.clone();
        if schema.is_none() {
            self.refuse(
                id,
                "its records have no schema",
                "derive Record for them; without `pipeline!`, call described() behind the stage",
            );
        }
        schema
    }

    /// The fields of a record that is made, as texts.
    pub(super) fn fields(&mut self, id: NodeId, row: Typed, schema: &Schema) -> Option<Vec<OutputField>> {
        let parts = row.into_fields();
        let mut fields = Vec::with_capacity(parts.len());
        for (part, field) in parts.iter().zip(&schema.fields) {
            let expression = self.text(id, part, Some(&field.data_type))?;
            let (name, data_type, nullable) = (field.name.clone(), field.data_type.clone(), field.nullable);
            fields.push(OutputField { name, data_type, nullable, expression });
        }
        Some(fields)
    }

    pub(super) fn union(&mut self, id: NodeId, mut made: Made) -> Made {
        let node = &self.graph.nodes[id];
        let others: Vec<Made> = (1..node.inputs.len()).filter_map(|input| self.taken(node, input)).collect();
        if others.iter().any(|other| other.upsert) {
            self.refuse(id, "it is given corrections of rows, which only an upsert sink takes", "let the sink follow");
        }
        made.time_field = made.time_field.filter(|field| others.iter().all(|o| o.time_field.as_ref() == Some(field)));
        made.schema = made.schema.or_else(|| others.iter().find_map(|other| other.schema.clone()));
        let others: Vec<_> = others.into_iter().map(|other| other.chain).collect();
        let alone = others.is_empty();
        let stage = self.stage(id, Operation::Union { others });
        // A union of one stream is that stream, unless something is said of it.
        if !alone || stage.name.is_some() || stage.parallelism.is_some() {
            made.chain.operations.push(stage);
        }
        made
    }

    pub(super) fn route(&mut self, id: NodeId, ways: &[(String, PortableExpr)], mut made: Made) {
        let mut routes = Vec::with_capacity(ways.len());
        for (name, condition) in ways {
            if let Some(condition) = self.condition(id, condition, made.schema.as_ref()) {
                routes.push(NamedCondition { name: name.clone(), condition });
            }
        }
        made.chain.operations.push(self.stage(id, Operation::Route { routes }));
        let sides = ways.iter().map(|(name, _)| (name.clone(), made.schema.clone())).collect();
        self.give_sides(id, made, sides);
    }

    /// A watermark belongs to its source, and names a field.
    pub(super) fn watermark(&mut self, id: NodeId, time: &PortableExpr, delay: Duration, mut made: Made) -> Made {
        let direct = made.chain.operations.is_empty();
        let Input::Source(source) = &mut made.chain.source else {
            self.refuse(id, "it does not directly follow its source", "put it there, before the stream is used twice");
            return made;
        };
        if !direct || source.watermark.is_some() {
            self.refuse(id, "it does not directly follow its source", "put it there, and only one");
            return made;
        }
        let scope = made.schema.as_ref().map(Scope::record);
        let Some(typed) = self.typed(id, time, scope, Some(&DataType::Timestamp)) else { return made };
        let Some(field) = typed.as_field() else {
            self.refuse(id, "its time is calculated", "name a field of the record that holds it");
            return made;
        };
        let delay_ms = u64::try_from(delay.as_millis()).ok().filter(|ms| i64::try_from(*ms).is_ok());
        let (Some(delay_ms), Input::Source(source)) = (delay_ms, &mut made.chain.source) else {
            let error = Error::new(crate::ErrorKind::Ir, "its delay is too long");
            self.refuse_error(id, &error);
            return made;
        };
        let name = self.graph.nodes[id].name.clone();
        source.watermark = Some(Watermark { field: field.to_owned(), delay_ms, name });
        made.time_field = Some(field.to_owned());
        made
    }
}
