//! The expression as data, and as the tokens that build it: calls of `flow::expr`.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

/// An expression of the IR. See `flow::ir::expr::Expr`, of which it is the image.
#[derive(Clone, Debug)]
pub enum Tree {
    /// A field of the record.
    Field(Vec<String>),
    /// A field of the argument of the innermost closure on an `Option`.
    Bound(Vec<String>),
    /// A literal with a type, as Rust.
    Literal(TokenStream),
    /// The n-th captured variable.
    Captured(usize),
    /// A numeral without a type.
    Number(String),
    /// `UnaryOp`.
    Unary(&'static str, Box<Tree>),
    /// `BinaryOp`.
    Binary(Box<Tree>, &'static str, Box<Tree>),
    /// Condition, then, otherwise.
    If(Box<Tree>, Box<Tree>, Box<Tree>),
    /// `DataType`.
    Cast(Box<Tree>, &'static str),
    /// `Function`.
    Call(&'static str, Vec<Tree>),
    /// `SomeOp`.
    WithSome(Box<Tree>, &'static str, Box<Tree>),
    /// A struct.
    Struct(String, Vec<(String, Tree)>),
    /// A tuple.
    Tuple(Vec<Tree>),
    /// `None`.
    None,
    /// The key, or a part of it.
    Key(Option<usize>),
    /// `window.start`.
    WindowStart,
    /// `window.end`.
    WindowEnd,
    /// The n-th aggregation.
    Aggregate(usize),
}

impl Tree {
    /// The tokens that build it, where `Expr` is `flow::expr::Expr`. `captured` gives those of a captured variable.
    pub fn to_rust(&self, captured: &dyn Fn(usize) -> TokenStream) -> TokenStream {
        let of = |tree: &Tree| tree.to_rust(captured);
        let all = |trees: &[Tree]| trees.iter().map(|tree| tree.to_rust(captured)).collect::<Vec<_>>();
        let path = |path: &[String]| path.iter().map(|name| Literal::string(name)).collect::<Vec<_>>();
        let word = |word: &str| Ident::new(word, Span::mixed_site());
        match self {
            Self::Field(names) if names.is_empty() => quote!(Expr::record()),
            Self::Field(names) => {
                let names = path(names);
                quote!(Expr::field([#(#names),*]))
            }
            Self::Bound(names) => {
                let names = path(names);
                quote!(Expr::bound([#(#names),*]))
            }
            Self::Literal(value) => quote!(Expr::literal(&#value)),
            Self::Captured(index) => captured(*index),
            Self::Number(digits) => {
                let digits = Literal::string(digits);
                quote!(Expr::number(#digits))
            }
            Self::Unary(op, tree) => {
                let (op, tree) = (word(op), of(tree));
                quote!(Expr::unary(::flow::expr::UnaryOp::#op, #tree))
            }
            Self::Binary(left, op, right) => {
                let (left, op, right) = (of(left), word(op), of(right));
                quote!(Expr::binary(#left, ::flow::expr::BinaryOp::#op, #right))
            }
            Self::If(condition, then, otherwise) => {
                let (condition, then, otherwise) = (of(condition), of(then), of(otherwise));
                quote!(Expr::if_else(#condition, #then, #otherwise))
            }
            Self::Cast(tree, ty) => {
                let (tree, ty) = (of(tree), word(ty));
                quote!(Expr::cast(#tree, ::flow::expr::DataType::#ty))
            }
            Self::Call(function, args) => {
                let (function, args) = (word(function), all(args));
                quote!(Expr::call(::flow::expr::Function::#function, [#(#args),*]))
            }
            Self::WithSome(option, op, body) => {
                let (option, op, body) = (of(option), word(op), of(body));
                quote!(Expr::with_some(#option, ::flow::expr::SomeOp::#op, #body))
            }
            Self::Struct(name, fields) => {
                let name = Literal::string(name);
                let fields = fields.iter().map(|(name, tree)| {
                    let (name, tree) = (Literal::string(name), of(tree));
                    quote!((#name, #tree))
                });
                quote!(Expr::structure(#name, [#(#fields),*]))
            }
            Self::Tuple(parts) => {
                let parts = all(parts);
                quote!(Expr::tuple([#(#parts),*]))
            }
            Self::None => quote!(Expr::None),
            Self::Key(_) | Self::WindowStart | Self::WindowEnd | Self::Aggregate(_) => self.of_group(),
        }
    }

    /// What only the output of an aggregate has.
    fn of_group(&self) -> TokenStream {
        match self {
            Self::Key(Some(part)) => {
                let part = Literal::usize_unsuffixed(*part);
                quote!(Expr::Key(::core::option::Option::Some(#part)))
            }
            Self::WindowStart => quote!(Expr::WindowStart),
            Self::WindowEnd => quote!(Expr::WindowEnd),
            Self::Aggregate(index) => {
                let index = Literal::usize_unsuffixed(*index);
                quote!(Expr::Aggregate(#index))
            }
            _ => quote!(Expr::Key(::core::option::Option::None)),
        }
    }
}
