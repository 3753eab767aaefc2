//! `key_by(|o| o.region)`, `key_by(())`.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::Expr;
use syn::spanned::Spanned;

use super::{Context, closure};
use crate::errors::Mistake;
use crate::model::Call;
use crate::portable::scope::Hold;

/// A key.
pub fn key_by(call: &Call, cx: &mut Context) -> TokenStream {
    let Some(argument) = call.args.first() else { return TokenStream::new() };
    key(&call.token, argument, cx)
}

/// A key, for the token at which it is asked for.
pub fn key(token: &Ident, argument: &Expr, cx: &mut Context) -> TokenStream {
    if let Expr::Tuple(tuple) = argument {
        if !tuple.elems.is_empty() {
            let what = "a key is a closure";
            cx.errors.add(Mistake::new(
                argument.span(),
                what,
                "write `key_by(|o| (o.region, o.shop))`, or `key_by(())` for one group of all",
            ));
        }
        let method = Ident::new("key_all", token.span());
        return quote_spanned!(token.span()=> .#method());
    }
    let nothing = TokenStream::new();
    closure::call(token, argument, Hold::Ref, (&nothing, &nothing), cx)
}
