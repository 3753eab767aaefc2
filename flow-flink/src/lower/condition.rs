//! Conditions, so that Flink's planner concludes nothing wrong from them.

use super::expr::{Exprs, is_zero, may_fail, whole_float};
use super::literal::is_literal;
use super::stream::Stream;
use crate::sql::{Expr, Op};
use flow::ir::expr::{BinaryOp, UnaryOp};
use flow::ir::typed::{Node, Typed};
use flow::ir::types::DataType;

impl Exprs<'_> {
    /// A condition of WHERE, FILTER or ON: what is not true does not pass.
    pub(super) fn filter(&mut self, typed: &Typed) -> Expr {
        let typed = self.folded(typed);
        self.condition(&typed, true)
    }

    /// A condition that stands among others.
    pub(super) fn anywhere(&mut self, typed: &Typed) -> Expr {
        let typed = self.folded(typed);
        self.condition(&typed, false)
    }

    /// A condition; `positive`: only its conjuncts' truth is asked for, so that Flink's planner has nothing to negate.
    pub(super) fn condition(&mut self, typed: &Typed, positive: bool) -> Expr {
        match &typed.node {
            Node::Binary(op @ (BinaryOp::And | BinaryOp::Or), a, b) => {
                let positive = positive && *op == BinaryOp::And;
                let (first, second) = (self.condition(a, positive), self.condition(b, positive));
                match op {
                    // The planner keeps no order among conjuncts, and what may fail has to come second.
                    BinaryOp::And if may_fail(b) => Expr::Call("IF", vec![first, second, Expr::Bool(false)]),
                    BinaryOp::Or if may_fail(b) => Expr::Call("IF", vec![first, Expr::Bool(true), second]),
                    BinaryOp::And => Expr::infix(Op::And, first, second),
                    _ => Expr::infix(Op::Or, first, second),
                }
            }
            Node::Unary(UnaryOp::Not, a) => Expr::Not(Box::new(self.condition(a, false))),
            Node::Binary(op, a, b) if comparison(*op).is_some() => self.compare(*op, a, b, positive),
            _ => self.value(typed).sql,
        }
    }

    fn compare(&mut self, op: BinaryOp, a: &Typed, b: &Typed, positive: bool) -> Expr {
        let Some(sql) = comparison(op) else { return Expr::Null };
        if a.ty.data_type.is_float() {
            return self.compare_floats(sql, a, b, positive && !says_which(op, a));
        }
        if a.ty.data_type == DataType::Timestamp {
            let (a, b) = self.times(a, b);
            return Expr::infix(sql, a, b);
        }
        let mut operand = |typed: &Typed| self.bare(typed).unwrap_or_else(|| self.value(typed).sql);
        let (a, b) = (operand(a), operand(b));
        Expr::infix(sql, a, b)
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

/// A condition on the records of a stream. Where it says what a column is (`= 'EU'`, `IS NULL`) the planner takes that for a constant, and carries
/// it through the windows and ranks before the stream, which it then knows no plan for any more; nor does it for windows of items of lists, where one
/// condition excludes another.
pub(super) fn asked(input: &Stream, condition: Expr) -> Expr {
    let says = !matches!(condition, Expr::Bool(_));
    if input.behind && says { opaque(condition) } else { condition }
}

/// A condition that the planner concludes nothing from: it looks into no IF.
fn opaque(condition: Expr) -> Expr {
    Expr::Call("IF", vec![condition, Expr::Bool(true), Expr::Bool(false)])
}

/// Whether a comparison of floats with a constant, where it holds, leaves one value, or may be the upper one of two bounds that do. The planner puts
/// what it takes for the value in the place of the column, before and behind the condition, and loses the sign of a zero by that.
fn says_which(op: BinaryOp, a: &Typed) -> bool {
    let upper = if is_literal(a) { BinaryOp::Ge } else { BinaryOp::Le };
    matches!(op, BinaryOp::Eq | BinaryOp::Ne) || op == upper
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
