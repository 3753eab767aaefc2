//! `#[derive(Record)]`: a schema, rows, and strict reading and writing.
//!
//! * [`attributes`]: what `#[record(…)]` says; [`rename`]: `rename_all`.
//! * [`fields`]: the fields of the struct, their types checked as far as they can be seen.
//! * [`expand`]: the implementations.

pub mod attributes;
pub mod expand;
pub mod fields;
pub mod rename;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::errors::{Errors, Mistake, to_statements};

/// Expands the derive. On a mistake the struct is a record all the same, so that rustc does not repeat the mistake wherever
/// it is used as one.
pub fn derive(tokens: TokenStream) -> TokenStream {
    let errors = Errors::new();
    let expanded = compile(tokens, &errors);
    let mistakes = to_statements(&errors.finish());
    quote::quote!(#mistakes #expanded)
}

/// The implementations; what they are worth is up to the mistakes.
pub fn compile(tokens: TokenStream, errors: &Errors) -> TokenStream {
    let input = errors.keep(syn::parse2::<DeriveInput>(tokens).map_err(Mistake::from));
    let record = input.as_ref().and_then(|input| fields::read(input, errors));
    match (&record, &input) {
        (Some(record), _) if errors.is_empty() => expand::implementations(record),
        (_, Some(input)) => expand::stubs(input),
        (_, None) => TokenStream::new(),
    }
}
