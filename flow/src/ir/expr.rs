//! The expression tree of the portable subset.
//!
//! The macro writes this tree beside the Rust closure that means the same. It is untyped where Rust inferred the type (a
//! bare numeral); [`resolve`](super::resolve) gives every node its type from the schemas around it.

use super::types::DataType;
use super::value::Value;

/// An expression over the fields of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A field of the record, by path: `o.address.city` is `["address", "city"]`. The empty path is the record itself.
    /// Tuple fields are named `f0`, `f1`, … .
    Field(Vec<String>),
    /// A field of a record that is itself calculated.
    Get(Box<Expr>, String),
    /// A value whose type is known: a captured variable, a string, a bool, a suffixed numeral.
    Literal(Value),
    /// A numeral without a suffix, as it was written (no underscores); its type comes from its neighbours.
    Number(String),
    /// `-a`, `!a`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`, `a && b`, `a < b`.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `if c { a } else { b }`; `match` on literals becomes a chain of these.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a as i32`.
    Cast(Box<Expr>, DataType),
    /// A listed method or function.
    Call(Function, Vec<Expr>),
    /// `opt.map(|x| body)`, `opt.is_some_and(|x| body)`: the body sees its argument as `Bound`.
    WithSome {
        /// The optional value.
        option: Box<Expr>,
        /// What becomes of it.
        then: SomeOp,
        /// The closure's body.
        body: Box<Expr>,
    },
    /// The argument of the innermost enclosing `WithSome`, with a path into it.
    Bound(Vec<String>),
    /// `Out { a: x, b: y }`; the name is the Rust type's, for people.
    Struct(String, Vec<(String, Expr)>),
    /// `(a, b)`.
    Tuple(Vec<Expr>),
    /// `None`; `Some(x)` is just `x`.
    None,
    /// In an aggregate's output: the key (the whole), or the n-th part of it when there are several.
    Key(Option<usize>),
    /// In an aggregate's output: the window's start.
    WindowStart,
    /// In an aggregate's output: the window's end (exclusive).
    WindowEnd,
    /// In an aggregate's output: the n-th aggregation of the stage.
    Aggregate(usize),
}

/// A unary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-a`, wrapping.
    Neg,
    /// `!a` on a bool.
    Not,
}

/// A binary operator. Integers wrap, `/` and `%` truncate toward zero and fail on zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
}

/// What is done with the value inside an `Option`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SomeOp {
    /// `opt.map(|x| …)`: None stays None.
    Map,
    /// `opt.is_some_and(|x| …)`: false for None.
    IsSomeAnd,
    /// `opt.is_none_or(|x| …)`: true for None.
    IsNoneOr,
}

/// The listed methods that have one meaning on both engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// `s.chars().count()`: length in code points, an `i64` after `as i64`.
    CharCount,
    /// `s.to_lowercase()`.
    Lower,
    /// `s.to_uppercase()`.
    Upper,
    /// `s.trim_matches(' ')`: ASCII spaces on both ends.
    Trim,
    /// `s.starts_with("…")`.
    StartsWith,
    /// `s.ends_with("…")`.
    EndsWith,
    /// `s.contains("…")`.
    Contains,
    /// `s.replace("a", "b")`.
    Replace,
    /// `s.chars().skip(n).take(m).collect::<String>()`: by code point; arguments are `s, n, m`.
    Substring,
    /// `a.clone() + &b` and `format!("{}{}", a, b)` of strings: arguments in order.
    Concat,
    /// `n.to_string()` of an integer, bool or string.
    ToString,
    /// `x.abs()` (`wrapping_abs` for integers).
    Abs,
    /// `x.floor()` of a float.
    Floor,
    /// `x.ceil()` of a float.
    Ceil,
    /// `x.sqrt()` of a double.
    Sqrt,
    /// `a.min(b)` of integers, strings and times.
    Min2,
    /// `a.max(b)` of integers, strings and times.
    Max2,
    /// `opt.is_some()`.
    IsSome,
    /// `opt.is_none()`.
    IsNone,
    /// `opt.unwrap_or(x)`.
    UnwrapOr,
    /// `opt.or(other)`.
    OrElse,
    /// `flow::regex_is_match!`-free form: `flow::expr::matches(&s, "literal")`: arguments are the text and a literal pattern.
    Matches,
    /// `t.millis()` of a `Timestamp`.
    Millis,
    /// `t.plus_millis(n)`.
    PlusMillis,
    /// `Timestamp::from_millis(n)`.
    FromMillis,
    /// `t.year()` (UTC).
    Year,
    /// `t.month()` 1 to 12.
    Month,
    /// `t.day()` of the month.
    Day,
    /// `t.hour()`.
    Hour,
    /// `t.minute()`.
    Minute,
    /// `t.second()`.
    Second,
    /// `t.to_string()`-free form: `t.format_date()`: `2026-01-31`.
    FormatDate,
}
