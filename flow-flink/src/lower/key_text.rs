//! The key of corrections as the text that the in-process sink writes: JSON, a list where it has several parts.

use super::literal::unseen;
use super::program::Lowering;
use super::stream::Column;
use super::time;
use crate::sql::{Expr, Op};
use crate::support::Limit;
use flow::ir::types::DataType;

impl Lowering<'_> {
    pub(super) fn key_text(&mut self, key: &[Column]) -> Expr {
        let mut texts = key.iter().map(|column| self.part_text(column));
        match key {
            // A constant would be no key to the planner.
            [] => unseen(Expr::text("null"), Expr::text("")),
            [_] => texts.next().unwrap_or(Expr::Null),
            _ => {
                let joined = texts.reduce(|a, b| join(join(a, Expr::text(",")), b)).unwrap_or(Expr::Null);
                join(join(Expr::text("["), joined), Expr::text("]"))
            }
        }
    }

    fn part_text(&mut self, column: &Column) -> Expr {
        let value = column.value(None);
        let text = match column.field.data_type {
            DataType::Row(_) | DataType::Array(_) => {
                self.refuse(Limit::KeyType, &column.field.name);
                Expr::Null
            }
            DataType::Timestamp => time::quoted(&time::millis(value)),
            DataType::EpochMillis => time::quoted(&value),
            _ => Expr::Call("JSON_STRING", vec![value]),
        };
        Expr::Call("COALESCE", vec![text, Expr::text("null")])
    }
}

fn join(a: Expr, b: Expr) -> Expr {
    Expr::infix(Op::Join, a, b)
}
