//! The compiler of the `pipeline!` language: tokens in, tokens out, so that tests and the fuzzer can call it.
//!
//! The phases, each a module:
//!
//! | phase | what it makes |
//! |---|---|
//! | [`syntax`] | a tree of statements, steps and arguments; one mistake does not hide another |
//! | [`model`] | words looked up in the catalogues: [`stages`], [`settings`], [`aggregates`] |
//! | [`check`] | names of streams and the order of chains; which stage may stand where |
//! | [`lower`] | each stage as its call of the fluent API; closures through [`portable`] |
//! | [`expand`] | one statement a stage |
//!
//! Mistakes are collected in [`errors`]; when there is one, the definition becomes the mistakes and an invalid pipeline of
//! the right type, so that rustc says nothing more.

pub mod aggregates;
pub mod check;
pub mod duration;
pub mod errors;
pub mod expand;
pub mod lower;
pub mod model;
pub mod portable;
pub mod record;
pub mod settings;
pub mod stages;
pub mod suggest;
pub mod syntax;

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::{Errors, to_statements};
use crate::portable::closure;
use crate::portable::scope::Hold;

/// Runs the phases; the result counts when there was no mistake.
pub fn compile(tokens: TokenStream, errors: &Errors) -> TokenStream {
    let definition = syntax::parse(tokens, errors);
    let model = model::resolve(definition, errors);
    let order = check::streams::check(&model, errors);
    let states = check::shapes::check(&model, &order, errors);
    expand::expand(&model, &order, &states, errors)
}

/// Expands `pipeline! { … }`.
pub fn pipeline(tokens: TokenStream) -> TokenStream {
    let errors = Errors::new();
    let expanded = compile(tokens, &errors);
    let mistakes = errors.finish();
    if mistakes.is_empty() {
        return expanded;
    }
    let mistakes = to_statements(&mistakes);
    quote!({ #mistakes ::flow::Pipeline::invalid() })
}

/// Expands `expr!(|o| …)`.
pub fn expr(tokens: TokenStream) -> TokenStream {
    let read = || {
        let closure = syn::parse2(tokens).map_err(|error| vec![errors::Mistake::from(error)])?;
        closure::read(&closure, Hold::Ref, true)
    };
    match read() {
        Ok(portable) => portable.to_rust(true),
        Err(mistakes) => {
            let mistakes = to_statements(&mistakes);
            quote!({ #mistakes (|_| ::core::unreachable!(), ::flow::expr::PortableExpr::opaque("")) })
        }
    }
}

/// Expands `#[derive(Record)]`.
pub fn derive_record(tokens: TokenStream) -> TokenStream {
    record::derive(tokens)
}
