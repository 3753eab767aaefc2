//! What a stage needs to know of its surroundings.

use std::collections::BTreeMap;
use std::fmt::Display;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::check::shapes::State;
use crate::errors::{Errors, Mistake};
use crate::model::Call;

/// The surroundings of the stage that is being lowered.
#[derive(Debug)]
pub struct Context<'a> {
    /// Where mistakes go.
    pub errors: &'a Errors,
    /// Whether the pipeline is `portable;`.
    pub portable: bool,
    /// What is known of the stream before the stage.
    pub before: Option<State>,
    /// The window before the stage, if the macro knows its word: `tumbling`, `sliding` or `session`.
    pub window: Option<&'static str>,
    /// How often each stream is still going to be used.
    pub uses: BTreeMap<String, usize>,
}

impl Context<'_> {
    /// Reports what has no place in a `portable;` pipeline.
    pub fn not_portable(&self, span: Span, what: impl Display, remedy: impl Display) {
        if self.portable {
            self.errors.add(Mistake::new(span, what, remedy));
        }
    }

    /// Reports what a call lacks; not when it has another mistake, which may be a misspelling of that very thing.
    pub fn missing(&self, call: &Call, what: &str, remedy: &str) {
        if !call.faulty {
            self.errors.report(call.token.span(), what, remedy);
        }
    }

    /// A stream by its name: its last use takes it, those before tee it.
    pub fn stream(&mut self, name: &Ident) -> TokenStream {
        let variable = variable(name);
        match self.uses.get_mut(&name.to_string()) {
            Some(left) if *left > 1 => {
                *left -= 1;
                let tee = Ident::new("tee", name.span());
                quote!(#variable.#tee())
            }
            _ => quote!(#variable),
        }
    }
}

/// The variable that holds a stream. Its hygiene keeps it apart from the user's own variables.
pub fn variable(name: &Ident) -> Ident {
    at(name, Span::mixed_site().located_at(name.span()))
}

/// The same word in another place. (By its text it can't be had: that of `r#type` is no word.)
pub fn at(name: &Ident, span: Span) -> Ident {
    let mut word = name.clone();
    word.set_span(span);
    word
}
