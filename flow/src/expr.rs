//! Closures that carry their expression: what `expr!` and `pipeline!` make of a portable closure.

mod build;

use bytes::Bytes;
use rust_decimal::Decimal;

use crate::ir::value::Value;
use crate::time::Timestamp;

pub use crate::ir::expr::{BinaryOp, Expr, Function, SomeOp, UnaryOp};
pub use crate::ir::types::DataType;

/// A closure, and beside it the expression that means the same.
///
/// `expr!(|o| o.amount > 100)` makes one; the `_expr` methods take it. It is a tuple because rustc gives a closure the
/// types of its arguments through a tuple, and not through a struct of our own.
pub type Portable<F> = (F, PortableExpr);

/// The expression of a closure, or the reason why it has none.
#[derive(Clone, Debug, PartialEq)]
pub struct PortableExpr(Result<Expr, String>);

impl PortableExpr {
    /// The expression.
    pub fn exact(expr: Expr) -> Self {
        Self(Ok(expr))
    }

    /// The expression of a closure with captured variables: opaque when one of them has no literal form.
    pub fn capturing(build: impl FnOnce() -> Result<Expr, String>) -> Self {
        Self(build())
    }

    /// No expression, and why: it is said to the user who exports the pipeline.
    pub fn opaque(reason: impl Into<String>) -> Self {
        Self(Err(reason.into()))
    }

    /// The expression.
    ///
    /// # Errors
    ///
    /// The reason, when the closure has none.
    pub fn as_exact(&self) -> Result<&Expr, &str> {
        self.0.as_ref().map_err(String::as_str)
    }
}

impl From<Result<Expr, String>> for PortableExpr {
    fn from(expr: Result<Expr, String>) -> Self {
        Self(expr)
    }
}

/// A captured variable whose value can stand in the IR as a literal.
#[diagnostic::on_unimplemented(
    message = "a captured `{Self}` cannot stand in the IR",
    label = "no literal form",
    note = "captured values can be bool, i8 to i64, f32, f64, &str, String, Timestamp, Decimal, Bytes, and Options of those"
)]
pub trait Literal {
    /// The value.
    fn literal(&self) -> Value;
}

macro_rules! literals {
    ($($t:ty => |$v:ident| $value:expr;)*) => {$(
        impl Literal for $t {
            fn literal(&self) -> Value {
                let $v = self;
                $value
            }
        }
    )*};
}

literals! {
    bool => |v| Value::Bool(*v);
    i8 => |v| Value::I8(*v);
    i16 => |v| Value::I16(*v);
    i32 => |v| Value::I32(*v);
    i64 => |v| Value::I64(*v);
    f32 => |v| Value::F32(*v);
    f64 => |v| Value::F64(*v);
    str => |v| Value::Str(v.to_owned());
    String => |v| Value::Str(v.clone());
    Timestamp => |v| Value::Timestamp(*v);
    Decimal => |v| Value::Decimal(*v);
    Bytes => |v| Value::Bytes(v.clone());
}

impl<T: Literal + ?Sized> Literal for &T {
    fn literal(&self) -> Value {
        (**self).literal()
    }
}

impl<T: Literal> Literal for Option<T> {
    fn literal(&self) -> Value {
        self.as_ref().map_or(Value::Null, Literal::literal)
    }
}

/// Whether a text contains a match of a regular expression, which must be a literal in a portable closure.
///
/// The pattern is in the subset that Rust's and Java's engines read alike: literals, `.`, `[…]`, `\d \w \s` (ASCII), `^ $`,
/// groups, `|`, `* + ? {n,m}` and their lazy forms.
///
/// # Panics
///
/// When the pattern is not a regular expression of that subset.
///
/// ```
/// assert!(flow::expr::matches("order 17", r"\d+"));
/// ```
#[cfg(feature = "regex")]
pub fn matches(text: &str, pattern: &str) -> bool {
    match crate::ir::pattern::is_match(text, pattern) {
        Ok(found) => found,
        Err(reason) => panic!("the pattern '{pattern}' is not portable: {reason}"),
    }
}
