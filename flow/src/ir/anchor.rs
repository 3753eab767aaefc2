//! What type an expression has before its numerals have one: the neighbour that a numeral takes its type from.

use super::expr::{BinaryOp, Expr, Function};
use super::literals::{is_fraction, literal_type};
use super::resolve::{Resolver, WINDOW_END, WINDOW_START};
use super::types::{DataType, Schema};
use super::value::Value;

impl Resolver<'_> {
    /// The type that these must share: that of the first that has one of its own, else the expected one, else that of a
    /// numeral that nothing else gives a type.
    pub(super) fn common_of(&self, exprs: &[&Expr], expected: Option<&DataType>) -> Option<DataType> {
        let anchor = exprs.iter().find_map(|expr| self.anchor(expr));
        anchor.or_else(|| expected.cloned()).or_else(|| {
            let numerals = exprs.iter().filter(|expr| is_numeral(expr));
            numerals
                .map(|expr| if is_fraction(expr) { DataType::F64 } else { DataType::I32 })
                .max_by_key(|t| t.is_float())
        })
    }

    fn anchor(&self, expr: &Expr) -> Option<DataType> {
        match expr {
            Expr::Field(path) => self.field_type(path),
            Expr::Get(base, name) => field_of(&self.anchor(base)?, name),
            // A captured decimal takes the width of its neighbour, if it fits.
            Expr::Literal(Value::Decimal(_)) => None,
            Expr::Literal(value) => literal_type(value),
            Expr::Unary(super::expr::UnaryOp::Not, _) => Some(DataType::Bool),
            Expr::Unary(_, a) => self.anchor(a),
            Expr::Binary(op, a, b) => match op {
                BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem => {
                    self.anchor(a).or_else(|| self.anchor(b))
                }
                _ => Some(DataType::Bool),
            },
            Expr::If(_, a, b) => self.anchor(a).or_else(|| self.anchor(b)),
            Expr::Cast(_, to) => Some(to.logical()),
            Expr::Call(function, args) => self.call_type(*function, args),
            Expr::Key(part) => {
                let names = self.scope.output.map(|output| output.keys.as_slice()).unwrap_or_default();
                match (part, names) {
                    (None, [one]) => self.field_type(std::slice::from_ref(one)),
                    (Some(n), _) => self.field_type(std::slice::from_ref(names.get(*n)?)),
                    _ => None,
                }
            }
            Expr::WindowStart => self.field_type(&[WINDOW_START.to_owned()]),
            Expr::WindowEnd => self.field_type(&[WINDOW_END.to_owned()]),
            Expr::Aggregate(n) => {
                let names = self.scope.output.map(|output| output.aggregates.as_slice()).unwrap_or_default();
                self.field_type(std::slice::from_ref(names.get(*n)?))
            }
            Expr::Number(_) | Expr::None | Expr::Struct(..) | Expr::Tuple(_) => None,
            Expr::WithSome { .. } | Expr::Bound(_) => None,
        }
    }

    fn call_type(&self, function: Function, args: &[Expr]) -> Option<DataType> {
        use Function::{
            Abs, Ceil, CharCount, Concat, Contains, Day, EndsWith, Floor, FormatDate, FromMillis, Hour, IsNone, IsSome,
            Lower, Matches, Max2, Millis, Min2, Minute, Month, OrElse, PlusMillis, Replace, Second, Sqrt, StartsWith,
            Substring, ToString, Trim, UnwrapOr, Upper, Year,
        };
        Some(match function {
            CharCount | Millis | Year | Month | Day | Hour | Minute | Second => DataType::I64,
            Lower | Upper | Trim | Replace | Substring | Concat | ToString | FormatDate => DataType::String,
            StartsWith | EndsWith | Contains | IsSome | IsNone | Matches => DataType::Bool,
            PlusMillis | FromMillis => DataType::Timestamp,
            Sqrt => DataType::F64,
            Abs | Floor | Ceil | Min2 | Max2 | UnwrapOr | OrElse => {
                return args.iter().find_map(|arg| self.anchor(arg));
            }
        })
    }

    fn field_type(&self, path: &[String]) -> Option<DataType> {
        let (first, rest) = path.split_first()?;
        let first = in_schema(self.scope.schema, first)?;
        rest.iter().try_fold(first, |base, name| field_of(&base, name))
    }
}

fn in_schema(schema: &Schema, name: &str) -> Option<DataType> {
    schema.find(name).map(|index| schema.fields[index].data_type.logical())
}

fn field_of(base: &DataType, name: &str) -> Option<DataType> {
    match base {
        DataType::Row(schema) => in_schema(schema, name),
        _ => None,
    }
}

/// Whether the value is made of numerals alone.
fn is_numeral(expr: &Expr) -> bool {
    match expr {
        Expr::Number(_) => true,
        Expr::Unary(super::expr::UnaryOp::Neg, a) => is_numeral(a),
        Expr::Binary(_, a, b) | Expr::If(_, a, b) => is_numeral(a) || is_numeral(b),
        Expr::Call(_, args) => args.iter().any(is_numeral),
        _ => false,
    }
}
