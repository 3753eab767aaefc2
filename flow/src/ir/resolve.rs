//! Types for every node of an expression, by Rust's rules: no promotion, and a numeral takes its type from its neighbour,
//! else from what is expected, else it is an `i32` or an `f64`.
//!
//! The same resolver reads what the macro wrote and what stood in SQL text, so that both give the same tree. What is tested
//! by `IS NOT NULL` is not NULL in the branch that follows.

use super::cast;
use super::construct::row;
use super::desugar::desugar;
use super::expr::{BinaryOp, Expr, Function, UnaryOp};
use super::literals::{canonical, is_fraction, literal, numeral};
use super::typed::{Node, Typed};
use super::types::{DataType, Field, Schema, Type, tuple_field};
use super::value::Value;
use crate::error::{Error, ErrorKind};

/// What an expression can see.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The fields of the record.
    pub schema: &'a Schema,
    /// In an aggregate's output: where key and aggregations stand among them.
    pub output: Option<&'a OutputNames>,
}

/// The fields under which an aggregate's output finds the key and the aggregations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputNames {
    /// The parts of the key.
    pub keys: Vec<String>,
    /// The aggregations, in order.
    pub aggregates: Vec<String>,
}

/// The field that holds a window's start.
pub const WINDOW_START: &str = "window_start";
/// The field that holds a window's end (exclusive).
pub const WINDOW_END: &str = "window_end";

impl<'a> Scope<'a> {
    /// The fields of a record, and nothing else.
    pub fn record(schema: &'a Schema) -> Self {
        Self { schema, output: None }
    }
}

/// The typed tree of an expression.
///
/// # Errors
///
/// When a field does not exist, types do not fit, or the expression is larger than the caps.
///
/// ```
/// use flow::ir::{expr::{BinaryOp, Expr}, resolve::{Scope, resolve}, types::{DataType, Field, Schema}};
/// let schema = Schema::new(vec![Field::new("amount", DataType::I64, false)]);
/// let over = |n: &str| {
///     let (field, number) = (Expr::Field(vec!["amount".into()]), Expr::Number(n.into()));
///     Expr::Binary(BinaryOp::Gt, Box::new(field), Box::new(number))
/// };
/// let typed = resolve(&over("100"), Scope::record(&schema), Some(&DataType::Bool))?;
/// assert_eq!(typed.ty.data_type, DataType::Bool);
/// let error = resolve(&over("1.5"), Scope::record(&schema), None).unwrap_err();
/// assert_eq!(error.message(), "`1.5` is not a value of i64");
/// # Ok::<(), flow::Error>(())
/// ```
pub fn resolve(expr: &Expr, scope: Scope<'_>, expected: Option<&DataType>) -> Result<Typed, Error> {
    let expected = expected.map(DataType::logical);
    let plain = desugar(expr)?;
    let typed = Resolver { scope, not_null: Vec::new() }.expr(&plain, expected.as_ref())?;
    match expected {
        Some(expected) if !fits(&typed.ty.data_type, &expected) => Err(mismatch(&expected, &typed.ty.data_type)),
        _ => Ok(typed),
    }
}

pub(super) fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Ir, message)
}

pub(super) fn mismatch(expected: &DataType, found: &DataType) -> Error {
    wrong(format!("expected {}, found {}", expected.rust_name(), found.rust_name()))
        .help("types are never converted silently: use `as`, or CAST in SQL text")
}

/// Whether a value of one type can stand where the other is expected; records also if only their NULLs are fewer.
pub(super) fn fits(found: &DataType, expected: &DataType) -> bool {
    match (found, expected) {
        (DataType::Row(a), DataType::Row(b)) => {
            let field = |(a, b): (&Field, &Field)| {
                a.name == b.name && (b.nullable || !a.nullable) && fits(&a.data_type, &b.data_type)
            };
            a.fields.len() == b.fields.len() && a.fields.iter().zip(&b.fields).all(field)
        }
        _ => found == expected,
    }
}

