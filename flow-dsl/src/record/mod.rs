//! `#[derive(Record)]`.

use proc_macro2::TokenStream;

/// Expands the derive.
pub fn derive(tokens: TokenStream) -> TokenStream {
    tokens
}
