//! The entry: a closure of the user becomes a closure and an expression, or an explanation.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprClosure, ReturnType};

use super::scope::{Captured, Hold, Place, Scope};
use super::tree::Tree;
use super::walk::{Position, Walked, walk};
use crate::errors::Mistake;

/// A closure inside the portable subset.
#[derive(Debug)]
pub struct Portable {
    /// The closure, with `move`, portable arithmetic and clones.
    pub call: TokenStream,
    /// The expression.
    pub tree: Tree,
    captured: Vec<Captured>,
}

/// As many tokens as a portable closure may have, brackets counting as one: reading them takes stack.
const LARGEST: usize = 4_000;

/// Reads a closure of one argument; when `strict`, of portable types only. The mistakes say what in it is not portable.
pub fn read(expr: &Expr, hold: Hold, strict: bool) -> Result<Portable, Vec<Mistake>> {
    let mut scope = Scope::new(strict);
    match read_in(expr, hold, &mut scope) {
        Ok((call, tree)) => Ok(Portable { call, tree, captured: scope.captured }),
        Err(mistake) => Err(with_others(mistake, scope)),
    }
}

/// The mistake that ended the reading, and those found beside it.
pub fn with_others(mistake: Mistake, scope: Scope) -> Vec<Mistake> {
    std::iter::once(mistake).chain(scope.mistakes).collect()
}

fn read_in(expr: &Expr, hold: Hold, scope: &mut Scope) -> Walked {
    let closure = plain_closure(expr)?;
    if closure.body.to_token_stream().into_iter().count() > LARGEST {
        return Err(Mistake::new(
            closure.body.span(),
            "the closure is too large to be portable",
            "make two stages of it",
        ));
    }
    let [parameter] = closure.inputs.iter().collect::<Vec<_>>()[..] else {
        let what = format!("the closure takes {} arguments", closure.inputs.len());
        return Err(Mistake::new(closure.inputs_begin.span(), what, "write a closure of one argument: `|o| …`"));
    };
    scope.bind_pattern(parameter, Place::Field(Vec::new()), hold)?;
    let (body, tree) = walk(&closure.body, Position::Value, scope)?;
    Ok((with_body(closure, body), tree))
}

/// A portable closure whose body has been read already.
pub fn of_body(call: TokenStream, tree: Tree, scope: Scope) -> Portable {
    Portable { call, tree, captured: scope.captured }
}

/// The closure, when it is one, and nothing but a closure of values.
pub fn plain_closure(expr: &Expr) -> Result<&ExprClosure, Mistake> {
    match expr {
        Expr::Closure(closure) if closure.asyncness.is_none() && closure.lifetimes.is_none() => Ok(closure),
        Expr::Paren(paren) => plain_closure(&paren.expr),
        Expr::Group(group) => plain_closure(&group.expr),
        other => {
            let what = "this function is not portable, only a closure written here is";
            Err(Mistake::new(other.span(), what, "write `|o| …` of fields, literals, captured values and operators"))
        }
    }
}

fn with_body(closure: &ExprClosure, body: TokenStream) -> TokenStream {
    let (begin, inputs, end) = (&closure.inputs_begin, &closure.inputs, &closure.inputs_end);
    match &closure.output {
        ReturnType::Default => quote!(move #begin #inputs #end #body),
        output => quote!(move #begin #inputs #end #output { #body }),
    }
}

impl Portable {
    /// `(closure, expression)`, the argument of the `_expr` methods. When the pipeline is `strict`, a captured variable
    /// without a literal form is a compile error; otherwise it makes the closure opaque.
    ///
    /// A tuple and not a struct: rustc gives a closure the types of its arguments through a tuple, and not through a
    /// struct's literal.
    pub fn to_rust(&self, strict: bool) -> TokenStream {
        let (call, expr) = (self.closure(), self.expression(strict));
        quote!((#call, #expr))
    }

    fn closure(&self) -> TokenStream {
        let call = &self.call;
        let clones: Vec<_> = self.captured.iter().filter_map(clone_statement).collect();
        if clones.is_empty() { call.clone() } else { quote!({ #(#clones)* #call }) }
    }

    fn expression(&self, strict: bool) -> TokenStream {
        let strictly = |index: usize| {
            let source = &self.captured[index].source;
            quote_spanned!(source.span()=> Expr::literal(&#source))
        };
        let leniently = |index: usize| {
            let source = &self.captured[index].source;
            let name = source.to_token_stream().to_string().replace(' ', "");
            quote!(::flow::__private::captured!(#name, #source)?)
        };
        if strict || self.captured.is_empty() {
            let tree = self.tree.to_rust(&strictly);
            return quote!({
                use ::flow::expr::Expr;
                ::flow::expr::PortableExpr::exact(#tree)
            });
        }
        let tree = self.tree.to_rust(&leniently);
        quote!({
            use ::flow::expr::Expr;
            ::flow::expr::PortableExpr::capturing(|| ::core::result::Result::Ok(#tree))
        })
    }
}

fn clone_statement(captured: &Captured) -> Option<TokenStream> {
    let name: &Ident = captured.clone.as_ref()?;
    let source = &captured.source;
    let clone = quote_spanned!(Span::mixed_site().located_at(source.span())=> ::core::clone::Clone::clone);
    Some(quote!(let #name = #clone(&#source);))
}
