//! Heads: what a chain starts from.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::Context;
use crate::model::{Call, as_ident};

/// `source(e)`, `source::<T>(e)`.
pub fn source(call: &Call, _: &mut Context) -> TokenStream {
    let (token, args) = (&call.token, &call.args);
    let pipeline = pipeline();
    match &call.turbofish {
        Some(ty) => {
            // The type is the source's item: one type argument where the method has another list of them.
            let checked = quote_spanned!(syn::spanned::Spanned::span(ty)=> ::flow::__private::source_of::<#ty, _>);
            quote_spanned!(token.span()=> #pipeline.#token(#(#checked(#args)),*))
        }
        None => quote_spanned!(token.span()=> #pipeline.#token(#(#args),*)),
    }
}

/// `union(a, b, …)`.
pub fn union(call: &Call, cx: &mut Context) -> TokenStream {
    let token = &call.token;
    let streams: Vec<_> = call.args.iter().filter_map(as_ident).map(|name| cx.stream(name)).collect();
    let Some((first, others)) = streams.split_first() else { return TokenStream::new() };
    let others = quote!([#(#others),*]);
    quote_spanned!(token.span()=> #first.#token(#others))
}

/// The variable that holds the pipeline.
pub fn pipeline() -> proc_macro2::Ident {
    proc_macro2::Ident::new("pipeline", proc_macro2::Span::mixed_site())
}
