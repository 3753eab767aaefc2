//! `route(big = |o| o.amount > 1000, odd = |o| …, rest)`.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::{Context, closure};
use crate::model::Call;
use crate::portable::scope::Hold;

/// A route: each condition names a stream, `rest` is what none takes.
pub fn route(call: &Call, cx: &mut Context) -> TokenStream {
    let token = &call.token;
    if call.routes.is_empty() {
        cx.missing(call, "`route` has no route", &format!("write `{}`", call.row.usage));
    }
    if call.flag(&["rest"]).is_none() {
        let remedy = "write `rest` at its end, and use the stream `rest`";
        cx.missing(call, "`route` does not say where the other records go", remedy);
    }
    let whens = call.routes.iter().map(|(name, condition)| {
        let text = Literal::string(&name.unraw().to_string());
        let when = Ident::new("when", name.span());
        closure::call(&when, condition, Hold::Ref, (&quote!(#text,), &TokenStream::new()), cx)
    });
    let whens: TokenStream = whens.collect();
    quote_spanned!(token.span()=> .#token() #whens .split())
}
