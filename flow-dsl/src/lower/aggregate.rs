//! `aggregate(|o| Out { region: key, total: sum(o.amount), mean: sum(o.amount) / count() })`.
//!
//! The aggregations are taken out of the closure: they become a closure over a typed proxy, `|of| (of.sum(|o| o.amount),
//! of.count())`, and what is left of the user's closure becomes a second one over their results.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprClosure, Pat};

use super::{Context, closure};
use crate::aggregates::{Aggregation, extract};
use crate::errors::Mistake;
use crate::model::{Call, as_ident};
use crate::portable::closure::{Portable, of_body, plain_closure, with_others};
use crate::portable::scope::{Hold, Place, Scope};
use crate::portable::walk::{Position, walk};
use crate::stages::Shape;

/// As many aggregations as the proxy's tuples have.
const MOST: usize = 12;

/// An aggregate.
pub fn aggregate(call: &Call, cx: &mut Context) -> TokenStream {
    let nothing = TokenStream::new();
    let Some(argument) = call.args.first() else { return nothing };
    let span = call.token.span();
    let Ok(user) = plain_closure(argument) else {
        let what = "`aggregate` takes a closure written here";
        cx.errors.report(argument.span(), what, format!("write `{}`", call.row.usage));
        return nothing;
    };
    let mistakes_before = cx.errors.count();
    let (body, found) = extract(user, cx.errors);
    if found.is_empty() && cx.errors.count() == mistakes_before {
        let what = "there is no aggregation in the closure";
        cx.errors.report(user.body.span(), what, "write at least one: `count()`, `sum(o.amount)` …");
    }
    if let Some(excess) = found.get(MOST) {
        let what = format!("more than {MOST} aggregations in one stage");
        cx.errors.report(excess.token.span(), what, "make two stages of it, and join them");
    }
    let windowed = cx.before.as_ref().is_none_or(|before| before.shape != Some(Shape::Keyed));
    let specs: Vec<_> = found.iter().map(|aggregation| spec(aggregation, user, cx)).collect();
    let specs = match &specs[..] {
        [one] => one.clone(),
        all => quote!((#(#all),*)),
    };
    let of = proxy();
    let head = finish_head(&body, &found, windowed, cx);
    let token = &call.token;
    match finish(&body, &head, &found, cx.portable) {
        Ok(portable) => {
            let method = Ident::new("aggregate_expr", span);
            let portable = portable.to_rust(cx.portable);
            quote_spanned!(span=> .#method(|#of| #specs, #portable))
        }
        Err(mistakes) => {
            mistakes.into_iter().for_each(|mistake| closure::opaque(mistake, cx));
            let capture = &user.capture;
            let own = own_key(&body);
            quote_spanned!(span=> .#token(|#of| #specs, #capture #head { #own #body }))
        }
    }
}

fn proxy() -> Ident {
    Ident::new("of", proc_macro2::Span::mixed_site())
}

/// `of.sum(|o| o.amount).filter(|o| o.paid)`.
fn spec(aggregation: &Aggregation, user: &ExprClosure, cx: &mut Context) -> TokenStream {
    let of = proxy();
    let token = &aggregation.token;
    let nothing = TokenStream::new();
    let spec = match (&aggregation.custom, &aggregation.value) {
        (Some(custom), Some(value)) => {
            let remedy = "write one of the built-in aggregations, or remove `portable;`";
            cx.not_portable(token.span(), "`custom` runs in-process only", remedy);
            if is_record(value, user) {
                let method = Ident::new("custom_record", token.span());
                quote_spanned!(token.span()=> #of.#method(#custom))
            } else {
                let value = of_record(value, user);
                quote_spanned!(token.span()=> #of.#token(#custom, #value))
            }
        }
        (_, Some(value)) => {
            positional(token, cx);
            let call = closure::call(token, &of_record(value, user), Hold::Ref, (&nothing, &nothing), cx);
            quote!(#of #call)
        }
        (_, None) => quote_spanned!(token.span()=> #of.#token()),
    };
    let filter = aggregation
        .filter
        .as_ref()
        .map(|(token, condition)| closure::call(token, condition, Hold::Ref, (&nothing, &nothing), cx));
    quote!(#spec #filter)
}

/// Flink SQL's `FIRST_VALUE` and `LAST_VALUE` fail in windows that share records, and in sessions.
fn positional(token: &Ident, cx: &Context) {
    if let Some(window @ ("sliding" | "session")) = cx.window
        && (token == "first" || token == "last")
    {
        let what = format!("`{token}` is not portable in a {window} window: Flink SQL cannot compute it there");
        cx.not_portable(token.span(), what, "write a tumbling window, or `min` or `max`");
    }
}

/// Whether the aggregated value is the closure's record as it is.
fn is_record(value: &Expr, user: &ExprClosure) -> bool {
    let Some(Pat::Ident(record)) = user.inputs.first() else { return false };
    as_ident(value).is_some_and(|value| *value == record.ident)
}

/// The user's closure, with the aggregated value as its body.
fn of_record(value: &Expr, user: &ExprClosure) -> Expr {
    Expr::Closure(ExprClosure { body: Box::new(value.clone()), ..user.clone() })
}

/// `|key, window, (sum0, count1)|`, with `_` for what is not used.
fn finish_head(body: &Expr, found: &[Aggregation], windowed: bool, cx: &Context) -> TokenStream {
    let mut names = Names::default();
    names.visit_expr(body);
    if !windowed && let Some(window) = &names.window {
        let remedy = "write `-> window(tumbling(1min))` before the aggregate";
        cx.errors.report(window.span(), "there is no window here", remedy);
    }
    let name = |name: Option<Ident>| name.map_or_else(|| quote!(_), Ident::into_token_stream);
    let results: Vec<_> = found.iter().map(|aggregation| &aggregation.result).collect();
    let results = match &results[..] {
        [one] => quote!(#one),
        all => quote!((#(#all),*)),
    };
    let key = name(names.key);
    let window = windowed.then(|| name(names.window)).map(|window| quote!(#window,));
    quote!(|#key, #window #results|)
}

/// An opaque closure sees the key as its own value, as a portable one does.
fn own_key(body: &Expr) -> Option<TokenStream> {
    let mut names = Names::default();
    names.visit_expr(body);
    names.key.map(|key| quote!(let #key = ::core::clone::Clone::clone(#key);))
}

/// The second closure, if it is portable.
fn finish(body: &Expr, head: &TokenStream, found: &[Aggregation], strict: bool) -> Result<Portable, Vec<Mistake>> {
    let mut scope = Scope::new(strict);
    scope.bind("key".to_owned(), Place::Key, Hold::Ref);
    scope.bind("window".to_owned(), Place::Window, Hold::Owned);
    for (index, aggregation) in found.iter().enumerate() {
        scope.bind(aggregation.result.to_string(), Place::Aggregate(index), Hold::Owned);
    }
    match walk(body, Position::Value, &mut scope) {
        Ok((rust, tree)) => Ok(of_body(quote!(move #head #rust), tree, scope)),
        Err(mistake) => Err(with_others(mistake, scope)),
    }
}

/// The user's own tokens for the key and the window: their hygiene is that of the closure's body.
#[derive(Default)]
struct Names {
    key: Option<Ident>,
    window: Option<Ident>,
}

impl Visit<'_> for Names {
    fn visit_expr_path(&mut self, path: &syn::ExprPath) {
        match path.path.get_ident() {
            Some(name) if name == "key" => self.key = Some(name.clone()),
            Some(name) if name == "window" => self.window = Some(name.clone()),
            _ => visit::visit_expr_path(self, path),
        }
    }
}
