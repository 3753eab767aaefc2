//! A typed tree as SQL text, from which [`sql_parse`](super::sql_parse) makes the same tree again.
//!
//! A literal is written bare where its type comes back from its neighbours, and as `CAST(5 AS BIGINT)` elsewhere.

use std::fmt::Write;

use super::expr::{BinaryOp, Function, UnaryOp};
use super::functions::{self, PARTS};
use super::typed::{Node, Typed};
use super::types::DataType;
use super::value::Value;

/// The longest text of one expression, in bytes.
pub const MAX_TEXT: usize = 64 * 1024;

/// The SQL text of an expression.
///
/// `expected` is what the reader will be told to expect: the type of the field that the value goes to, or BOOLEAN.
pub fn print(expr: &Typed, expected: Option<&DataType>) -> String {
    let mut printer = Printer { out: String::new() };
    let known = expected.is_some_and(|expected| expected.logical() == expr.ty.data_type);
    printer.expr(expr, known || matches!(expr.ty.data_type, DataType::Row(_)), 0);
    printer.out
}

/// A name in back-ticks.
pub fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// How tightly an operator binds; what binds less stands in parentheses.
fn strength(node: &Node) -> u8 {
    match node {
        Node::Binary(BinaryOp::Or, ..) => 1,
        Node::Binary(BinaryOp::And, ..) => 2,
        Node::Unary(UnaryOp::Not, _) | Node::Call(Function::IsSome | Function::IsNone, _) => 3,
        Node::Binary(BinaryOp::Add | BinaryOp::Sub, ..) => 5,
        Node::Binary(BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem, ..) => 6,
        Node::Binary(..) => 4,
        Node::Unary(UnaryOp::Neg, _) => 7,
        Node::Literal(value) if is_negative(value) => 7,
        _ => ATOM,
    }
}

const ATOM: u8 = 9;

fn is_negative(value: &Value) -> bool {
    match value {
        Value::I8(v) => *v < 0,
        Value::I16(v) => *v < 0,
        Value::I32(v) => *v < 0,
        Value::I64(v) => *v < 0,
        Value::F32(v) => v.is_sign_negative(),
        Value::F64(v) => v.is_sign_negative(),
        _ => false,
    }
}

/// Whether a reader knows its type without being told: it holds something besides bare literals.
fn is_anchored(expr: &Typed) -> bool {
    match &expr.node {
        Node::Literal(Value::Null) => false,
        Node::Literal(value) => !is_numeral(value),
        Node::Unary(UnaryOp::Neg, a) => is_anchored(a),
        Node::Binary(op, a, b) if is_arithmetic(*op) => is_anchored(a) || is_anchored(b),
        Node::If(_, a, b) => is_anchored(a) || is_anchored(b),
        Node::Call(f, args) if shares_type(*f) => args.iter().any(is_anchored),
        Node::Row(_) => false,
        _ => true,
    }
}

/// Literals that are written as bare numbers.
fn is_numeral(value: &Value) -> bool {
    match value {
        Value::I8(_) | Value::I16(_) | Value::I32(_) | Value::I64(_) => true,
        Value::F32(v) => v.is_finite(),
        Value::F64(v) => v.is_finite(),
        _ => false,
    }
}

fn is_arithmetic(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Rem)
}

/// Functions whose arguments and result are of one type, which the reader finds in any of them.
fn shares_type(function: Function) -> bool {
    use Function::{Abs, Ceil, Floor, Max2, Min2, OrElse, UnwrapOr};
    matches!(function, Abs | Floor | Ceil | Min2 | Max2 | UnwrapOr | OrElse)
}

struct Printer {
    out: String,
}

impl Printer {
    /// Writes an expression; `known`: the reader will expect its type.
    fn expr(&mut self, expr: &Typed, known: bool, least: u8) {
        let parentheses = strength(&expr.node) < least;
        if parentheses {
            self.out.push('(');
        }
        self.bare(expr, known);
        if parentheses {
            self.out.push(')');
        }
    }

    fn bare(&mut self, expr: &Typed, known: bool) {
        match &expr.node {
            Node::Field(name, _) => self.out.push_str(&quote(name)),
            Node::Get(base, name, _) => {
                let chain = matches!(base.node, Node::Field(..) | Node::Get(..));
                self.expr(base, false, if chain { 0 } else { ATOM + 1 });
                self.out.push('.');
                self.out.push_str(&quote(name));
            }
            Node::Literal(value) => self.literal(value, &expr.ty.data_type, known),
            Node::Unary(UnaryOp::Not, a) => {
                self.out.push_str("NOT ");
                self.expr(a, true, ATOM);
            }
            Node::Unary(UnaryOp::Neg, a) => {
                self.out.push('-');
                self.expr(a, known, ATOM);
            }
            Node::Binary(op, a, b) => self.binary(*op, a, b, known),
            Node::If(..) => self.case(expr, known),
            Node::Cast(a) => {
                self.out.push_str("CAST(");
                self.expr(a, false, 0);
                let _ = write!(self.out, " AS {})", expr.ty.data_type);
            }
            Node::Call(function, args) => self.call(*function, args, known),
            Node::Row(parts) => self.list("ROW", parts.iter().map(|part| (part, known))),
        }
    }

