//! Random expressions of the portable subset over the fields of a record.
//!
//! What the semantics exclude from "the same answer" is not generated: the order of strings beyond the BMP, and what always
//! ends a job, a division by zero.

use super::random::Random;
use super::schema::{Alphabet, SCALARS, value};
use flow::ir::expr::{BinaryOp, Expr, Function as F, SomeOp, UnaryOp};
use flow::ir::resolve::{Scope, resolve};
use flow::ir::sql_print::print;
use flow::ir::typed::Typed;
use flow::ir::types::{DataType, Schema, Type};
use flow::ir::value::Value;

/// What makes expressions over the fields of a record.
pub(crate) struct Expressions<'a> {
    pub(crate) random: &'a mut Random,
    pub(crate) schema: &'a Schema,
    pub(crate) alphabet: Alphabet,
}

/// Why a pattern: each is one that both engines read alike.
const PATTERNS: [&str; 4] = ["^a+|[0-9]", "b$", "^$", "[A-Z]{2}"];

fn boxed(expr: Expr) -> Box<Expr> {
    Box::new(expr)
}

fn simple(data_type: &DataType) -> bool {
    SCALARS.contains(&data_type.logical())
}

impl Expressions<'_> {
    /// The SQL text of an expression whose reader knows that it is of this type.
    pub(crate) fn text(&mut self, of: &Type, depth: usize) -> String {
        print(&self.typed(of, depth), Some(&of.data_type))
    }

    /// The SQL text of an expression whose reader knows nothing of its type.
    pub(crate) fn text_alone(&mut self, of: &Type, depth: usize) -> String {
        print(&self.typed(of, depth), None)
    }

    fn typed(&mut self, of: &Type, depth: usize) -> Typed {
        let expr =
            if of.nullable { self.optional(&of.data_type, None, depth) } else { self.expr(&of.data_type, None, depth) };
        resolve(&expr, Scope::record(self.schema), Some(&of.data_type))
            .unwrap_or_else(|error| panic!("{error}: {expr:?} over {:?}", self.schema))
    }

    /// A type to make something of. A decimal that is no field has a width of its own, which not every neighbour has.
    pub(crate) fn scalar(&mut self) -> DataType {
        let of = self.random.pick(&SCALARS);
        let decimal = matches!(of, DataType::Decimal { .. });
        if decimal && self.field(&of, false).is_none() { DataType::I64 } else { of }
    }

    /// A field that is such, by its path.
    fn field(&mut self, of: &DataType, nullable: bool) -> Option<Expr> {
        let mut paths = Vec::new();
        for field in &self.schema.fields {
            if field.ty() == (Type { data_type: of.clone(), nullable }) {
                paths.push(vec![field.name.clone()]);
            }
            if let (DataType::Row(inner), false) = (&field.data_type, field.nullable) {
                let inner = inner.fields.iter().filter(|f| f.ty() == (Type { data_type: of.clone(), nullable }));
                paths.extend(inner.map(|f| vec![field.name.clone(), f.name.clone()]));
            }
        }
        (!paths.is_empty()).then(|| Expr::Field(self.random.pick(&paths)))
    }

    /// `bound`: the type of the argument of the closure on an option that it stands in.
    fn expr(&mut self, of: &DataType, bound: Option<&DataType>, depth: usize) -> Expr {
        if bound == Some(of) && self.random.once_in(2) {
            return Expr::Bound(Vec::new());
        }
        if depth == 0 || self.random.once_in(4) {
            return self.leaf(of);
        }
        match self.random.below(7) {
            0 => {
                let condition = boxed(self.expr(&DataType::Bool, bound, depth - 1));
                Expr::If(condition, boxed(self.expr(of, bound, depth - 1)), boxed(self.expr(of, bound, depth - 1)))
            }
            1 if simple(of) => {
                let option = self.optional(of, bound, depth - 1);
                Expr::Call(F::UnwrapOr, vec![option, self.expr(of, bound, depth - 1)])
            }
            2 if *of == DataType::Bool => self.presence(bound, depth - 1),
            _ => self.own(of, bound, depth - 1),
        }
    }

    fn leaf(&mut self, of: &DataType) -> Expr {
        let number = of.is_integer() || of.is_float();
        let field = self.field(of, false);
        match (field, self.random.below(3)) {
            (Some(field), 0 | 1) => field,
            (Some(field), _) if matches!(of, DataType::Decimal { .. }) => field,
            (_, 0) if number => {
                let text: &str = if of.is_float() {
                    self.random.pick(&["0.5", "3.0", "1e3"])
                } else {
                    self.random.pick(&["0", "5", "100"])
                };
                Expr::Cast(boxed(Expr::Number(text.into())), of.clone())
            }
            _ => Expr::Literal(value(self.random, self.alphabet, &Type::required(of.clone()))),
        }
    }

    /// An expression of `Option<of>`.
    fn optional(&mut self, of: &DataType, bound: Option<&DataType>, depth: usize) -> Expr {
        let field = self.field(of, true);
        if let (Some(field), true) = (field, depth == 0 || self.random.once_in(2)) {
            return field;
        }
        if depth == 0 {
            let never = Expr::Literal(Value::Bool(self.random.once_in(2)));
            return Expr::If(boxed(never), boxed(self.leaf(of)), boxed(Expr::None));
        }
        match self.random.below(4) {
            0 if simple(of) => {
                let inner = self.scalar();
                let option = self.optional(&inner, bound, depth - 1);
                let body = self.expr(of, Some(&inner), depth - 1);
                Expr::WithSome { option: boxed(option), then: SomeOp::Map, body: boxed(body) }
            }
            1 if simple(of) => {
                let (a, b) = (self.optional(of, bound, depth - 1), self.optional(of, bound, depth - 1));
                Expr::Call(F::OrElse, vec![a, b])
            }
            _ => {
                let condition = boxed(self.expr(&DataType::Bool, bound, depth - 1));
                Expr::If(condition, boxed(self.expr(of, bound, depth - 1)), boxed(Expr::None))
            }
        }
    }

    /// What is asked of an option.
    fn presence(&mut self, bound: Option<&DataType>, depth: usize) -> Expr {
        let inner = self.scalar();
        let option = self.optional(&inner, bound, depth);
        match self.random.below(4) {
            0 => Expr::Call(F::IsSome, vec![option]),
            1 => Expr::Call(F::IsNone, vec![option]),
            n => {
                let then = if n == 2 { SomeOp::IsSomeAnd } else { SomeOp::IsNoneOr };
                let body = self.expr(&DataType::Bool, Some(&inner), depth.saturating_sub(1));
                Expr::WithSome { option: boxed(option), then, body: boxed(body) }
            }
        }
    }

    /// An operator or function that gives the type.
    fn own(&mut self, of: &DataType, bound: Option<&DataType>, depth: usize) -> Expr {
        match of {
            DataType::Bool => self.condition(bound, depth),
            t if t.is_integer() || t.is_float() => self.number(t, bound, depth),
            DataType::String => self.string(bound, depth),
            DataType::Timestamp => {
                let int = DataType::I64;
                match self.random.below(2) {
                    0 => {
                        let by = Expr::Literal(Value::I64(self.random.pick(&[0, 1, -1, 999, 86_400_000, -3_600_001])));
                        Expr::Call(F::PlusMillis, vec![self.expr(of, bound, depth), by])
                    }
                    _ => {
                        let small = Expr::Cast(boxed(self.expr(&DataType::I32, bound, depth)), int);
                        Expr::Call(F::FromMillis, vec![small])
                    }
                }
            }
            other => self.leaf(other),
        }
    }

    fn condition(&mut self, bound: Option<&DataType>, depth: usize) -> Expr {
        let bool = DataType::Bool;
        match self.random.below(5) {
            0 => Expr::Unary(UnaryOp::Not, boxed(self.expr(&bool, bound, depth))),
            1 => {
                let op = self.random.pick(&[BinaryOp::And, BinaryOp::Or]);
                Expr::Binary(op, boxed(self.expr(&bool, bound, depth)), boxed(self.expr(&bool, bound, depth)))
            }
            2 => {
                let function = self.random.pick(&[F::StartsWith, F::EndsWith, F::Contains, F::Matches]);
                let text = self.expr(&DataType::String, bound, depth);
                let other = match function {
                    F::Matches => Expr::Literal(Value::Str(self.random.pick(&PATTERNS).to_owned())),
                    _ => self.expr(&DataType::String, bound, depth),
                };
                Expr::Call(function, vec![text, other])
            }
            _ => self.comparison(bound, depth),
        }
    }

    fn comparison(&mut self, bound: Option<&DataType>, depth: usize) -> Expr {
        let of = self.scalar();
        let equality = [BinaryOp::Eq, BinaryOp::Ne];
        let all = [BinaryOp::Lt, BinaryOp::Le, BinaryOp::Gt, BinaryOp::Ge, BinaryOp::Eq, BinaryOp::Ne];
        let unordered = matches!(of, DataType::Bool | DataType::Bytes) || self.unordered(&of);
        let op = if unordered { self.random.pick(&equality) } else { self.random.pick(&all) };
        let a = self.expr(&of, bound, depth);
        let b = if of.is_integer() && self.random.once_in(2) {
            Expr::Number("42".into())
        } else {
            self.expr(&of, bound, depth)
        };
        Expr::Binary(op, boxed(a), boxed(b))
    }

    fn unordered(&self, of: &DataType) -> bool {
        *of == DataType::String && self.alphabet.astral
    }

    fn string(&mut self, bound: Option<&DataType>, depth: usize) -> Expr {
        let text = DataType::String;
        let functions = [
            F::Lower,
            F::Upper,
            F::Trim,
            F::Replace,
            F::Substring,
            F::Concat,
            F::ToString,
            F::FormatDate,
            F::Min2,
            F::Max2,
        ];
        let count = if self.unordered(&text) { 8 } else { functions.len() };
        let function = self.random.pick(&functions[..count]);
        let mut arg = |of: &DataType| self.expr(of, bound, depth);
        let args = match function {
            F::Lower | F::Upper | F::Trim => vec![arg(&text)],
            F::Replace => vec![arg(&text), arg(&text), arg(&text)],
            F::Substring => {
                let text = arg(&text);
                let [from, count] = [0, 1].map(|_| self.random.pick(&[0, 1, 2, 5, -1, i64::MAX, i64::MIN]));
                vec![text, Expr::Literal(Value::I64(from)), Expr::Literal(Value::I64(count))]
            }
            F::ToString => vec![arg(&DataType::I64)],
            F::FormatDate => vec![arg(&DataType::Timestamp)],
            _ => vec![arg(&text), arg(&text)],
        };
        Expr::Call(function, args)
    }

    fn number(&mut self, of: &DataType, bound: Option<&DataType>, depth: usize) -> Expr {
        let float = of.is_float();
        match self.random.below(6) {
            0 => Expr::Unary(UnaryOp::Neg, boxed(self.expr(of, bound, depth))),
            1 => {
                let from = self.random.pick(&SCALARS[..7]);
                let from = if from == DataType::Bool && float { DataType::I16 } else { from };
                Expr::Cast(boxed(self.expr(&from, bound, depth)), of.clone())
            }
            2 if *of == DataType::I64 => match self.random.below(3) {
                0 => Expr::Call(F::CharCount, vec![self.expr(&DataType::String, bound, depth)]),
                1 => {
                    let part = self.random.pick(&[F::Year, F::Month, F::Day, F::Hour, F::Minute, F::Second]);
                    Expr::Call(part, vec![self.expr(&DataType::Timestamp, bound, depth)])
                }
                _ => Expr::Call(F::Millis, vec![self.expr(&DataType::Timestamp, bound, depth)]),
            },
            2 if *of == DataType::F64 && self.random.once_in(2) => {
                Expr::Call(F::Sqrt, vec![self.expr(of, bound, depth)])
            }
            2 if float => Expr::Call(self.random.pick(&[F::Floor, F::Ceil, F::Abs]), vec![self.expr(of, bound, depth)]),
            2 => {
                let function = self.random.pick(&[F::Min2, F::Max2]);
                Expr::Call(function, vec![self.expr(of, bound, depth), self.expr(of, bound, depth)])
            }
            3 => Expr::Call(F::Abs, vec![self.expr(of, bound, depth)]),
            n => self.arithmetic(of, n == 4, bound, depth),
        }
    }

    fn arithmetic(&mut self, of: &DataType, divides: bool, bound: Option<&DataType>, depth: usize) -> Expr {
        let a = boxed(self.expr(of, bound, depth));
        if of.is_float() {
            let op = self.random.pick(&[BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul, BinaryOp::Div]);
            return Expr::Binary(op, a, boxed(self.expr(of, bound, depth)));
        }
        if divides {
            let op = self.random.pick(&[BinaryOp::Div, BinaryOp::Rem]);
            let by = self.random.pick(&["1", "2", "7", "100"]);
            let by = Expr::Cast(boxed(Expr::Number(by.into())), of.clone());
            let by = if self.random.once_in(3) { Expr::Unary(UnaryOp::Neg, boxed(by)) } else { by };
            return Expr::Binary(op, a, boxed(by));
        }
        let op = self.random.pick(&[BinaryOp::Add, BinaryOp::Sub, BinaryOp::Mul]);
        Expr::Binary(op, a, boxed(self.expr(of, bound, depth)))
    }
}
