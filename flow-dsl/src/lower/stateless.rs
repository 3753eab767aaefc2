//! Stages of one record at a time, and those that take their arguments as they are.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprClosure, Lit, ReturnType, parse_quote_spanned};

use super::{Context, closure};
use crate::duration::Duration;
use crate::errors::Mistake;
use crate::model::Call;
use crate::portable::{self, scope::Hold};

/// A stage whose arguments are the method's.
pub fn plain(call: &Call, _: &mut Context) -> TokenStream {
    let (token, args) = (&call.token, &call.args);
    quote_spanned!(token.span()=> .#token(#(#args),*))
}

fn with_closure(call: &Call, hold: Hold, cx: &mut Context) -> TokenStream {
    let nothing = TokenStream::new();
    let Some(argument) = call.args.first() else { return nothing };
    closure::call(&call.token, argument, hold, (&nothing, &nothing), cx)
}

/// `filter(|o| …)`.
pub fn filter(call: &Call, cx: &mut Context) -> TokenStream {
    with_closure(call, Hold::Ref, cx)
}

/// `map(|o| …)`.
pub fn map(call: &Call, cx: &mut Context) -> TokenStream {
    with_closure(call, Hold::Owned, cx)
}

/// `filter_map(|o| …)`.
pub fn filter_map(call: &Call, cx: &mut Context) -> TokenStream {
    with_closure(call, Hold::Owned, cx)
}

/// `flat_map(|o| …)`: portable is a list that the record holds.
pub fn flat_map(call: &Call, cx: &mut Context) -> TokenStream {
    let Some(argument) = call.args.first().filter(|_| cx.portable) else {
        return with_closure(call, Hold::Owned, cx);
    };
    let portable = match portable::closure::read(&of_list(argument), Hold::Owned, true) {
        Ok(portable) => Some(portable.to_rust(true)),
        Err(mistakes) => {
            let remedy =
                "write `flat_map(|o| o.items)`, with a field that is a `Vec` of records, or remove `portable;`";
            mistakes.into_iter().for_each(|mistake| cx.errors.report(mistake.span, mistake.what, remedy));
            None
        }
    };
    let nothing = TokenStream::new();
    closure::method(&call.token, argument, portable, (&nothing, &nothing))
}

/// The closure, said to give a `Vec`: what else can be gone through has no counterpart in SQL.
fn of_list(closure: &Expr) -> Expr {
    match closure {
        Expr::Closure(closure) if matches!(closure.output, ReturnType::Default) => {
            let here = Span::mixed_site().located_at(closure.body.span());
            let output = parse_quote_spanned!(here=> -> ::std::vec::Vec<_>);
            Expr::Closure(ExprClosure { output, ..closure.clone() })
        }
        other => other.clone(),
    }
}

/// `top(3, |r| r.total)`.
pub fn top(call: &Call, cx: &mut Context) -> TokenStream {
    let [number, score] = &call.args[..] else { return TokenStream::new() };
    if let Err(mistake) = at_least_one(number, "`top`") {
        cx.errors.add(mistake);
    }
    closure::call(&call.token, score, Hold::Ref, (&quote!(#number,), &TokenStream::new()), cx)
}

/// A literal that must not be zero.
fn at_least_one(number: &Expr, what: &str) -> Result<(), Mistake> {
    let lit = match number {
        Expr::Lit(lit) => Some(&lit.lit),
        _ => None,
    };
    match lit {
        Some(Lit::Int(int)) if int.suffix().is_empty() && int.base10_digits() != "0" => Ok(()),
        Some(lit) => {
            Err(Mistake::new(lit.span(), format!("{what} needs a whole number of at least one"), "write, say, `3`"))
        }
        None => Ok(()),
    }
}

/// `map_async(|o| fut, concurrency = 16, timeout = 5s, retries = 3, ordered)`.
pub fn map_async(call: &Call, cx: &mut Context) -> TokenStream {
    requests(call, quote!(16), cx)
}

/// `enrich(|batch| fut, |o, answer| …, concurrency = 4, timeout = 5s, retries = 3, ordered)`.
pub fn enrich(call: &Call, cx: &mut Context) -> TokenStream {
    requests(call, quote!(4), cx)
}

/// A stage that makes requests: how, and its closures.
fn requests(call: &Call, at_a_time: TokenStream, cx: &mut Context) -> TokenStream {
    let span = call.token.span();
    let order = call.flag(&["ordered", "unordered"]);
    let order = order.map_or_else(|| Ident::new("ordered", span), |flag| Ident::new(&flag.to_string(), flag.span()));
    let concurrency = call.option("concurrency");
    if let Some(mistake) = concurrency.and_then(|number| at_least_one(number, "`concurrency`").err()) {
        cx.errors.add(mistake);
    }
    let concurrency = concurrency.map_or(at_a_time, |number| quote!(#number));
    let timeout = call.option("timeout").and_then(|expr| {
        let duration = cx.errors.keep(Duration::positive(expr, "`timeout`"))?.to_rust();
        Some(quote!(.timeout(#duration)))
    });
    let retries = call.option("retries").map(|number| quote!(.retries(#number)));
    let (token, closures) = (&call.token, &call.args);
    let path = quote_spanned!(Span::mixed_site().located_at(span)=> ::flow::MapAsync);
    quote_spanned!(span=> .#token(#path::#order(#concurrency) #timeout #retries, #(#closures),*))
}

/// `.named("…").with_parallelism(n)`, what every stage takes.
pub fn common(call: &Call, cx: &Context) -> TokenStream {
    let name = call.option("name").map(|name| {
        if let Expr::Lit(lit) = name
            && !matches!(&lit.lit, Lit::Str(text) if !text.value().is_empty())
        {
            cx.errors.report(name.span(), "a stage's name is a string that is not empty", "write `name = \"…\"`");
        }
        let method = format_ident!("named", span = name.span());
        quote!(.#method(#name))
    });
    let parallelism = call.option("parallelism").and_then(|number| {
        let number = cx.errors.keep(crate::settings::parallelism(number))?;
        Some(quote!(.with_parallelism(#number)))
    });
    quote!(#name #parallelism)
}
