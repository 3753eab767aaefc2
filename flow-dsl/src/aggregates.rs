//! The catalogue of aggregations, and how they are found in a closure.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprCall, ExprClosure, ExprPath, Token};

use crate::errors::Errors;
use crate::model::as_ident;
use crate::suggest::{list, nearest};

/// One aggregation of the language.
#[derive(Debug)]
pub struct Row {
    /// The word.
    pub name: &'static str,
    /// How it is written.
    pub usage: &'static str,
    /// What it gives.
    pub doc: &'static str,
    /// How many arguments it takes.
    pub arity: usize,
}

/// Every aggregation.
pub const AGGREGATES: &[Row] = &[
    Row { name: "count", usage: "count()", doc: "How many records there are.", arity: 0 },
    Row { name: "sum", usage: "sum(o.amount)", doc: "The sum; integers keep their type and wrap.", arity: 1 },
    Row { name: "avg", usage: "avg(o.amount)", doc: "The mean; that of integers truncates.", arity: 1 },
    Row { name: "min", usage: "min(o.amount)", doc: "The least value.", arity: 1 },
    Row { name: "max", usage: "max(o.amount)", doc: "The greatest value.", arity: 1 },
    Row { name: "first", usage: "first(o.amount)", doc: "The value with the earliest event time.", arity: 1 },
    Row { name: "last", usage: "last(o.amount)", doc: "The value with the latest event time.", arity: 1 },
    Row { name: "count_distinct", usage: "count_distinct(o.shop)", doc: "How many values there are.", arity: 1 },
    Row { name: "custom", usage: "custom(MyAggregate, o.amount)", doc: "An aggregate of your own.", arity: 2 },
];

/// An aggregation in a closure.
#[derive(Debug)]
pub struct Aggregation {
    /// The user's word.
    pub token: Ident,
    /// The user's aggregate, of `custom`.
    pub custom: Option<Expr>,
    /// What is aggregated.
    pub value: Option<Expr>,
    /// The word `filter` and its closure.
    pub filter: Option<(Ident, Expr)>,
    /// The name of its result.
    pub result: Ident,
}

/// Takes the aggregations out of the closure's body: each is replaced by the name of its result.
pub fn extract(closure: &ExprClosure, errors: &Errors) -> (Expr, Vec<Aggregation>) {
    let mut body = (*closure.body).clone();
    let mut words = BTreeSet::new();
    collect_words(closure.body.to_token_stream(), &mut words);
    let mut records = Vec::new();
    for input in &closure.inputs {
        let mut names = Parameters(&mut records);
        names.visit_pat(input);
    }
    let mut extractor = Extractor { errors, words, records, found: Vec::new() };
    extractor.visit_expr_mut(&mut body);
    (body, extractor.found)
}

fn collect_words(tokens: TokenStream, words: &mut BTreeSet<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Ident(word) => drop(words.insert(word.to_string())),
            TokenTree::Group(group) => collect_words(group.stream(), words),
            _ => {}
        }
    }
}

struct Parameters<'a>(&'a mut Vec<Ident>);

impl Visit<'_> for Parameters<'_> {
    fn visit_pat_ident(&mut self, pattern: &syn::PatIdent) {
        self.0.push(pattern.ident.clone());
        visit::visit_pat_ident(self, pattern);
    }
}

/// How many calls of a single word there are.
struct Calls(usize);

impl Visit<'_> for Calls {
    fn visit_expr_call(&mut self, call: &ExprCall) {
        self.0 += usize::from(as_ident(&call.func).is_some());
        visit::visit_expr_call(self, call);
    }
}

struct Extractor<'a> {
    errors: &'a Errors,
    words: BTreeSet<String>,
    records: Vec<Ident>,
    found: Vec<Aggregation>,
}

impl VisitMut for Extractor<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Some(result) = self.aggregation(expr) {
            *expr = result;
            return;
        }
        if let Expr::Call(call) = &*expr
            && self.misspelt(call)
        {
            // Nothing more is said of it, whatever is checked later.
            *expr = syn::parse_quote!(0);
            return;
        }
        if let Some(name) = as_ident(expr).filter(|name| self.records.contains(name)) {
            let what = format!("`{name}` is one record of many here");
            let remedy = format!("use `key`, or an aggregation: `last({name}.…)`, `max({name}.…)` …");
            self.errors.report(name.span(), what, remedy);
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    /// Macros that take expressions, such as `format!`: aggregations stand in their arguments, too.
    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        if let Ok(mut args) = parser.parse2(mac.tokens.clone()) {
            args.iter_mut().for_each(|arg| self.visit_expr_mut(arg));
            mac.tokens = args.into_token_stream();
        }
    }
}

impl Extractor<'_> {
    /// The result's name, when the expression is an aggregation.
    fn aggregation(&mut self, expr: &Expr) -> Option<Expr> {
        let (call, filter) = match expr {
            Expr::Call(call) => (call, None),
            Expr::MethodCall(method) if method.method == "filter" && method.args.len() == 1 => {
                match &*method.receiver {
                    Expr::Call(call) => (call, Some((method.method.clone(), method.args[0].clone()))),
                    _ => return None,
                }
            }
            _ => return None,
        };
        let token = as_ident(&call.func)?.clone();
        let row = AGGREGATES.iter().find(|row| token == row.name)?;
        if call.args.len() != row.arity {
            let remedy = match row.name {
                "count" => "write `count()`; to leave some out, `count().filter(|o| …)`".to_owned(),
                _ => format!("write `{}`", row.usage),
            };
            let takes = ["no argument", "one argument", "two arguments"][row.arity.min(2)];
            let span = if row.arity == 0 { call.args.span() } else { token.span() };
            self.errors.report(span, format!("`{}` takes {takes}", row.name), remedy);
        }
        let mut args = call.args.iter().cloned();
        let custom = if row.arity == 2 { args.next() } else { None };
        let value = if row.arity > 0 { args.next() } else { None };
        let result = self.name(&token);
        let path = ExprPath { attrs: Vec::new(), qself: None, path: result.clone().into() };
        self.found.push(Aggregation { token, custom, value, filter, result });
        Some(Expr::Path(path))
    }

    /// A name that the user's closure does not use.
    fn name(&self, token: &Ident) -> Ident {
        let mut name = format!("{token}{}", self.found.len());
        while self.words.contains(&name) {
            name.push('_');
        }
        Ident::new(&name, Span::mixed_site().located_at(token.span()))
    }

    /// A call of the record that is no aggregation, or one of nothing that nearly is. (`Some(…)` is a constructor.)
    fn misspelt(&self, call: &ExprCall) -> bool {
        let Some(token) = as_ident(&call.func) else { return false };
        let mut words = BTreeSet::new();
        collect_words(call.args.to_token_stream(), &mut words);
        let of_record = self.records.iter().any(|record| words.contains(&record.to_string()));
        let mut inner = Calls(0);
        call.args.iter().for_each(|arg| inner.visit_expr(arg));
        let names: Vec<_> = AGGREGATES.iter().map(|row| row.name).collect();
        let remedy = match nearest(&token.to_string(), &names) {
            Some(near) if of_record || call.args.is_empty() => format!("did you mean `{near}`?"),
            // What is made of aggregations (`make(key, sum(o.a))`) is a function, whatever its name.
            None if of_record && inner.0 == 0 && !token.to_string().starts_with(char::is_uppercase) => {
                format!("aggregations are {}; a function of the record stands in one of them", list(&names))
            }
            _ => return false,
        };
        self.errors.report(token.span(), format!("`{token}` is not an aggregation"), remedy);
        true
    }
}
