//! `join(orders, payments, on = (|o| o.id, |p| p.order_id), window = tumbling(1min), inner)`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, RangeLimits};

use super::{Context, keys, window};
use crate::duration::Duration;
use crate::model::{Call, as_ident};

const KINDS: &[&str] = &["inner", "left", "right", "full"];

/// A join. What is wrong with one part of it does not hide what is wrong with another.
pub fn join(call: &Call, cx: &mut Context) -> TokenStream {
    let token = &call.token;
    let span = token.span();
    let keys = sides(call, cx).map(|on| {
        let key_by = |side: &Expr| Ident::new("key_by", side.span());
        on.map(|side| keys::key(&key_by(side), side, cx))
    });
    let time = time(call, cx);
    let names: Vec<_> = call.args.iter().filter_map(as_ident).cloned().collect();
    let ([left, right], Some([left_key, right_key]), Some(time)) = (&names[..], keys, time) else {
        return TokenStream::new();
    };
    let (left, right) = (cx.stream(left), cx.stream(right));
    let kind = call.flag(KINDS).cloned().unwrap_or_else(|| Ident::new("inner", span));
    let right = quote!(#right #right_key);
    let joined = quote_spanned!(span=> .#token(#right));
    quote!(#left #left_key #joined #time .#kind())
}

/// The closures of `on`.
fn sides<'a>(call: &'a Call, cx: &Context) -> Option<[&'a Expr; 2]> {
    let usage = "write `on = (|x| x.id, |y| y.id)`";
    match call.option("on") {
        Some(Expr::Tuple(tuple)) if tuple.elems.len() == 2 => Some([&tuple.elems[0], &tuple.elems[1]]),
        Some(other) => {
            cx.errors.report(other.span(), "`on` takes a key for each of the two streams", usage);
            None
        }
        None => {
            cx.missing(call, "the join has no equal keys", usage);
            None
        }
    }
}

/// What bounds the join in time.
fn time(call: &Call, cx: &mut Context) -> Option<TokenStream> {
    match (call.option("window"), call.option("between")) {
        (Some(kind), None) => {
            let method = call.option_token("window");
            let window = window::assigner(kind, call.option("offset"), cx);
            Some(quote!(.#method(#window)))
        }
        (None, Some(range)) => {
            if let Some(offset) = call.option_token("offset") {
                cx.errors.report(offset.span(), "an interval has no offset", "remove `offset`");
            }
            let method = call.option_token("between");
            let (lower, upper) = interval(range, cx)?;
            Some(quote!(.#method(#lower, #upper)))
        }
        (Some(_), Some(_)) => {
            let at = call.option_token("between").map_or(call.token.span(), Ident::span);
            cx.errors.report(at, "`window` and `between` exclude each other", "remove one of the two");
            None
        }
        (None, None) => {
            let remedy = "write `window = tumbling(1min)`, or `between = -5min ..= 10min`";
            cx.missing(call, "the join has no bounds in time", remedy);
            None
        }
    }
}

/// `-5min ..= 10min`: how much later than the left record the right one may be.
fn interval(range: &Expr, cx: &Context) -> Option<(TokenStream, TokenStream)> {
    let wrong = |what: &str| {
        cx.errors.report(range.span(), what, "write `between = -5min ..= 10min`");
        None
    };
    let Expr::Range(bounds) = range else { return wrong("this is not an interval") };
    let (Some(start), Some(end)) = (&bounds.start, &bounds.end) else { return wrong("the interval is open") };
    if matches!(bounds.limits, RangeLimits::HalfOpen(_)) {
        let remedy = "write `..=`: both ends belong to it";
        cx.errors.report(bounds.limits.span(), "the interval has no `=`", remedy);
    }
    let bounds = [start, end].map(|bound| cx.errors.keep(Duration::signed(bound)));
    let [Some(lower), Some(upper)] = bounds else { return None };
    if let (Some(lower), Some(upper)) = (lower.millis, upper.millis)
        && lower > upper
    {
        cx.errors.report(range.span(), "the interval is empty", "write the earlier end first");
    }
    Some((bound(&lower), bound(&upper)))
}

/// A bound with its sign.
fn bound(duration: &Duration) -> TokenStream {
    let rust = duration.to_rust();
    match duration.millis {
        Some(millis) if millis < 0 => quote!(::flow::windows::before(#rust)),
        Some(_) => quote!(::flow::windows::after(#rust)),
        None => rust,
    }
}
