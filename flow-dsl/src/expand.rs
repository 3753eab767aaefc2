//! Phase 5: the calls, one statement a stage, as the program that the user could have written.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;

use crate::check::shapes::States;
use crate::check::streams;
use crate::errors::Errors;
use crate::lower::context::{at, variable};
use crate::lower::{Context, heads, stateless};
use crate::model::{Call, Chain, Head, Pipeline, as_ident};
use crate::stages::{Shape, Yields};

/// The whole definition, as an expression of type `flow::Pipeline`.
pub fn expand(pipeline: &Pipeline, order: &[usize], states: &States, errors: &Errors) -> TokenStream {
    let settings = &pipeline.settings;
    let mut cx = Context { errors, portable: settings.portable, before: None, window: None, uses: uses(pipeline) };
    let handle = heads::pipeline();
    let name = settings.name.clone().unwrap_or_else(|| quote!("pipeline"));
    let calls = settings.calls.iter().map(|(method, args)| quote_spanned!(method.span()=> #handle.#method(#args);));
    let doc = (!pipeline.doc.is_empty()).then(|| {
        let doc = Literal::string(&pipeline.doc.join("\n"));
        quote!(#handle.doc(#doc);)
    });
    let calls: TokenStream = calls.collect();
    let mut chains = TokenStream::new();
    for &at in order {
        chain(&pipeline.chains[at], at, states, &mut cx).to_tokens(&mut chains);
    }
    quote!({
        let #handle = ::flow::Pipeline::new(#name);
        #doc
        #calls
        #chains
        #handle
    })
}

/// How often each stream is used.
fn uses(pipeline: &Pipeline) -> BTreeMap<String, usize> {
    let mut uses = BTreeMap::new();
    // The mistakes of this have been reported when the names were checked.
    let silent = Errors::new();
    for chain in &pipeline.chains {
        for name in streams::inputs(chain, &silent) {
            *uses.entry(name.to_string()).or_default() += 1;
        }
    }
    drop(silent.finish());
    uses
}

fn chain(chain: &Chain, at: usize, states: &States, cx: &mut Context) -> TokenStream {
    let target = chain.name.as_ref().map_or_else(|| Ident::new("stream", Span::mixed_site()), variable);
    (cx.before, cx.window) = (None, None);
    let mut statements = stream_name(chain);
    // What the next stage is called on: the stream that the chain starts from, then the chain's own variable.
    let mut receiver = match &chain.head {
        Head::Stream(name) => cx.stream(name),
        Head::Unknown => TokenStream::new(),
        Head::Call(call) => {
            let head = (call.row.lower)(call, cx);
            let common = stateless::common(call, cx);
            let described = described(call, &target, cx);
            quote!(let #target = #head #common; #described).to_tokens(&mut statements);
            quote!(#target)
        }
    };
    for (index, stage) in chain.stages.iter().enumerate() {
        cx.before = states.get(&(at, index)).cloned();
        if let Some(call) = stage {
            stage_statement(call, &receiver, &target, cx).to_tokens(&mut statements);
            receiver = quote!(#target);
        }
    }
    if chain.stages.is_empty() && matches!(chain.head, Head::Stream(_)) {
        quote!(let #target = #receiver;).to_tokens(&mut statements);
    }
    statements
}

/// Says which stream the chain's stages belong to, for the ids of their state: its own, or the one that it starts from.
fn stream_name(chain: &Chain) -> TokenStream {
    let head = match &chain.head {
        Head::Stream(name) => Some(name),
        Head::Call(_) | Head::Unknown => None,
    };
    let name = chain.name.as_ref().or(head).map(|name| name.unraw().to_string()).unwrap_or_default();
    let handle = heads::pipeline();
    quote!(#handle.stream(#name);)
}

fn stage_statement(call: &Call, receiver: &TokenStream, target: &Ident, cx: &mut Context) -> TokenStream {
    if let Some((what, remedy)) = call.row.opaque.filter(|_| cx.portable) {
        cx.errors.report(call.token.span(), what, remedy);
    }
    let keyed = cx.before.as_ref().and_then(|before| before.shape) == Some(Shape::Keyed);
    // These drop the key, and are methods of plain streams only.
    let keyless = keyed && call.row.yields == Yields::One(Shape::Plain) && call.row.takes.contains(&Shape::Plain);
    let receiver = if keyless { quote!(#receiver.ungrouped()) } else { receiver.clone() };
    let method = (call.row.lower)(call, cx);
    let common = stateless::common(call, cx);
    let late = call.option("late").and_then(as_ident).map(variable);
    if call.row.yields == Yields::Nothing && !call.row.routes {
        return quote!(#receiver #method #common;);
    }
    if call.row.routes {
        let routes: Vec<_> = call.defines().iter().map(variable).collect();
        // All of them are outputs of one stage: the name of the first is the stage's.
        let named = routes.first().filter(|_| !common.is_empty()).map(|first| quote!(let #first = #first #common;));
        return quote!(let [#(#routes),*] = #receiver #method; #named);
    }
    if let Some(late) = late {
        return quote!(let (#target, #late) = #receiver #method #common.split_late(););
    }
    let described = described(call, target, cx);
    quote!(let #target = #receiver #method #common; #described)
}

/// Attaches the schema of a new type of record: demanded where the pipeline is portable, found out where it is not.
fn described(call: &Call, target: &Ident, cx: &Context) -> TokenStream {
    if !call.row.new_record {
        return TokenStream::new();
    }
    let span = call.token.span();
    if cx.portable {
        // All of it in one context and at the user's word: there rustc reports records without a schema.
        let here = Span::mixed_site().located_at(span);
        let stream = at(target, here);
        quote_spanned!(here=> let #target = #stream.described();)
    } else {
        quote!(let #target = ::flow::__private::described!(#target);)
    }
}
