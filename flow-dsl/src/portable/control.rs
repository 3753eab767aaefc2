//! `if`, `match` on literals, and literals of structs and tuples.

use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Block, Expr, ExprIf, ExprMatch, ExprStruct, ExprTuple, Lit, Pat, RangeLimits, Stmt};

use super::scope::Scope;
use super::tree::Tree;
use super::walk::{Position, Walked, literal, walk};
use crate::errors::Mistake;

/// `if c { a } else { b }`.
pub fn if_else(branch: &ExprIf, position: Position, scope: &mut Scope) -> Walked {
    if let Expr::Let(pattern) = &*branch.cond {
        let remedy = "write `map(|x| …).unwrap_or(…)` on the `Option`";
        return Err(Mistake::new(pattern.span(), "`if let` is not portable", remedy));
    }
    let Some((_, otherwise)) = &branch.else_branch else {
        return Err(Mistake::new(branch.if_token.span, "an `if` without `else` is not portable", "write `else { … }`"));
    };
    let condition = walk(&branch.cond, Position::Look, scope);
    let then = block(&branch.then_branch, position, scope);
    let otherwise = match &**otherwise {
        Expr::Block(inner) => block(&inner.block, position, scope),
        other => walk(other, position, scope),
    };
    let branches = scope.pair(then, otherwise);
    let ((condition, first), ((then, second), (otherwise, third))) = scope.pair(condition, branches)?;
    let tree = Tree::If(Box::new(first), Box::new(second), Box::new(third));
    Ok((quote!(if #condition #then else #otherwise), tree))
}

/// `{ x }`.
pub fn block(block: &Block, position: Position, scope: &mut Scope) -> Walked {
    match &block.stmts[..] {
        [Stmt::Expr(expr, None)] => {
            let (rust, tree) = walk(expr, position, scope)?;
            Ok((quote!({ #rust }), tree))
        }
        [] => Err(Mistake::new(block.span(), "an empty block is not portable", "write a value in it")),
        [first, ..] => {
            Err(Mistake::new(first.span(), "a statement is not portable", "write the block as one expression"))
        }
    }
}

/// `match o.kind.as_str() { "a" | "b" => x, _ => y }`.
pub fn match_on_literals(choice: &ExprMatch, position: Position, scope: &mut Scope) -> Walked {
    let subject = walk(&choice.expr, Position::Look, scope);
    // What the patterns are compared with; a mistake in it ends the reading, and none in them is lost.
    let compared = subject.as_ref().map_or(Tree::None, |(_, tree)| tree.clone());
    let read = choice.arms.iter().map(|arm| {
        let body = walk(&arm.body, position, scope);
        scope.pair(body, condition(&arm.pat, &compared))
    });
    let read = read.collect();
    let read = scope.all(read);
    let ((scrutinee, _), read) = scope.pair(subject, read)?;
    let mut arms = Vec::new();
    let mut chain = Vec::new();
    let mut otherwise = None;
    for (arm, ((body, tree), test)) in choice.arms.iter().zip(read) {
        let (pattern, comma) = (&arm.pat, &arm.comma);
        arms.push(quote!(#pattern => #body #comma));
        match test {
            Some(test) => chain.push((test, tree)),
            None => otherwise = otherwise.or(Some(tree)),
        }
    }
    let bools = chain.iter().all(|(test, _)| is_bool_test(test));
    let last = match otherwise {
        Some(tree) => tree,
        // `true` and `false` are all there is: the last one needs no test.
        None if bools && chain.len() == 2 => chain.remove(1).1,
        None => {
            return Err(Mistake::new(choice.match_token.span, "this `match` is not portable", "end it with `_ => …`"));
        }
    };
    let tree = chain
        .into_iter()
        .rev()
        .fold(last, |otherwise, (test, then)| Tree::If(Box::new(test), Box::new(then), Box::new(otherwise)));
    Ok((quote!(match #scrutinee { #(#arms)* }), tree))
}

fn is_bool_test(test: &Tree) -> bool {
    let literal =
        |tree: &Tree| matches!(tree, Tree::Literal(value) if ["true", "false"].contains(&value.to_string().as_str()));
    matches!(test, Tree::Binary(_, "Eq", right) if literal(right))
}

/// The test of a pattern; `None` when it takes everything.
fn condition(pattern: &Pat, subject: &Tree) -> Result<Option<Tree>, Mistake> {
    let compare = |op, value: Tree| Tree::Binary(Box::new(subject.clone()), op, Box::new(value));
    match pattern {
        Pat::Wild(_) => Ok(None),
        Pat::Lit(expr) => Ok(Some(compare("Eq", value(&Expr::Lit(expr.clone()))?))),
        Pat::Paren(paren) => condition(&paren.pat, subject),
        Pat::Or(or) => {
            let mut tests = Vec::new();
            for case in &or.cases {
                match condition(case, subject)? {
                    Some(test) => tests.push(test),
                    None => return Ok(None),
                }
            }
            let either = |a: Tree, b: Tree| Tree::Binary(Box::new(a), "Or", Box::new(b));
            Ok(tests.into_iter().reduce(either))
        }
        Pat::Range(range) => {
            let upper = if matches!(range.limits, RangeLimits::HalfOpen(_)) { "Lt" } else { "Le" };
            let start = range.start.as_deref().map(value).transpose()?.map(|value| compare("Ge", value));
            let end = range.end.as_deref().map(value).transpose()?.map(|value| compare(upper, value));
            let both = |a: Tree, b: Tree| Tree::Binary(Box::new(a), "And", Box::new(b));
            Ok(start.into_iter().chain(end).reduce(both))
        }
        Pat::Guard(guard) => {
            Err(Mistake::new(guard.if_token.span, "a guard is not portable", "write `if … { … } else { … }`"))
        }
        other => {
            let what = format!("the pattern `{}` is not portable", other.to_token_stream());
            Err(Mistake::new(other.span(), what, "match on literals and `_`"))
        }
    }
}

/// A literal in a pattern, perhaps with a sign.
fn value(expr: &Expr) -> Result<Tree, Mistake> {
    match expr {
        Expr::Lit(lit) if !matches!(lit.lit, Lit::Float(_)) => literal(&lit.lit).map(|(_, tree)| tree),
        Expr::Unary(_) => walk(expr, Position::Look, &mut Scope::default()).map(|(_, tree)| tree),
        other => {
            Err(Mistake::new(other.span(), "this pattern is not portable", "match on whole numbers, strings and bools"))
        }
    }
}

/// `Out { a: x, b: y }`.
pub fn structure(structure: &ExprStruct, scope: &mut Scope) -> Walked {
    if let Some(rest) = &structure.rest {
        let what = "`..` in a struct is not portable";
        return Err(Mistake::new(rest.span(), what, "write every field"));
    }
    let path = &structure.path;
    let name = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
    let values = structure.fields.iter().map(|field| walk(&field.expr, Position::Value, scope)).collect();
    let mut fields = Vec::new();
    let mut trees = Vec::new();
    for (field, (rust, tree)) in structure.fields.iter().zip(scope.all(values)?) {
        let member = &field.member;
        let colon = &field.colon_token.unwrap_or_default();
        fields.push(quote!(#member #colon #rust));
        trees.push((member.to_token_stream().to_string().trim_start_matches("r#").to_owned(), tree));
    }
    Ok((quote!(#path { #(#fields),* }), Tree::Struct(name, trees)))
}

/// `(a, b)`.
pub fn tuple(tuple: &ExprTuple, scope: &mut Scope) -> Walked {
    if tuple.elems.is_empty() {
        return Err(Mistake::new(tuple.span(), "`()` is not portable", "write a value"));
    }
    let values = tuple.elems.iter().map(|part| walk(part, Position::Value, scope)).collect();
    let (parts, trees): (Vec<_>, Vec<_>) = scope.all(values)?.into_iter().unzip();
    let rust = if let [one] = &parts[..] { quote!((#one,)) } else { quote!((#(#parts),*)) };
    Ok((rust, Tree::Tuple(trees)))
}
