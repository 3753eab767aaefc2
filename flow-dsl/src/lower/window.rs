//! `window(tumbling(1min), offset = …, lateness = …, late = name)`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprAssign};

use super::Context;
use crate::duration::Duration;
use crate::errors::Mistake;
use crate::model::{Call, as_ident};
use crate::suggest::did_you_mean;

/// `(kind, how it is written)`.
const KINDS: &[(&str, &str)] =
    &[("tumbling", "tumbling(1min)"), ("sliding", "sliding(10s, every = 2s)"), ("session", "session(30s)")];

const USAGE: &str = "write `window(tumbling(1min))`, `window(sliding(10s, every = 2s))` or `window(session(30s))`";

/// A window.
pub fn window(call: &Call, cx: &mut Context) -> TokenStream {
    let Some(kind) = call.args.first() else { return TokenStream::new() };
    let span = call.token.span();
    let window = assigner(kind, call.option("offset"), cx);
    let lateness = call.option("lateness").and_then(|expr| {
        let lateness = cx.errors.keep(Duration::positive(expr, "`lateness`"))?.to_rust();
        Some(quote!(.lateness(#lateness)))
    });
    if let Some(late) = call.option("late").filter(|late| as_ident(late).is_none()) {
        let remedy = "write `late = late_orders`, and use that stream";
        cx.errors.report(late.span(), "`late` is the name of a stream", remedy);
    }
    for option in ["lateness", "late"].into_iter().filter_map(|name| call.option_token(name)) {
        let remedy = "remove it and write a longer `delay` in the watermark, or remove `portable;`";
        cx.not_portable(option.span(), format!("`{option}` is not portable: Flink SQL's windows know none"), remedy);
    }
    cx.window = known(kind);
    let token = &call.token;
    quote_spanned!(span=> .#token(#window) #lateness)
}

/// The window as a value of `flow::windows`, or the user's own expression of it.
pub fn assigner(kind: &Expr, offset: Option<&Expr>, cx: &mut Context) -> TokenStream {
    let window = cx.errors.keep(built_in(kind, cx)).unwrap_or_default();
    let Some(offset) = offset else { return window };
    if known(kind) == Some("session") {
        cx.errors.report(offset.span(), "a session has no offset", "remove `offset`");
        return window;
    }
    match cx.errors.keep(Duration::positive(offset, "`offset`")) {
        Some(offset) => {
            let offset = offset.to_rust();
            quote!(#window.offset(#offset))
        }
        None => window,
    }
}

/// The word of a window that stands in the table.
fn known(kind: &Expr) -> Option<&'static str> {
    let Expr::Call(call) = kind else { return None };
    let word = as_ident(&call.func)?;
    KINDS.iter().map(|(name, _)| *name).find(|name| word == name)
}

fn built_in(kind: &Expr, cx: &Context) -> Result<TokenStream, Mistake> {
    let Expr::Call(call) = kind else {
        return match as_ident(kind).filter(|word| KINDS.iter().any(|(name, _)| word == name)) {
            Some(word) => Err(Mistake::new(word.span(), format!("`{word}` has no size"), USAGE)),
            None if matches!(kind, Expr::Lit(_) | Expr::Closure(_)) => {
                Err(Mistake::new(kind.span(), "this is not a window", USAGE))
            }
            None => Ok(quote!(#kind)),
        };
    };
    // A path of the user's own: any expression that is a window.
    let Some(word) = as_ident(&call.func) else { return Ok(quote!(#kind)) };
    let names: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
    let Some((_, usage)) = KINDS.iter().find(|(name, _)| word == name) else {
        let what = format!("`{word}` is not a window");
        return Err(Mistake::new(word.span(), what, did_you_mean(&word.to_string(), &names)));
    };
    let arity = |what: &str| Mistake::new(word.span(), format!("`{word}` takes {what}"), format!("write `{usage}`"));
    let args: Vec<_> = call.args.iter().collect();
    let sizes = match (word.to_string().as_str(), &args[..]) {
        ("sliding", [size, every]) => sliding(size, every, cx)?,
        ("sliding", _) => return Err(arity("a size and `every`")),
        (_, [size]) if !matches!(size, Expr::Assign(_)) => vec![Duration::positive(size, "the window's size")?],
        _ => return Err(arity("one duration")),
    };
    let sizes = sizes.iter().map(Duration::to_rust);
    let path = quote_spanned!(Span::mixed_site().located_at(word.span())=> ::flow::windows);
    let word = Ident::new(&word.to_string(), word.span());
    Ok(quote!(#path::#word(#(#sizes),*)))
}

fn sliding(size: &Expr, every: &Expr, cx: &Context) -> Result<Vec<Duration>, Mistake> {
    let every = match every {
        Expr::Assign(ExprAssign { left, right, .. }) if as_ident(left).is_some_and(|word| word == "every") => right,
        Expr::Assign(ExprAssign { left, .. }) => {
            let word = as_ident(left).map(ToString::to_string).unwrap_or_default();
            let what = format!("`{word}` is not an option of `sliding`");
            return Err(Mistake::new(left.span(), what, did_you_mean(&word, &["every"])));
        }
        other => {
            return Err(Mistake::new(other.span(), "the slide has no name", "write `sliding(10s, every = 2s)`"));
        }
    };
    let (size, every) = (Duration::positive(size, "the window's size"), Duration::positive(every, "the slide"));
    let (size, every) = match (size, every) {
        (Err(mistake), Err(other)) => {
            cx.errors.add(mistake);
            return Err(other);
        }
        (size, every) => (size?, every?),
    };
    if let (Some(size), Some(slide)) = (size.millis, every.millis) {
        if slide > size {
            let what = "the slide is larger than the window: records between the windows would be lost";
            return Err(Mistake::new(every.span, what, "write a slide of at most the size, or `tumbling(…)`"));
        }
        if size % slide != 0 {
            let what = "a window that is not a multiple of its slide is not portable";
            cx.not_portable(every.span, what, "write a slide that divides the size");
        }
    }
    Ok(vec![size, every])
}
