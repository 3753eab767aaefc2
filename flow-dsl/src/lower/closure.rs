//! A closure of the user, as the argument of a method of the fluent API.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::Expr;

use super::Context;
use crate::errors::Mistake;
use crate::portable::closure;
use crate::portable::scope::Hold;

/// `.method_expr((closure, expression))` when the closure is portable, `.method(closure)` when it is not; the arguments
/// `before` stand before it, those `after` it after.
pub fn call(
    token: &Ident,
    closure: &Expr,
    hold: Hold,
    around: (&TokenStream, &TokenStream),
    cx: &mut Context,
) -> TokenStream {
    let portable = read(closure, hold, cx);
    method(token, closure, portable, around)
}

/// The call, with the closure's portable form where it has one.
pub fn method(
    token: &Ident,
    closure: &Expr,
    portable: Option<TokenStream>,
    (before, after): (&TokenStream, &TokenStream),
) -> TokenStream {
    // At the user's word: rustc reports a missing method, and the engine its source line, there.
    let span = token.span();
    match portable {
        Some(portable) => {
            let method = format_ident!("{token}_expr", span = span);
            quote_spanned!(span=> .#method(#before #portable #after))
        }
        None => quote_spanned!(span=> .#token(#before #closure #after)),
    }
}

/// The portable form, or `None` for an opaque closure: a mistake in a `portable;` pipeline.
pub fn read(expr: &Expr, hold: Hold, cx: &mut Context) -> Option<TokenStream> {
    match closure::read(expr, hold, cx.portable) {
        Ok(portable) => Some(portable.to_rust(cx.portable)),
        Err(mistakes) => {
            mistakes.into_iter().for_each(|mistake| opaque(mistake, cx));
            None
        }
    }
}

/// Notes that something is not portable, where that matters.
pub fn opaque(mistake: Mistake, cx: &Context) {
    if cx.portable {
        cx.errors.add(mistake);
    }
}
