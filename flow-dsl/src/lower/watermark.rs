//! `watermark(|o| o.at, delay = 5s)`, `watermark(|o| o.at, monotonic)`, `watermark(strategy = e)`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

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
    let (delay, flag) = (call.option("delay"), call.flag(&["monotonic"]));
    let bound = delay.and_then(|delay| cx.errors.keep(bound(delay)));
    match (call.args.first(), delay, flag, call.option("strategy")) {
        (None, None, None, Some(strategy)) => {
            cx.not_portable(span, "a strategy of your own is not portable", "write `watermark(|o| o.at, delay = 5s)`");
            let method = Ident::new("watermark_with", span);
            quote_spanned!(span=> .#method(#strategy))
        }
        (Some(time), Some(_), None, None) => with_time(call, &call.token, time, &quote!(, #bound), cx),
        (Some(time), None, Some(flag), None) => {
            let method = Ident::new(&format!("{}_{flag}", call.token), span);
            with_time(call, &method, time, &nothing, cx)
        }
        (None, .., None) => {
            cx.missing(call, "the watermark does not say when a record happened", USAGE);
            nothing
        }
        (Some(_), None, None, None) => {
            cx.missing(call, "the watermark does not say how far out of order records may be", USAGE);
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

/// A watermark by the time that a closure finds. On Flink it belongs to the table that is read, and names a field of it.
fn with_time(call: &Call, method: &Ident, time: &Expr, after: &TokenStream, cx: &mut Context) -> TokenStream {
    if cx.before.as_ref().is_some_and(|before| (1..usize::MAX).contains(&before.distance)) {
        let what = "a watermark is portable only directly after its source";
        cx.not_portable(call.token.span(), what, "write it before the other stages");
    }
    match plain_closure(time) {
        Ok(closure) if cx.portable && !matches!(&*closure.body, Expr::Field(_)) => {
            let what = "a watermark is portable only when it names a field";
            cx.not_portable(closure.body.span(), what, "write `|o| o.at`, with the time in a field of the record");
            TokenStream::new()
        }
        _ => closure::call(method, time, Hold::Ref, (&TokenStream::new(), after), cx),
    }
}