    fn binary(&mut self, op: BinaryOp, a: &Typed, b: &Typed, known: bool) {
        let (symbol, own) = match op {
            BinaryOp::Or => ("OR", 1),
            BinaryOp::And => ("AND", 2),
            BinaryOp::Eq => ("=", 4),
            BinaryOp::Ne => ("<>", 4),
            BinaryOp::Lt => ("<", 4),
            BinaryOp::Le => ("<=", 4),
            BinaryOp::Gt => (">", 4),
            BinaryOp::Ge => (">=", 4),
            BinaryOp::Add => ("+", 5),
            BinaryOp::Sub => ("-", 5),
            BinaryOp::Mul => ("*", 6),
            BinaryOp::Div => ("/", 6),
            BinaryOp::Rem => ("%", 6),
        };
        let (left, right) = pair(a, b, known && is_arithmetic(op));
        // A comparison within a comparison stands in parentheses on both sides.
        self.expr(a, left, if own == 4 { 5 } else { own });
        let _ = write!(self.out, " {symbol} ");
        self.expr(b, right, own + 1);
    }

    fn case(&mut self, expr: &Typed, known: bool) {
        let mut branches = Vec::new();
        let mut last = expr;
        while let Node::If(c, a, b) = &last.node {
            branches.push((c, a));
            last = b;
        }
        // The reader finds the type in the first branch that has one, and expects it of all.
        let values: Vec<&Typed> = branches.iter().map(|(_, a)| &***a).chain([last]).collect();
        let given = if known { None } else { Some(values.iter().position(|v| is_anchored(v)).unwrap_or(0)) };
        self.out.push_str("CASE");
        for (i, (condition, value)) in branches.iter().enumerate() {
            self.out.push_str(" WHEN ");
            self.expr(condition, true, 0);
            self.out.push_str(" THEN ");
            self.expr(value, given != Some(i), 0);
        }
        self.out.push_str(" ELSE ");
        self.expr(last, given != Some(branches.len()), 0);
        self.out.push_str(" END");
    }

    fn call(&mut self, function: Function, args: &[Typed], known: bool) {
        match function {
            Function::IsSome | Function::IsNone => {
                self.expr(&args[0], false, ATOM);
                self.out.push_str(if function == Function::IsSome { " IS NOT NULL" } else { " IS NULL" });
            }
            Function::ToString => {
                self.out.push_str("CAST(");
                self.expr(&args[0], false, 0);
                self.out.push_str(" AS STRING)");
            }
            _ if PARTS.iter().any(|(part, _)| *part == function) => {
                let _ = write!(self.out, "EXTRACT({} FROM ", functions::name(function));
                self.expr(&args[0], true, 0);
                self.out.push(')');
            }
            _ if shares_type(function) => {
                let given = args.iter().position(is_anchored).unwrap_or(0);
                self.list(functions::name(function), args.iter().enumerate().map(|(i, a)| (a, known || i != given)));
            }
            _ => self.list(functions::name(function), args.iter().map(|arg| (arg, true))),
        }
    }

    fn list<'a>(&mut self, name: &str, items: impl Iterator<Item = (&'a Typed, bool)>) {
        self.out.push_str(name);
        self.out.push('(');
        for (i, (item, known)) in items.enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            self.expr(item, known, 0);
        }
        self.out.push(')');
    }

    fn literal(&mut self, value: &Value, data_type: &DataType, known: bool) {
        let text = match value {
            Value::Null => "NULL".to_owned(),
            Value::Bool(v) => if *v { "TRUE" } else { "FALSE" }.to_owned(),
            Value::I8(v) => v.to_string(),
            Value::I16(v) => v.to_string(),
            Value::I32(v) => v.to_string(),
            Value::I64(v) => v.to_string(),
            Value::F32(v) if v.is_finite() => format!("{v:?}"),
            Value::F64(v) if v.is_finite() => format!("{v:?}"),
            Value::F32(v) => non_finite(f64::from(*v)),
            Value::F64(v) => non_finite(*v),
            Value::Str(text) => string(text),
            Value::Bytes(bytes) => bytes.iter().fold("X'".to_owned(), |out, byte| format!("{out}{byte:02x}")) + "'",
            Value::Timestamp(at) => format!("'{at}'"),
            Value::Decimal(v) => v.to_string(),
            Value::Row(_) | Value::Array(_) => "NULL".to_owned(),
        };
        let bare = match value {
            Value::Bool(_) | Value::Str(_) | Value::Bytes(_) => true,
            Value::I32(_) => true,
            Value::F64(v) => v.is_finite(),
            Value::F32(v) => v.is_finite() && known,
            Value::Null | Value::I8(_) | Value::I16(_) | Value::I64(_) => known,
            _ => false,
        };
        if bare {
            self.out.push_str(&text);
        } else {
            let _ = write!(self.out, "CAST({text} AS {data_type})");
        }
    }
}

/// Of two operands that share a type, whether the reader expects it of each.
fn pair(a: &Typed, b: &Typed, known: bool) -> (bool, bool) {
    match (is_anchored(a), is_anchored(b)) {
        (true, _) => (false, true),
        (false, true) => (true, false),
        (false, false) => (known, true),
    }
}

fn non_finite(value: f64) -> String {
    let name = if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    format!("'{name}'")
}

fn string(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
