//! The procedural macros of `flow`. Everything is in `flow-pipeline-dsl`; here it gets its names.

use proc_macro::TokenStream;

// Its documentation is with the crate `flow`, where its examples can run.
#[allow(missing_docs)]
#[proc_macro]
pub fn pipeline(tokens: TokenStream) -> TokenStream {
    flow_dsl::pipeline(tokens.into()).into()
}

/// A closure that carries its expression: `expr!(|o| o.amount > 100)`, for the `_expr` methods.
#[proc_macro]
pub fn expr(tokens: TokenStream) -> TokenStream {
    flow_dsl::expr(tokens.into()).into()
}

/// Gives a struct a schema, and its strict reading and writing.
#[proc_macro_derive(Record, attributes(record))]
pub fn derive_record(tokens: TokenStream) -> TokenStream {
    flow_dsl::derive_record(tokens.into()).into()
}
