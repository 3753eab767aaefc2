//! Conditions, so that Flink's planner concludes nothing wrong from them.

use super::expr::{Exprs, is_number, is_whole_zero, is_zero, may_fail, whole_float};
use super::literal::{is_literal, opaque};
use crate::sql::{Expr, Op};
use flow::ir::expr::{BinaryOp, UnaryOp};
use flow::ir::typed::{Node, Typed};
use flow::ir::types::DataType;

/// Where a condition stands, by which Flink's planner concludes more or less from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Only its truth is asked for, so that there is nothing to negate.
    Conjunct,
    /// It decides between two values, or what is aggregated, of which nothing follows.
    Choice,
    /// Among others, or as a value.
    Anywhere,
}

impl Asked {
    /// Where the parts of its opposite, or of an alternative, stand.
    fn within(self) -> Self {
        if self == Self::Conjunct { Self::Anywhere } else { self }
    }
}

impl Exprs<'_> {
    /// A condition of WHERE or ON: what is not true does not pass.
    pub(super) fn filter(&mut self, typed: &Typed) -> Expr {
        let typed = self.folded(typed);
        self.condition(&typed, Asked::Conjunct)
    }

    /// A condition of FILTER, by which an aggregation takes a record or not.
    pub(super) fn taken(&mut self, typed: &Typed) -> Expr {
        let typed = self.folded(typed);
        self.condition(&typed, Asked::Choice)
    }

    /// A condition that stands among others.
    pub(super) fn anywhere(&mut self, typed: &Typed) -> Expr {
        let typed = self.folded(typed);
        self.condition(&typed, Asked::Anywhere)
    }

    pub(super) fn condition(&mut self, typed: &Typed, asked: Asked) -> Expr {
        match &typed.node {
            Node::Binary(op @ (BinaryOp::And | BinaryOp::Or), a, b) => {
                let asked = if *op == BinaryOp::And { asked } else { asked.within() };
                let (first, second) = (self.condition(a, asked), self.condition(b, asked));
                match op {
                    // The planner keeps no order among conjuncts, and what may fail has to come second.
                    BinaryOp::And if may_fail(b) => Expr::Call("IF", vec![first, second, Expr::Bool(false)]),
                    BinaryOp::Or if may_fail(b) => Expr::Call("IF", vec![first, Expr::Bool(true), second]),
                    BinaryOp::And => Expr::infix(Op::And, first, second),
                    _ => Expr::infix(Op::Or, first, second),
                }
            }
            Node::Unary(UnaryOp::Not, a) => Expr::Not(Box::new(self.condition(a, asked.within()))),
            Node::Binary(op, a, b) if comparison(*op).is_some() => self.compare(*op, a, b, asked),
            _ => self.value(typed).sql,
        }
    }

    fn compare(&mut self, op: BinaryOp, a: &Typed, b: &Typed, asked: Asked) -> Expr {
        let Some(sql) = comparison(op) else { return Expr::Null };
        let says = is_number(&a.ty.data_type) && says(op, a, b, asked);
        if a.ty.data_type.is_float() {
            let plain = asked == Asked::Conjunct && !says;
            return self.compare_floats(sql, a, b, plain);
        }
        if a.ty.data_type == DataType::Timestamp {
            let (a, b) = self.times(a, b);
            return Expr::infix(sql, a, b);
        }
        let mut operand = |typed: &Typed| self.bare(typed).unwrap_or_else(|| self.value(typed).sql);
        let compared = Expr::infix(sql, operand(a), operand(b));
        if says { opaque(compared) } else { compared }
    }

    /// The planner holds that `x = x`, and that what is not less is greater or equal. Of NaN neither is true, so it must not see the
    /// comparison where it could conclude from it. `plain`: where it cannot, beside a constant.
    fn compare_floats(&mut self, op: Op, a: &Typed, b: &Typed, plain: bool) -> Expr {
        let constant = is_literal(a) || is_literal(b);
        let mut operand = |typed: &Typed| match &typed.node {
            // -0.0 and 0.0 are equal.
            Node::Literal(_) if is_zero(typed) => whole_float(&typed.ty.data_type),
            _ => self.value(typed).sql,
        };
        let (a, mut b) = (operand(a), operand(b));
        if plain && constant {
            return Expr::infix(op, a, b);
        }
        if !constant {
            b = Expr::Call("IF", vec![Expr::Bool(true), b.clone(), b]);
        }
        opaque(Expr::infix(op, a, b))
    }

    /// Two times that can be compared.
    fn times(&mut self, a: &Typed, b: &Typed) -> (Expr, Expr) {
        let (left, right) = (self.value(a), self.value(b));
        let same = left.data_type == right.data_type && !is_literal(a) && !is_literal(b);
        let to = if same { left.data_type.clone() } else { DataType::EpochMillis };
        (self.convert(left, &to), self.convert(right, &to))
    }
}

/// Whether the planner concludes from a comparison of numbers what one of them is: it puts that in its place, before and behind the condition,
/// and reckons with it, without NaN, infinities and signs of zeros. Of two bounds that leave a zero, the upper one says so.
fn says(op: BinaryOp, a: &Typed, b: &Typed, asked: Asked) -> bool {
    let (op, constant) = match (is_literal(a), is_literal(b)) {
        (false, true) => (op, b),
        (true, false) => (mirrored(op), a),
        _ => return false,
    };
    match op {
        _ if asked == Asked::Choice => false,
        BinaryOp::Eq => true,
        BinaryOp::Ne => asked == Asked::Anywhere,
        BinaryOp::Le => is_zero(constant) || is_whole_zero(constant),
        BinaryOp::Gt => asked == Asked::Anywhere && (is_zero(constant) || is_whole_zero(constant)),
        _ => false,
    }
}

/// The comparison with its sides changed.
fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        other => other,
    }
}

pub(super) fn comparison(op: BinaryOp) -> Option<Op> {
    Some(match op {
        BinaryOp::Eq => Op::Eq,
        BinaryOp::Ne => Op::Ne,
        BinaryOp::Lt => Op::Lt,
        BinaryOp::Le => Op::Le,
        BinaryOp::Gt => Op::Gt,
        BinaryOp::Ge => Op::Ge,
        _ => return None,
    })
}