pub(super) struct Resolver<'a> {
    pub(super) scope: Scope<'a>,
    /// What is known not to be NULL here.
    not_null: Vec<Typed>,
}

impl Resolver<'_> {
    pub(super) fn expr(&mut self, expr: &Expr, expected: Option<&DataType>) -> Result<Typed, Error> {
        let (node, ty) = match expr {
            Expr::Field(path) => return self.path(path),
            Expr::Get(base, name) => {
                let base = self.expr(base, None)?;
                let typed = get(base, name)?;
                (typed.node, typed.ty)
            }
            Expr::Literal(value) => return literal(value.clone(), expected),
            Expr::Number(text) => return numeral(text, expected),
            Expr::None => return literal(Value::Null, expected),
            Expr::Unary(op, a) => return self.unary(*op, a, expected),
            Expr::Binary(op, a, b) => self.binary(*op, a, b, expected)?,
            Expr::If(c, a, b) => self.choice(c, a, b, expected)?,
            Expr::Cast(a, to) => return self.cast(a, &to.logical()),
            Expr::Call(function, args) => self.call(*function, args, expected)?,
            Expr::Struct(_, fields) => self.record(fields, expected)?,
            Expr::Tuple(parts) => self.tuple(parts, expected)?,
            Expr::Key(part) => return self.key(*part),
            Expr::WindowStart => return self.path(&[WINDOW_START.to_owned()]),
            Expr::WindowEnd => return self.path(&[WINDOW_END.to_owned()]),
            Expr::Aggregate(n) => {
                let name = self.scope.output.and_then(|output| output.aggregates.get(*n)).cloned();
                return self.path(&[name.ok_or_else(|| wrong("an aggregation outside of an aggregate's output"))?]);
            }
            Expr::WithSome { .. } | Expr::Bound(_) => return Err(wrong("an argument outside of its closure")),
        };
        Ok(self.known(Typed { node, ty }))
    }

    /// What is known not to be NULL is typed so.
    fn known(&self, mut typed: Typed) -> Typed {
        if typed.ty.nullable && self.not_null.iter().any(|known| known.same(&typed)) {
            typed.ty.nullable = false;
        }
        typed
    }

    fn path(&self, path: &[String]) -> Result<Typed, Error> {
        let schema = self.scope.schema;
        let at = |index: usize| {
            let field = &schema.fields[index];
            self.known(Typed { node: Node::Field(field.name.clone(), index), ty: field.ty() })
        };
        let Some((first, rest)) = path.split_first() else {
            let ty = Type::required(DataType::Row(schema.logical()));
            return Ok(Typed { node: Node::Row((0..schema.fields.len()).map(at).collect()), ty });
        };
        let index = schema.find(first).ok_or_else(|| unknown(first, schema))?;
        rest.iter().try_fold(at(index), |base, name| Ok(self.known(get(base, name)?)))
    }

    fn key(&self, part: Option<usize>) -> Result<Typed, Error> {
        let names = self.scope.output.map(|output| output.keys.as_slice()).unwrap_or_default();
        match (part, names) {
            (None, [one]) => self.path(std::slice::from_ref(one)),
            (Some(n), _) if n < names.len() => self.path(std::slice::from_ref(&names[n])),
            (None, [_, _, ..]) => {
                let parts = names.iter().map(|name| self.path(std::slice::from_ref(name)));
                Ok(row(parts.collect::<Result<_, _>>()?, tuple_field))
            }
            _ => Err(wrong("a key outside of an aggregate's output, or one that it does not have")),
        }
    }

    fn unary(&mut self, op: UnaryOp, a: &Expr, expected: Option<&DataType>) -> Result<Typed, Error> {
        // A numeral takes its sign first: 128 is no i8, -128 is one.
        if let (UnaryOp::Neg, Expr::Number(text)) = (op, a) {
            let negative = text.strip_prefix('-').map_or_else(|| format!("-{text}"), str::to_owned);
            return numeral(&negative, expected);
        }
        let bool = DataType::Bool;
        let a = self.expr(a, if op == UnaryOp::Not { Some(&bool) } else { expected })?;
        required(&a)?;
        let ty = a.ty.clone();
        match op {
            UnaryOp::Not if ty.data_type != bool => return Err(mismatch(&bool, &ty.data_type)),
            UnaryOp::Neg if !is_number(&ty.data_type) => return Err(no_arithmetic("-", &ty.data_type)),
            UnaryOp::Neg => {
                if let Node::Literal(value) = &a.node {
                    return Ok(Typed::literal(canonical(cast::negate(value)), ty));
                }
            }
            UnaryOp::Not => {}
        }
        Ok(Typed { node: Node::Unary(op, Box::new(a)), ty })
    }

    fn binary(&mut self, op: BinaryOp, a: &Expr, b: &Expr, expected: Option<&DataType>) -> Result<(Node, Type), Error> {
        use BinaryOp::{Add, And, Div, Mul, Or, Rem, Sub};
        let bool = DataType::Bool;
        let arithmetic = matches!(op, Add | Sub | Mul | Div | Rem);
        let common = match op {
            And | Or => bool.clone(),
            _ => self.common_of(&[a, b], expected.filter(|_| arithmetic)).unwrap_or(DataType::I32),
        };
        let (a, b) = (self.expr(a, Some(&common))?, self.expr(b, Some(&common))?);
        required(&a)?;
        required(&b)?;
        let (left, right) = (&a.ty.data_type, &b.ty.data_type);
        let decimals = matches!((left, right), (DataType::Decimal { .. }, DataType::Decimal { .. }));
        if left != right && (arithmetic || !decimals) {
            return Err(mismatch(left, right));
        }
        match op {
            Rem if !left.is_integer() => return Err(no_arithmetic("%", left)),
            Add | Sub | Mul | Div if !is_number(left) => return Err(no_arithmetic("arithmetic", left)),
            And | Or if *left != bool => return Err(mismatch(&bool, left)),
            BinaryOp::Eq | BinaryOp::Ne if !has_equality(left) => return Err(no_comparison(left)),
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge if !has_order(left) => {
                return Err(no_comparison(left));
            }
            _ => {}
        }
        let ty = Type::required(if arithmetic { left.clone() } else { bool });
        Ok((Node::Binary(op, Box::new(a), Box::new(b)), ty))
    }

    fn choice(&mut self, c: &Expr, a: &Expr, b: &Expr, expected: Option<&DataType>) -> Result<(Node, Type), Error> {
        let condition = self.expr(c, Some(&DataType::Bool))?;
        required(&condition)?;
        if condition.ty.data_type != DataType::Bool {
            return Err(mismatch(&DataType::Bool, &condition.ty.data_type));
        }
        let common = self.common_of(&[a, b], expected);
        let tested = match &condition.node {
            Node::Call(Function::IsSome, args) => Some((true, args[0].clone())),
            Node::Call(Function::IsNone, args) => Some((false, args[0].clone())),
            _ => None,
        };
        let mut branch = |expr: &Expr, known: Option<&Typed>, common: Option<&DataType>| {
            self.not_null.extend(known.cloned());
            let typed = self.expr(expr, common);
            if known.is_some() {
                self.not_null.pop();
            }
            typed
        };
        let known = |when: bool| tested.as_ref().filter(|(some, _)| *some == when).map(|(_, typed)| typed);
        let a = branch(a, known(true), common.as_ref())?;
        let b = branch(b, known(false), common.as_ref().or(Some(&a.ty.data_type)))?;
        let data_type = match (fits(&a.ty.data_type, &b.ty.data_type), fits(&b.ty.data_type, &a.ty.data_type)) {
            (true, _) => b.ty.data_type.clone(),
            (_, true) => a.ty.data_type.clone(),
            _ => return Err(mismatch(&a.ty.data_type, &b.ty.data_type)),
        };
        let ty = Type { data_type, nullable: a.ty.nullable || b.ty.nullable };
        Ok((Node::If(Box::new(condition), Box::new(a), Box::new(b)), ty))
    }

    fn cast(&mut self, a: &Expr, to: &DataType) -> Result<Typed, Error> {
        let number = |e: &Expr| matches!(e, Expr::Number(_));
        let is_numeral = number(a) || matches!(a, Expr::Unary(UnaryOp::Neg, a) if number(a));
        let a = match to {
            // `5 as i64` is the literal 5_i64; `1.5 as i64` is an f64 that is cut.
            DataType::Decimal { .. } if is_numeral => return self.expr(a, Some(to)),
            _ if is_numeral && (to.is_float() || !is_fraction(a)) => return self.expr(a, Some(to)),
            _ if matches!(a, Expr::None | Expr::Literal(Value::Null)) => return literal(Value::Null, Some(to)),
            _ => self.expr(a, None)?,
        };
        let from = a.ty.data_type.clone();
        if from == *to {
            return Ok(a);
        }
        if let (Node::Literal(Value::Str(text)), true) = (&a.node, *to != DataType::String) {
            let value =
                cast::parse_literal(text, to).ok_or_else(|| wrong(format!("'{text}' is not a literal of {to}")))?;
            return Ok(Typed::literal(value, Type::required(to.clone())));
        }
        required(&a)?;
        let printable = from.is_integer() || matches!(from, DataType::Bool);
        if *to == DataType::String && printable {
            let ty = Type::required(DataType::String);
            return Ok(Typed { node: Node::Call(Function::ToString, vec![a]), ty });
        }
        if !(is_number(to) && is_number(&from) || to.is_integer() && from == DataType::Bool) {
            return Err(wrong(format!("{} cannot be cast to {}", from.rust_name(), to.rust_name()))
                .help("casts are between numbers, and from bool to an integer"));
        }
        let ty = Type::required(to.clone());
        if let Node::Literal(value) = &a.node {
            return Ok(Typed::literal(canonical(cast::cast(value, to)), ty));
        }
        Ok(Typed { node: Node::Cast(Box::new(a)), ty })
    }
}

