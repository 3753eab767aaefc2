//! `watermark(|o| o.at, delay = 5s)`, `watermark(|o| o.at, monotonic)`, `watermark(strategy = e)`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

use super::{Context, closure};
use crate::duration::Duration;
use crate::errors::Mistake;
use crate::model::Call;
use crate::portable::closure::plain_closure;
use crate::portable::scope::Hold;

const USAGE: &str =
    "write `watermark(|o| o.at, delay = 5s)`, `watermark(|o| o.at, monotonic)` or `watermark(strategy = e)`";

/// A watermark.
pub fn watermark(call: &Call, cx: &mut Context) -> TokenStream {
    let span = call.token.span();
    let nothing = TokenStream::new();
    match (call.args.first(), call.option("delay"), call.flag(&["monotonic"]), call.option("strategy")) {
        (None, None, None, Some(strategy)) => {
            closure::opaque(
                Mistake::new(span, "a strategy of your own is not portable", "write `watermark(|o| o.at, delay = 5s)`"),
                cx,
            );
            let method = Ident::new("watermark_with", span);
            quote_spanned!(span=> .#method(#strategy))
        }
        (Some(time), Some(delay), None, None) => {
            portable_place(call, time, cx);
            let Some(delay) = cx.errors.keep(bound(delay)) else { return nothing };
            closure::call(&call.token, time, Hold::Ref, (&nothing, &quote!(, #delay)), cx)
        }
        (Some(time), None, Some(flag), None) => {
            portable_place(call, time, cx);
            let method = Ident::new(&format!("{}_{flag}", call.token), span);
            closure::call(&method, time, Hold::Ref, (&nothing, &nothing), cx)
        }
        (None, ..) => {
            cx.errors.report(span, "the watermark does not say when a record happened", USAGE);
            nothing
        }
        (Some(_), None, None, None) => {
            cx.errors.report(span, "the watermark does not say how far out of order records may be", USAGE);
            nothing
        }
        _ => {
            cx.errors.report(span, "`delay`, `monotonic` and `strategy` exclude each other", USAGE);
            nothing
        }
    }
}

fn bound(delay: &Expr) -> Result<TokenStream, Mistake> {
    let duration = Duration::not_negative(delay, "`delay`")?;
    if duration.millis == Some(0) {
        return Err(Mistake::new(duration.span, "`delay` is zero", "write `monotonic` instead of it"));
    }
    Ok(duration.to_rust())
}

/// On Flink the watermark belongs to the table that is read: it names a field of it.
fn portable_place(call: &Call, time: &Expr, cx: &mut Context) {
    if !cx.portable {
        return;
    }
    if cx.before.as_ref().is_some_and(|before| (1..usize::MAX).contains(&before.distance)) {
        let what = "a watermark is portable only directly after its source";
        return cx.errors.report(call.token.span(), what, "write it before the other stages");
    }
    let Ok(closure) = plain_closure(time) else { return };
    if !matches!(&*closure.body, Expr::Field(_)) {
        let what = "a watermark is portable only when it names a field";
        let span = syn::spanned::Spanned::span(&closure.body);
        cx.errors.report(span, what, "write `|o| o.at`, with the time in a field of the record");
    }
}
