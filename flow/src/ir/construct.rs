//! Records that an expression makes: struct and tuple literals, against the schema that is expected of them.

use super::expr::Expr;
use super::resolve::{Resolver, fits, mismatch, unknown, wrong};
use super::typed::{Node, Typed};
use super::types::{DataType, Field, Schema, Type, tuple_field};
use crate::error::Error;

impl Resolver<'_> {
    pub(super) fn record(
        &mut self,
        fields: &[(String, Expr)],
        expected: Option<&DataType>,
    ) -> Result<(Node, Type), Error> {
        let Some(DataType::Row(schema)) = expected else {
            let parts = fields.iter().map(|(_, value)| self.expr(value, None)).collect::<Result<_, _>>()?;
            let typed = row(parts, |i| fields[i].0.clone());
            return Ok((typed.node, typed.ty));
        };
        if let Some((extra, _)) = fields.iter().find(|(name, _)| schema.find(name).is_none()) {
            return Err(unknown(extra, schema));
        }
        let mut parts = Vec::with_capacity(schema.fields.len());
        for field in &schema.fields {
            let value = fields.iter().find(|(name, _)| name == field.rust_name());
            let (_, value) = value.ok_or_else(|| wrong(format!("the record's field `{}` is not given", field.name)))?;
            parts.push(self.field(value, field)?);
        }
        let typed = row(parts, |i| schema.fields[i].name.clone());
        Ok((typed.node, typed.ty))
    }

    pub(super) fn tuple(&mut self, parts: &[Expr], expected: Option<&DataType>) -> Result<(Node, Type), Error> {
        let schema = match expected {
            Some(DataType::Row(schema)) => Some(schema),
            _ => None,
        };
        if schema.is_some_and(|schema| schema.fields.len() != parts.len()) {
            return Err(wrong(format!("a record of another width than {}", parts.len())));
        }
        let mut typed = Vec::with_capacity(parts.len());
        for (i, part) in parts.iter().enumerate() {
            typed.push(match schema {
                Some(schema) => self.field(part, &schema.fields[i])?,
                None => self.expr(part, None)?,
            });
        }
        let name = |i: usize| schema.map_or_else(|| tuple_field(i), |schema| schema.fields[i].name.clone());
        let typed = row(typed, name);
        Ok((typed.node, typed.ty))
    }

    fn field(&mut self, value: &Expr, field: &Field) -> Result<Typed, Error> {
        let within = |error: Error| wrong(format!("field `{}`: {}", field.name, error.message()));
        let expected = field.data_type.logical();
        let typed = self.expr(value, Some(&expected)).map_err(within)?;
        if !fits(&typed.ty.data_type, &expected) {
            return Err(within(mismatch(&expected, &typed.ty.data_type)));
        }
        if typed.ty.nullable && !field.nullable {
            return Err(within(wrong("it may be absent, but the field is not an Option")));
        }
        Ok(typed)
    }
}

pub(super) fn row(parts: Vec<Typed>, name: impl Fn(usize) -> String) -> Typed {
    let field = |(i, part): (usize, &Typed)| Field::new(name(i), part.ty.data_type.clone(), part.ty.nullable);
    let schema = Schema::new(parts.iter().enumerate().map(field).collect());
    Typed { node: Node::Row(parts), ty: Type::required(DataType::Row(schema)) }
}