fn get(base: Typed, name: &str) -> Result<Typed, Error> {
    required(&base)?;
    let DataType::Row(schema) = &base.ty.data_type else {
        return Err(wrong(format!("{} has no field `{name}`", base.ty.data_type.rust_name())));
    };
    let schema = schema.clone();
    let index = schema.find(name).ok_or_else(|| unknown(name, &schema))?;
    Ok(base.field(&schema, index))
}

pub(super) fn unknown(name: &str, schema: &Schema) -> Error {
    let names: Vec<&str> = schema.names().take(20).collect();
    wrong(format!("there is no field `{name}`")).help(format!("the fields are: {}", names.join(", ")))
}

/// Operands that would bring in three-valued logic are refused.
pub(super) fn required(typed: &Typed) -> Result<(), Error> {
    if !typed.ty.nullable {
        return Ok(());
    }
    Err(wrong("an optional value is used as if it were there")
        .help("open it with is_some_and, map or unwrap_or; in SQL text with COALESCE or CASE WHEN x IS NOT NULL"))
}

fn no_arithmetic(what: &str, of: &DataType) -> Error {
    wrong(format!("`{what}` of {} is not portable", of.rust_name()))
}

fn no_comparison(of: &DataType) -> Error {
    wrong(format!("comparing values of {} is not portable", of.rust_name()))
}

pub(super) fn is_number(data_type: &DataType) -> bool {
    data_type.is_integer() || data_type.is_float()
}

fn has_equality(data_type: &DataType) -> bool {
    !matches!(data_type, DataType::Row(_) | DataType::Array(_))
}

pub(crate) fn has_order(data_type: &DataType) -> bool {
    has_equality(data_type) && !matches!(data_type, DataType::Bool | DataType::Bytes)
}
