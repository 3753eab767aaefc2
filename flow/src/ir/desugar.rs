//! Closures on options become plain expressions: `opt.map(|x| body)` is `CASE WHEN opt IS NOT NULL THEN body ELSE NULL END`
//! with `opt` in the place of `x`.

use super::expr::{Expr, Function, SomeOp};
use super::typed::MAX_NODES;
use super::value::Value;
use crate::error::{Error, ErrorKind};

/// The same expression without `WithSome` and `Bound`.
///
/// # Errors
///
/// When it is larger or deeper than the caps allow, or `Bound` stands outside of a closure.
pub(super) fn desugar(expr: &Expr) -> Result<Expr, Error> {
    if !expr.is_within_caps() {
        return Err(too_large());
    }
    let plain = Desugar { bound: Vec::new(), nodes: 0 }.expr(expr)?;
    if plain.is_within_caps() { Ok(plain) } else { Err(too_large()) }
}

fn too_large() -> Error {
    Error::new(ErrorKind::Ir, format!("the expression has over {MAX_NODES} parts, or is nested too deeply"))
        .help("calculate a part of it in a stage of its own")
}

struct Desugar {
    bound: Vec<Expr>,
    nodes: usize,
}

impl Desugar {
    fn expr(&mut self, expr: &Expr) -> Result<Expr, Error> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(too_large());
        }
        Ok(match expr {
            Expr::WithSome { option, then, body } => self.with_some(option, *then, body)?,
            Expr::Bound(path) => {
                let argument = self.bound.last().cloned();
                let argument =
                    argument.ok_or_else(|| Error::new(ErrorKind::Ir, "an argument outside of its closure"))?;
                self.nodes += count(&argument);
                path.iter().fold(argument, |base, name| get(base, name))
            }
            Expr::Get(base, name) => get(self.expr(base)?, name),
            Expr::Unary(op, a) => Expr::Unary(*op, self.boxed(a)?),
            Expr::Binary(op, a, b) => Expr::Binary(*op, self.boxed(a)?, self.boxed(b)?),
            Expr::If(c, a, b) => Expr::If(self.boxed(c)?, self.boxed(a)?, self.boxed(b)?),
            Expr::Cast(a, to) => Expr::Cast(self.boxed(a)?, to.clone()),
            Expr::Call(f, args) => Expr::Call(*f, self.all(args)?),
            Expr::Tuple(parts) => Expr::Tuple(self.all(parts)?),
            Expr::Struct(name, fields) => {
                let fields = fields.iter().map(|(field, value)| Ok((field.clone(), self.expr(value)?)));
                Expr::Struct(name.clone(), fields.collect::<Result<_, Error>>()?)
            }
            leaf => leaf.clone(),
        })
    }

    fn boxed(&mut self, expr: &Expr) -> Result<Box<Expr>, Error> {
        self.expr(expr).map(Box::new)
    }

    fn all(&mut self, exprs: &[Expr]) -> Result<Vec<Expr>, Error> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    fn with_some(&mut self, option: &Expr, then: SomeOp, body: &Expr) -> Result<Expr, Error> {
        let option = self.expr(option)?;
        self.bound.push(option.clone());
        let body = self.expr(body);
        self.bound.pop();
        let otherwise = match then {
            SomeOp::Map => Expr::None,
            SomeOp::IsSomeAnd => Expr::Literal(Value::Bool(false)),
            SomeOp::IsNoneOr => Expr::Literal(Value::Bool(true)),
        };
        let condition = Expr::Call(Function::IsSome, vec![option]);
        Ok(Expr::If(Box::new(condition), Box::new(body?), Box::new(otherwise)))
    }
}

fn get(base: Expr, name: &str) -> Expr {
    match base {
        Expr::Field(mut path) => {
            path.push(name.to_owned());
            Expr::Field(path)
        }
        other => Expr::Get(Box::new(other), name.to_owned()),
    }
}

fn count(expr: &Expr) -> usize {
    let (mut nodes, mut rest) = (0, vec![expr]);
    while let Some(next) = rest.pop() {
        nodes += 1;
        rest.extend(next.children());
    }
    nodes
}
