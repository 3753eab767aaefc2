//! `apply(fragment)`, `apply(|stream| stream.filter_expr(expr!(|o| o.paid)))`.

use proc_macro2::{Ident, TokenStream};
use syn::visit::{self, Visit};
use syn::{Expr, ExprClosure, ExprMethodCall, Pat};

use super::{Context, stateless};
use crate::model::{Call, as_ident};
use crate::stages;

/// Methods with a closure and an `_expr` form that are not called as a stage is.
const OTHERS: &[&str] = &["watermark_monotonic", "when"];

/// A fragment. What a function of another place does with the stream is seen by `to_ir()` only; a closure is read here.
pub fn apply(call: &Call, cx: &mut Context) -> TokenStream {
    if let Some(Expr::Closure(closure)) = call.args.first() {
        fragment(closure, cx);
    }
    stateless::plain(call, cx)
}

fn fragment(closure: &ExprClosure, cx: &Context) {
    let mut parameter = closure.inputs.first();
    while let Some(Pat::Type(typed)) = parameter {
        parameter = Some(&typed.pat);
    }
    if let Some(Pat::Ident(stream)) = parameter {
        Fragment { stream: &stream.ident, cx }.visit_expr(&closure.body);
    }
}

/// The methods that are called on the stream of a fragment, or on what they gave.
struct Fragment<'a> {
    stream: &'a Ident,
    cx: &'a Context<'a>,
}

impl Visit<'_> for Fragment<'_> {
    fn visit_expr_method_call(&mut self, call: &ExprMethodCall) {
        visit::visit_expr_method_call(self, call);
        if !self.on_stream(&call.receiver) {
            return;
        }
        let name = call.method.to_string();
        let row = stages::stage(&name);
        let closure = call.args.iter().any(|arg| matches!(arg, Expr::Closure(_)));
        if let Some((what, remedy)) = row.and_then(|row| row.opaque) {
            self.cx.not_portable(call.method.span(), what, remedy);
        } else if closure && (row.is_some() || OTHERS.contains(&name.as_str())) {
            let remedy = format!("write `{name}_expr` with `expr!(|o| …)`, or the stage itself in the pipeline");
            self.cx.not_portable(
                call.method.span(),
                format!("a plain closure in `.{name}(…)` is not portable"),
                remedy,
            );
        }
    }
}

impl Fragment<'_> {
    fn on_stream(&self, receiver: &Expr) -> bool {
        match receiver {
            Expr::MethodCall(call) => self.on_stream(&call.receiver),
            Expr::Paren(paren) => self.on_stream(&paren.expr),
            other => as_ident(other) == Some(self.stream),
        }
    }
}
