//! The typed tree: an expression whose every node knows its type. This is what is printed, evaluated and translated.
//!
//! A tree means what the Rust closure means, exactly: there is no implicit promotion, operands of arithmetic and
//! comparisons are never NULL (an `Option` is opened by COALESCE or `CASE WHEN x IS NOT NULL`), so that three-valued logic
//! has no place to arise in.

use super::expr::{BinaryOp, Expr, Function, UnaryOp};
use super::types::{DataType, Schema, Type};
use super::value::Value;

/// How deeply an expression may be nested.
pub const MAX_DEPTH: usize = 200;
/// How many nodes an expression may have.
pub const MAX_NODES: usize = 10_000;

/// An expression with its type.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed {
    /// What it is.
    pub node: Node,
    /// What it gives.
    pub ty: Type,
}

/// A node of a typed expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A field of the input record, by name and place.
    Field(String, usize),
    /// A field of a calculated record, by name and place; the record is not NULL.
    Get(Box<Typed>, String, usize),
    /// A value of exactly the node's type, or NULL.
    Literal(Value),
    /// `-a`, `NOT a`.
    Unary(UnaryOp, Box<Typed>),
    /// Both sides have the same type.
    Binary(BinaryOp, Box<Typed>, Box<Typed>),
    /// `CASE WHEN c THEN a ELSE b END`; both branches have the same type.
    If(Box<Typed>, Box<Typed>, Box<Typed>),
    /// To the node's type, between numbers or from bool; with Rust's meaning of `as`.
    Cast(Box<Typed>),
    /// A listed function.
    Call(Function, Vec<Typed>),
    /// A record: its fields in the order of the node's type.
    Row(Vec<Typed>),
}

impl Typed {
    /// A value of a type.
    pub fn literal(value: Value, ty: Type) -> Self {
        Self { node: Node::Literal(value), ty }
    }

    /// The nodes directly below.
    pub fn children(&self) -> Vec<&Typed> {
        match &self.node {
            Node::Field(..) | Node::Literal(_) => Vec::new(),
            Node::Get(a, ..) | Node::Unary(_, a) | Node::Cast(a) => vec![a],
            Node::Binary(_, a, b) => vec![a, b],
            Node::If(a, b, c) => vec![a, b, c],
            Node::Call(_, all) | Node::Row(all) => all.iter().collect(),
        }
    }

    /// Whether two expressions are the same but for what is known of NULL in them.
    pub fn same(&self, other: &Typed) -> bool {
        let alike = match (&self.node, &other.node) {
            (Node::Field(a, i), Node::Field(b, j)) => a == b && i == j,
            (Node::Get(_, a, i), Node::Get(_, b, j)) => a == b && i == j,
            (Node::Literal(a), Node::Literal(b)) => a == b,
            (Node::Unary(a, _), Node::Unary(b, _)) => a == b,
            (Node::Binary(a, ..), Node::Binary(b, ..)) => a == b,
            (Node::If(..), Node::If(..)) | (Node::Row(_), Node::Row(_)) => true,
            (Node::Cast(_), Node::Cast(_)) => self.ty.data_type == other.ty.data_type,
            (Node::Call(a, _), Node::Call(b, _)) => a == b,
            _ => false,
        };
        if !alike {
            return false;
        }
        let (a, b) = (self.children(), other.children());
        a.len() == b.len() && a.into_iter().zip(b).all(|(a, b)| a.same(b))
    }

    /// The names of the input's fields that it reads.
    pub fn fields(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let mut rest = vec![self];
        while let Some(next) = rest.pop() {
            match &next.node {
                Node::Field(name, _) if !names.contains(&name.as_str()) => names.push(name),
                _ => rest.extend(next.children()),
            }
        }
        names
    }

    /// The name of the input's field that it is, and nothing else.
    pub fn as_field(&self) -> Option<&str> {
        match &self.node {
            Node::Field(name, _) => Some(name),
            _ => None,
        }
    }

    /// Whether the value is there, as a condition: what `IS NOT NULL` of it comes to.
    pub fn is_some(self) -> Typed {
        let bool = Type::required(DataType::Bool);
        if !self.ty.nullable {
            return Self::literal(Value::Bool(true), bool);
        }
        match self.node {
            Node::Literal(Value::Null) => Self::literal(Value::Bool(false), bool),
            Node::If(c, a, b) => match (a.is_some(), b.is_some()) {
                (a, b) if a.is_literal(true) && b.is_literal(false) => *c,
                (a, b) => Self { node: Node::If(c, Box::new(a), Box::new(b)), ty: bool },
            },
            node => Self { node: Node::Call(Function::IsSome, vec![Self { node, ty: self.ty }]), ty: bool },
        }
    }

    /// The fields of a record that is not NULL, one expression each.
    pub fn into_fields(self) -> Vec<Typed> {
        let Type { data_type: DataType::Row(schema), .. } = &self.ty else { return vec![self] };
        let schema = schema.clone();
        match self.node {
            Node::Row(fields) => fields,
            Node::If(c, a, b) => match (a.is_null(), b.is_null()) {
                (true, _) => b.into_fields(),
                (_, true) => a.into_fields(),
                _ => {
                    let both = a.into_fields().into_iter().zip(b.into_fields());
                    both.map(|(a, b)| Self::choose(&c, a, b)).collect()
                }
            },
            node => {
                let whole = Self { node, ty: Type::required(self.ty.data_type) };
                schema.fields.iter().enumerate().map(|(i, _)| whole.clone().field(&schema, i)).collect()
            }
        }
    }

    fn choose(condition: &Typed, a: Typed, b: Typed) -> Typed {
        let ty = Type { nullable: a.ty.nullable || b.ty.nullable, data_type: a.ty.data_type.clone() };
        Self { node: Node::If(Box::new(condition.clone()), Box::new(a), Box::new(b)), ty }
    }

    /// A field of this record.
    pub(super) fn field(self, schema: &Schema, index: usize) -> Typed {
        let field = &schema.fields[index];
        match self.node {
            Node::Row(mut all) => all.swap_remove(index),
            _ => Self { ty: field.ty(), node: Node::Get(Box::new(self), field.name.clone(), index) },
        }
    }

    fn is_literal(&self, value: bool) -> bool {
        matches!(self.node, Node::Literal(Value::Bool(v)) if v == value)
    }

    fn is_null(&self) -> bool {
        matches!(self.node, Node::Literal(Value::Null))
    }
}

impl Expr {
    /// The nodes directly below.
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Self::Field(_) | Self::Literal(_) | Self::Number(_) | Self::Bound(_) | Self::None => Vec::new(),
            Self::Key(_) | Self::WindowStart | Self::WindowEnd | Self::Aggregate(_) => Vec::new(),
            Self::Get(a, _) | Self::Unary(_, a) | Self::Cast(a, _) => vec![a],
            Self::Binary(_, a, b) => vec![a, b],
            Self::If(a, b, c) => vec![a, b, c],
            Self::Call(_, all) | Self::Tuple(all) => all.iter().collect(),
            Self::WithSome { option, body, .. } => vec![option, body],
            Self::Struct(_, fields) => fields.iter().map(|(_, value)| value).collect(),
        }
    }

    /// Whether it is within the caps on depth and nodes; looked at without recursion.
    pub fn is_within_caps(&self) -> bool {
        let (mut nodes, mut rest) = (0, vec![(self, 1)]);
        while let Some((next, depth)) = rest.pop() {
            nodes += 1;
            if nodes > MAX_NODES || depth > MAX_DEPTH {
                return false;
            }
            rest.extend(next.children().into_iter().map(|child| (child, depth + 1)));
        }
        true
    }
}
