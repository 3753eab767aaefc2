//! Expressions of the portable subset, each as the Rust that runs here and as a tree.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{BinOp, Expr, ExprBinary, ExprField, ExprUnary, Lit, Member, Type, UnOp};

use super::scope::{Hold, Place, Scope, is_constant, member};
use super::tree::Tree;
use super::{control, methods};
use crate::errors::Mistake;

/// What becomes of an expression's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// It is taken: it goes out of the closure, or into a struct.
    Value,
    /// It is looked at: compared, calculated with, the receiver of a method.
    Look,
}

/// The Rust and the tree of an expression, or what in it is not portable.
pub type Walked = Result<(TokenStream, Tree), Mistake>;

/// Reads an expression.
pub fn walk(expr: &Expr, position: Position, scope: &mut Scope) -> Walked {
    match expr {
        Expr::Lit(lit) => literal(&lit.lit),
        Expr::Path(_) | Expr::Field(_) => place(expr, position, scope),
        Expr::Paren(paren) => {
            let (rust, tree) = walk(&paren.expr, position, scope)?;
            let bare = matches!(&*paren.expr, Expr::Binary(binary) if arithmetic(&binary.op).is_some());
            Ok((if bare { rust } else { quote!((#rust)) }, tree))
        }
        Expr::Group(group) => walk(&group.expr, position, scope),
        Expr::Binary(binary) => self::binary(binary, scope),
        Expr::Unary(unary) => self::unary(unary, position, scope),
        Expr::Reference(reference) if reference.mutability.is_none() => {
            let (rust, tree) = walk(&reference.expr, Position::Look, scope)?;
            Ok((quote!(&#rust), tree))
        }
        Expr::Cast(cast) => {
            let value = walk(&cast.expr, Position::Look, scope);
            let ((rust, tree), ty) = scope.pair(value, cast_type(&cast.ty))?;
            let target = &cast.ty;
            Ok((quote!(#rust as #target), Tree::Cast(Box::new(tree), ty)))
        }
        Expr::If(branch) => control::if_else(branch, position, scope),
        Expr::Match(choice) => control::match_on_literals(choice, position, scope),
        Expr::Block(block) if block.label.is_none() => control::block(&block.block, position, scope),
        Expr::Struct(literal) => control::structure(literal, scope),
        Expr::Tuple(tuple) => control::tuple(tuple, scope),
        Expr::MethodCall(call) => methods::method(call, scope),
        Expr::Call(call) => methods::function(call, scope),
        Expr::Macro(mac) => methods::format(mac, scope),
        other => Err(not_portable(other)),
    }
}

/// The mistake of an expression for which there is no rule.
pub fn not_portable(expr: &Expr) -> Mistake {
    let (what, remedy) = match expr {
        Expr::Closure(_) => ("a closure here", "`map`, `is_some_and` and `is_none_or` of an `Option` take one"),
        Expr::Index(_) => ("an index", "use a field of the record"),
        Expr::Try(_) => ("`?`", "write `unwrap_or(…)`, or `map` on the `Option`"),
        Expr::Range(_) => ("a range", "compare with both ends: `a <= x && x < b`"),
        Expr::Array(_) | Expr::Repeat(_) => ("an array", "use a tuple or a struct"),
        Expr::Assign(_) | Expr::Let(_) => ("an assignment", "write one expression"),
        Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_) => ("a loop", "write an aggregate, or one expression"),
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => ("a jump", "write `if … { … } else { … }`"),
        Expr::Await(_) | Expr::Async(_) => ("asynchronous work", "use `join`, or remove `portable;`"),
        _ => (
            "this expression",
            "write fields, literals, captured values, operators, `if`, `match` and the listed methods",
        ),
    };
    Mistake::new(expr.span(), format!("{what} is not portable"), remedy)
}

/// A literal, as it is written and with its type.
pub fn literal(lit: &Lit) -> Walked {
    let rust = lit.to_token_stream();
    let typed = |suffix: &str| ["i8", "i16", "i32", "i64", "f32", "f64"].contains(&suffix);
    let tree = match lit {
        Lit::Int(int) if int.suffix().is_empty() => Tree::Number(int.base10_digits().to_owned()),
        Lit::Float(float) if float.suffix().is_empty() => Tree::Number(float.base10_digits().to_owned()),
        Lit::Int(int) if typed(int.suffix()) => Tree::Literal(rust.clone()),
        Lit::Float(float) if typed(float.suffix()) => Tree::Literal(rust.clone()),
        Lit::Str(_) | Lit::Bool(_) => Tree::Literal(rust.clone()),
        Lit::Int(_) => {
            return Err(Mistake::new(lit.span(), format!("`{rust}` is not portable"), "use i64, i32, i16 or i8"));
        }
        Lit::Char(char) => {
            let remedy = format!("write the string {:?}", char.value().to_string());
            return Err(Mistake::new(lit.span(), "a character is not portable", remedy));
        }
        other => {
            return Err(Mistake::new(other.span(), "this literal is not portable", "use numbers, strings and bools"));
        }
    };
    Ok((rust, tree))
}

/// A name, or a field of one.
fn place(expr: &Expr, position: Position, scope: &mut Scope) -> Walked {
    if matches!(expr, Expr::Path(path) if path.path.is_ident("None")) {
        return Ok((expr.to_token_stream(), Tree::None));
    }
    let Some((found, hold)) = resolve(expr, scope)? else {
        if !is_variable(expr) {
            return Err(not_portable(expr));
        }
        let (rust, tree) = scope.capture(expr);
        let hold = if is_constant(expr) { Hold::Owned } else { Hold::Ref };
        return Ok((taken(rust, position, hold), tree));
    };
    let tree = match found {
        Place::Field(path) => Tree::Field(path),
        Place::Bound(depth, path) if depth == scope.depth => Tree::Bound(path),
        Place::Bound(..) => {
            let what = "an argument of the outer closure is not portable in the inner one";
            return Err(Mistake::new(expr.span(), what, "write the two one after the other"));
        }
        Place::Key => key(expr)?,
        Place::Window => return window(expr),
        Place::Aggregate(index) => Tree::Aggregate(index),
    };
    Ok((taken(expr.to_token_stream(), position, hold), tree))
}

/// What a name or a field of one stands for; `None` when it is captured.
fn resolve(expr: &Expr, scope: &Scope) -> Result<Option<(Place, Hold)>, Mistake> {
    match expr {
        Expr::Path(path) => {
            let name = path.path.get_ident().filter(|_| path.qself.is_none());
            let found = name.and_then(|name| scope.get(&name.to_string()));
            Ok(found.map(|(place, hold)| (place.clone(), hold)))
        }
        Expr::Paren(paren) => resolve(&paren.expr, scope),
        Expr::Unary(ExprUnary { op: UnOp::Deref(_), expr, .. }) => resolve(expr, scope),
        Expr::Field(ExprField { base, member: name, .. }) => match resolve(base, scope)? {
            // Which part of it is seen by those who know what a key and a window have.
            Some((place @ (Place::Key | Place::Window), hold)) => Ok(Some((place, hold))),
            Some((place, hold)) => Ok(Some((member(&place, member_name(name), expr.span())?, hold))),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

fn member_name(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string().trim_start_matches("r#").to_owned(),
        Member::Unnamed(index) => format!("f{}", index.index),
    }
}

/// A variable outside the closure, or a field of one.
fn is_variable(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(field) => is_variable(&field.base),
        Expr::Paren(paren) => is_variable(&paren.expr),
        _ => false,
    }
}

/// What is behind a reference is cloned when it is taken.
pub fn taken(rust: TokenStream, position: Position, hold: Hold) -> TokenStream {
    match (position, hold) {
        (Position::Value, Hold::Ref) => {
            let clone = Ident::new("clone", Span::mixed_site());
            quote!(#rust.#clone())
        }
        _ => rust,
    }
}

fn key(expr: &Expr) -> Result<Tree, Mistake> {
    match expr {
        Expr::Path(_) => Ok(Tree::Key(None)),
        Expr::Field(ExprField { base, member: Member::Unnamed(index), .. }) if matches!(**base, Expr::Path(_)) => {
            Ok(Tree::Key(Some(index.index as usize)))
        }
        other => {
            Err(Mistake::new(other.span(), "a field of the key is not portable", "write `key`, or `key.0` of several"))
        }
    }
}

fn window(expr: &Expr) -> Walked {
    let part = match expr {
        Expr::Field(ExprField { base, member: Member::Named(name), .. }) if matches!(**base, Expr::Path(_)) => {
            name.to_string()
        }
        _ => String::new(),
    };
    let tree = match part.as_str() {
        "start" => Tree::WindowStart,
        "end" => Tree::WindowEnd,
        _ => {
            return Err(Mistake::new(
                expr.span(),
                "the window itself is not portable",
                "write `window.start` or `window.end`",
            ));
        }
    };
    Ok((expr.to_token_stream(), tree))
}

/// The function of `flow::ops` and the operator of the IR, of `+ - * / %`.
fn arithmetic(op: &BinOp) -> Option<(&'static str, &'static str)> {
    match op {
        BinOp::Add(_) => Some(("add", "Add")),
        BinOp::Sub(_) => Some(("sub", "Sub")),
        BinOp::Mul(_) => Some(("mul", "Mul")),
        BinOp::Div(_) => Some(("div", "Div")),
        BinOp::Rem(_) => Some(("rem", "Rem")),
        _ => None,
    }
}

/// A call of `flow::ops`. Where other types must do as well, a macro decides between it and Rust's own operator.
fn operation(function: &str, span: Span, args: &[TokenStream], scope: &Scope) -> TokenStream {
    let here = Span::mixed_site().located_at(span);
    let function = Ident::new(function, here);
    if scope.lenient {
        quote_spanned!(here=> ::flow::__private::#function!(#(#args),*))
    } else {
        let path = quote_spanned!(here=> ::flow::ops::#function);
        quote!(#path(#(#args),*))
    }
}

fn binary(binary: &ExprBinary, scope: &mut Scope) -> Walked {
    let op = &binary.op;
    if matches!((op, &*binary.right), (BinOp::Add(_), Expr::Reference(_)))
        || is_text(&binary.right) && matches!(op, BinOp::Add(_))
    {
        // `a.clone() + &b`, of strings.
        let left = walk(&binary.left, Position::Value, scope);
        let right = walk(&binary.right, Position::Look, scope);
        let ((left, first), (right, second)) = scope.pair(left, right)?;
        return Ok((quote!(#left #op #right), Tree::Call("Concat", vec![first, second])));
    }
    let left = walk(&binary.left, Position::Look, scope);
    let right = walk(&binary.right, Position::Look, scope);
    let ((left, first), (right, second)) = scope.pair(left, right)?;
    if let Some((function, name)) = arithmetic(op) {
        let call = operation(function, op.span(), &[left, right], scope);
        return Ok((call, Tree::Binary(Box::new(first), name, Box::new(second))));
    }
    let name = match op {
        BinOp::Eq(_) => "Eq",
        BinOp::Ne(_) => "Ne",
        BinOp::Lt(_) => "Lt",
        BinOp::Le(_) => "Le",
        BinOp::Gt(_) => "Gt",
        BinOp::Ge(_) => "Ge",
        BinOp::And(_) => "And",
        BinOp::Or(_) => "Or",
        other => {
            let what = format!("`{}` is not portable", other.to_token_stream());
            return Err(Mistake::new(other.span(), what, "operators are `+ - * / %`, comparisons, `&&` and `||`"));
        }
    };
    if matches!(first, Tree::None) || matches!(second, Tree::None) || is_some(&binary.left) || is_some(&binary.right) {
        let what = "a comparison of an `Option` is not portable: NULL equals nothing in SQL";
        return Err(Mistake::new(op.span(), what, "write `is_some()`, `is_none()` or `is_some_and(|x| …)`"));
    }
    Ok((quote!(#left #op #right), Tree::Binary(Box::new(first), name, Box::new(second))))
}

fn is_text(expr: &Expr) -> bool {
    matches!(expr, Expr::Lit(lit) if matches!(lit.lit, Lit::Str(_)))
}

fn is_some(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Some")))
}

fn unary(unary: &ExprUnary, position: Position, scope: &mut Scope) -> Walked {
    let op = &unary.op;
    match op {
        UnOp::Neg(_) => {
            let numeral = matches!(&*unary.expr, Expr::Lit(_));
            let (rust, tree) = walk(&unary.expr, Position::Look, scope)?;
            match tree {
                // `-128_i8` is a literal: the least number of a type has no positive.
                Tree::Number(digits) => Ok((quote!(#op #rust), Tree::Number(format!("-{digits}")))),
                Tree::Literal(value) if numeral => Ok((quote!(#op #rust), Tree::Literal(quote!((-#value))))),
                tree => Ok((operation("neg", op.span(), &[rust], scope), Tree::Unary("Neg", Box::new(tree)))),
            }
        }
        UnOp::Not(_) => {
            let (rust, tree) = walk(&unary.expr, Position::Look, scope)?;
            Ok((quote!(#op #rust), Tree::Unary("Not", Box::new(tree))))
        }
        UnOp::Deref(_) if is_variable(&unary.expr) && resolve(&unary.expr, scope)?.is_none() => {
            let (rust, tree) = scope.capture(&Expr::Unary(unary.clone()));
            Ok((taken(rust, position, Hold::Ref), tree))
        }
        UnOp::Deref(_) => {
            let (rust, tree) = walk(&unary.expr, Position::Look, scope)?;
            Ok((taken(quote!((#op #rust)), position, Hold::Ref), tree))
        }
        _ => Err(not_portable(&unary.expr)),
    }
}

fn cast_type(ty: &Type) -> Result<&'static str, Mistake> {
    let text = ty.to_token_stream().to_string();
    let known = [("i8", "I8"), ("i16", "I16"), ("i32", "I32"), ("i64", "I64"), ("f32", "F32"), ("f64", "F64")];
    known.into_iter().find(|(rust, _)| *rust == text).map(|(_, name)| name).ok_or_else(|| {
        Mistake::new(ty.span(), format!("a cast to `{text}` is not portable"), "cast to i64, i32, i16, i8, f64 or f32")
    })
}
