//! Building an expression in Rust: what the macro writes, and a program that makes pipelines at run time.

use super::{BinaryOp, DataType, Expr, Function, Literal, SomeOp, UnaryOp};

impl Expr {
    /// The record itself.
    pub fn record() -> Self {
        Self::Field(Vec::new())
    }

    /// A field of the record, by its path.
    ///
    /// ```
    /// use flow::expr::{BinaryOp, Expr};
    ///
    /// let large = Expr::binary(Expr::field(["amount"]), BinaryOp::Gt, Expr::number("100"));
    /// let near = Expr::binary(Expr::field(["address", "city"]), BinaryOp::Eq, Expr::literal("Bonn"));
    /// let _both = Expr::binary(large, BinaryOp::And, near);
    /// ```
    pub fn field<const N: usize>(path: [&str; N]) -> Self {
        Self::Field(path.map(str::to_owned).to_vec())
    }

    /// A field of the argument of the innermost closure on an `Option`; the argument itself when the path is empty.
    pub fn bound<const N: usize>(path: [&str; N]) -> Self {
        Self::Bound(path.map(str::to_owned).to_vec())
    }

    /// A numeral whose type comes from its neighbours, as digits.
    pub fn number(digits: &str) -> Self {
        Self::Number(digits.to_owned())
    }

    /// A value with a type of its own.
    pub fn literal<T: Literal + ?Sized>(value: &T) -> Self {
        Self::Literal(value.literal())
    }

    /// `-a`, `!a`.
    pub fn unary(op: UnaryOp, operand: Self) -> Self {
        Self::Unary(op, Box::new(operand))
    }

    /// `a + b`, `a && b`, `a < b`.
    pub fn binary(left: Self, op: BinaryOp, right: Self) -> Self {
        Self::Binary(op, Box::new(left), Box::new(right))
    }

    /// `if condition { then } else { otherwise }`.
    pub fn if_else(condition: Self, then: Self, otherwise: Self) -> Self {
        Self::If(Box::new(condition), Box::new(then), Box::new(otherwise))
    }

    /// `operand as ty`.
    pub fn cast(operand: Self, ty: DataType) -> Self {
        Self::Cast(Box::new(operand), ty)
    }

    /// A listed method or function; the receiver is the first argument.
    pub fn call<const N: usize>(function: Function, args: [Self; N]) -> Self {
        Self::Call(function, args.into())
    }

    /// `option.map(|x| body)` and the like, where `body` sees `x` as [`Expr::bound`].
    pub fn with_some(option: Self, then: SomeOp, body: Self) -> Self {
        Self::WithSome { option: Box::new(option), then, body: Box::new(body) }
    }

    /// A struct, by its name and fields.
    pub fn structure<const N: usize>(name: &str, fields: [(&str, Self); N]) -> Self {
        Self::Struct(name.to_owned(), fields.map(|(field, value)| (field.to_owned(), value)).into())
    }

    /// A tuple.
    pub fn tuple<const N: usize>(parts: [Self; N]) -> Self {
        Self::Tuple(parts.into())
    }
}
