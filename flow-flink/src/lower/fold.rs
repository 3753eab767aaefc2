//! Constants are reckoned here, for Flink's planner reckons some of them otherwise; and what nothing hangs on is left out.

use super::expr::{Exprs, is_or_else, may_fail};
use super::literal::is_literal;
use flow::ir::eval::eval;
use flow::ir::expr::Function;
use flow::ir::typed::{Node, Typed};
use flow::ir::types::{DataType, Type};
use flow::ir::value::Value;

impl Exprs<'_> {
    /// The same expression with its constants reckoned.
    pub(super) fn folded(&self, typed: &Typed) -> Typed {
        let mut folded = typed.clone();
        match &mut folded.node {
            Node::Field(..) => return folded,
            Node::Literal(value) => {
                folded.ty.nullable &= *value == Value::Null;
                return folded;
            }
            Node::Get(a, ..) | Node::Unary(_, a) | Node::Cast(a) => **a = self.folded(a),
            Node::Binary(_, a, b) => {
                **a = self.folded(a);
                **b = self.folded(b);
            }
            Node::If(c, a, b) => {
                **c = self.folded(c);
                // What is never reached need not be reckoned.
                match c.node {
                    Node::Literal(Value::Bool(true)) => return like(&folded.ty, self.folded(a)),
                    Node::Literal(Value::Bool(false)) => return like(&folded.ty, self.folded(b)),
                    _ => {}
                }
                **a = self.folded(a);
                **b = self.folded(b);
                if is_same(&a.node, &b.node) && !may_fail(c) {
                    return like(&folded.ty, (**a).clone());
                }
                folded.ty.nullable &= a.ty.nullable || b.ty.nullable;
            }
            Node::Call(function, all) => {
                all.iter_mut().for_each(|part| *part = self.folded(part));
                if let Some(less) = decided(*function, all) {
                    return like(&folded.ty, less);
                }
            }
            Node::Row(all) => all.iter_mut().for_each(|part| *part = self.folded(part)),
        }
        if matches!(folded.node, Node::Row(_)) || !folded.children().iter().all(|part| is_literal(part)) {
            return folded;
        }
        match eval(&folded, &[]) {
            Ok(value) => {
                folded.ty.nullable &= value == Value::Null;
                Typed { node: Node::Literal(value), ty: folded.ty }
            }
            // It divides by zero, and fails when a record reaches it.
            Err(_) => folded,
        }
    }
}

/// What stands for another expression, and is no more often absent than it says itself.
fn like(ty: &Type, typed: Typed) -> Typed {
    let nullable = ty.nullable && typed.ty.nullable;
    Typed { ty: Type { nullable, data_type: ty.data_type.clone() }, node: typed.node }
}

/// What a question for an optional value comes to, if that is known.
fn decided(function: Function, parts: &[Typed]) -> Option<Typed> {
    let bool = |value| Some(Typed::literal(Value::Bool(value), Type::required(DataType::Bool)));
    match (function, parts) {
        (Function::IsSome, [option]) if !option.ty.nullable => bool(true),
        (Function::IsNone, [option]) if !option.ty.nullable => bool(false),
        (function, [option, otherwise]) if is_or_else(function) => Some(or_else(function, option, otherwise)),
        _ => None,
    }
}

/// The value of an option, or another: a choice, where the option is one. Of a COALESCE the planner says once whether it may be absent, and stumbles when
/// it finds later that a condition always holds, by which it is there.
fn or_else(function: Function, option: &Typed, otherwise: &Typed) -> Typed {
    if is_absent(option) {
        return otherwise.clone();
    }
    if !option.ty.nullable || is_absent(otherwise) {
        return option.clone();
    }
    let ty = otherwise.ty.clone();
    let node = match &option.node {
        // What stands for the absent one is written once, unless it is short.
        Node::If(c, a, b) if !a.ty.nullable || !b.ty.nullable || otherwise.children().is_empty() => {
            let [a, b] = [a, b].map(|branch| Box::new(or_else(function, branch, otherwise)));
            Node::If(c.clone(), a, b)
        }
        _ => Node::Call(function, vec![option.clone(), otherwise.clone()]),
    };
    Typed { node, ty }
}

fn is_absent(typed: &Typed) -> bool {
    matches!(typed.node, Node::Literal(Value::Null))
}

/// Whether both are one constant, down to the sign of a zero.
fn is_same(a: &Node, b: &Node) -> bool {
    match (a, b) {
        (Node::Literal(Value::F64(a)), Node::Literal(Value::F64(b))) => a.to_bits() == b.to_bits(),
        (Node::Literal(Value::F32(a)), Node::Literal(Value::F32(b))) => a.to_bits() == b.to_bits(),
        (Node::Literal(a), Node::Literal(b)) => a == b,
        _ => false,
    }
}
