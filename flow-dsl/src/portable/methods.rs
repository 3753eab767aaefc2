//! The methods and functions of the portable subset, as a table.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprClosure, ExprMacro, ExprMethodCall, Lit, Token};

use super::scope::{Hold, Place, Scope};
use super::tree::Tree;
use super::walk::{Position, Walked, not_portable, walk};
use crate::errors::Mistake;
use crate::suggest::nearest;

/// How a method takes its receiver and arguments.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    /// By reference.
    Look,
    /// By value: it is cloned from behind a reference.
    Value,
}

/// `(method, number of arguments, function of the IR, how it takes them)`.
const METHODS: &[(&str, usize, &str, Takes)] = &[
    ("to_lowercase", 0, "Lower", Takes::Look),
    ("to_uppercase", 0, "Upper", Takes::Look),
    ("starts_with", 1, "StartsWith", Takes::Look),
    ("ends_with", 1, "EndsWith", Takes::Look),
    ("contains", 1, "Contains", Takes::Look),
    ("replace", 2, "Replace", Takes::Look),
    ("to_string", 0, "ToString", Takes::Look),
    ("wrapping_abs", 0, "Abs", Takes::Look),
    ("floor", 0, "Floor", Takes::Look),
    ("ceil", 0, "Ceil", Takes::Look),
    ("sqrt", 0, "Sqrt", Takes::Look),
    ("min", 1, "Min2", Takes::Value),
    ("max", 1, "Max2", Takes::Value),
    ("is_some", 0, "IsSome", Takes::Look),
    ("is_none", 0, "IsNone", Takes::Look),
    ("unwrap_or", 1, "UnwrapOr", Takes::Value),
    ("or", 1, "OrElse", Takes::Value),
    ("millis", 0, "Millis", Takes::Look),
    ("plus_millis", 1, "PlusMillis", Takes::Look),
    ("year", 0, "Year", Takes::Look),
    ("month", 0, "Month", Takes::Look),
    ("day", 0, "Day", Takes::Look),
    ("hour", 0, "Hour", Takes::Look),
    ("minute", 0, "Minute", Takes::Look),
    ("second", 0, "Second", Takes::Look),
    ("format_date", 0, "FormatDate", Takes::Look),
];

/// Methods with a closure on an `Option`.
const ON_OPTION: &[(&str, &str)] = &[("map", "Map"), ("is_some_and", "IsSomeAnd"), ("is_none_or", "IsNoneOr")];

/// Methods that give the same value in another shape.
const SAME: &[&str] = &["clone", "to_owned", "as_str", "as_ref", "as_deref", "copied", "cloned"];

/// What to write instead of what people write.
const INSTEAD: &[(&str, &str)] = &[
    ("len", "write `.chars().count()`: a length in code points is the same on both engines, one in bytes is not"),
    ("is_empty", "write `== \"\"`"),
    ("trim", "write `.trim_matches(' ')`: what else counts as white space differs"),
    ("trim_start", "write `.trim_matches(' ')`"),
    ("trim_end", "write `.trim_matches(' ')`"),
    ("unwrap", "write `.unwrap_or(…)`, or `.map(|x| …)`"),
    ("expect", "write `.unwrap_or(…)`, or `.map(|x| …)`"),
    ("unwrap_or_default", "write `.unwrap_or(…)` with the value"),
    ("unwrap_or_else", "write `.unwrap_or(…)` with the value"),
    ("and_then", "write `.map(|x| …)`, or `if … { … } else { … }`"),
    ("filter", "write `if … { … } else { … }`"),
    ("map_or", "write `.map(|x| …).unwrap_or(…)`"),
    ("to_ascii_lowercase", "write `.to_lowercase()`"),
    ("to_ascii_uppercase", "write `.to_uppercase()`"),
    ("eq_ignore_ascii_case", "write `a.to_lowercase() == b.to_lowercase()`"),
    ("is_match", "write `flow::expr::matches(&s, \"pattern\")`"),
    ("into", "write `.to_string()` of a string, or a cast of a number: `as i64`"),
    ("wrapping_add", "write `+`: in a portable closure it wraps"),
    ("wrapping_sub", "write `-`: in a portable closure it wraps"),
    ("wrapping_mul", "write `*`: in a portable closure it wraps"),
    ("rem_euclid", "write `((a % b) + b) % b`"),
    ("round", "write `(x + 0.5).floor()`: how halves are rounded differs"),
];

/// Every method of the portable subset that stands in a table.
pub fn names() -> impl Iterator<Item = &'static str> {
    METHODS.iter().map(|row| row.0).chain(ON_OPTION.iter().map(|row| row.0))
}

/// A method call.
pub fn method(call: &ExprMethodCall, scope: &mut Scope) -> Walked {
    let name = call.method.to_string();
    if let Some(found) = of_string_literal(call, &name) {
        return Ok(found);
    }
    if let Some(found) = of_chars(call, scope)? {
        return Ok(found);
    }
    let args: Vec<_> = call.args.iter().collect();
    let arity = args.len();
    let method = &call.method;
    if let Some((_, op)) = ON_OPTION.iter().find(|(known, _)| *known == name)
        && let [Expr::Closure(closure)] = args[..]
    {
        let option = walk(&call.receiver, Position::Value, scope);
        let closure = inner(closure, scope);
        let ((option, subject), (closure, body)) = scope.pair(option, closure)?;
        return Ok((quote!(#option.#method(#closure)), Tree::WithSome(Box::new(subject), op, Box::new(body))));
    }
    if SAME.contains(&name.as_str()) && arity == 0 {
        let (receiver, tree) = walk(&call.receiver, Position::Look, scope)?;
        return Ok((quote!(#receiver.#method()), tree));
    }
    if name == "abs" && arity == 0 {
        // `abs` of the smallest integer panics in debug; that of `ops` wraps.
        let (receiver, tree) = walk(&call.receiver, Position::Look, scope)?;
        let path = quote_spanned!(Span::mixed_site().located_at(call.method.span())=> ::flow::ops::abs);
        return Ok((quote!(#path(#receiver)), Tree::Call("Abs", vec![tree])));
    }
    if name == "trim_matches"
        && matches!(args[..], [Expr::Lit(lit)] if matches!(&lit.lit, Lit::Char(c) if c.value() == ' '))
    {
        let (receiver, tree) = walk(&call.receiver, Position::Look, scope)?;
        return Ok((quote!(#receiver.#method(' ')), Tree::Call("Trim", vec![tree])));
    }
    let Some((.., function, takes)) = METHODS.iter().find(|(known, count, ..)| *known == name && *count == arity)
    else {
        // A chain of methods is one mistake.
        let receiver = Some(&*call.receiver).filter(|receiver| !matches!(receiver, Expr::MethodCall(_)));
        beside(receiver.into_iter().chain(args), scope);
        return Err(unknown(call, &name));
    };
    let inner = if *takes == Takes::Value { Position::Value } else { Position::Look };
    let values = std::iter::once(&*call.receiver).chain(args).map(|value| walk(value, inner, scope)).collect();
    let (rust, trees): (Vec<_>, Vec<_>) = scope.all(values)?.into_iter().unzip();
    let (receiver, rust) = (&rust[0], &rust[1..]);
    Ok((quote!(#receiver.#method(#(#rust),*)), Tree::Call(function, trees)))
}

/// Notes what is wrong with the values that are given to what is not portable itself.
fn beside<'a>(values: impl Iterator<Item = &'a Expr>, scope: &mut Scope) {
    for value in values.filter(|value| !matches!(value, Expr::Closure(_))) {
        let mistake = walk(value, Position::Look, scope).err();
        scope.mistakes.extend(mistake);
    }
}

fn unknown(call: &ExprMethodCall, name: &str) -> Mistake {
    let known: Vec<_> = names().collect();
    let with_others = METHODS.iter().find(|row| row.0 == name).map(|row| ["", "…", "…, …"][row.1.min(2)]);
    let instead = INSTEAD.iter().find(|(method, _)| *method == name);
    let remedy = match (instead, with_others) {
        (Some((_, remedy)), _) => (*remedy).to_owned(),
        (None, Some(args)) => format!("write `.{name}({args})`, with these arguments only"),
        (None, None) => match nearest(name, &known).filter(|near| *near != name) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the portable methods are listed in the documentation of `pipeline!`".to_owned(),
        },
    };
    Mistake::new(
        call.method.span(),
        format!("`.{name}({})` is not portable", if call.args.is_empty() { "" } else { "…" }),
        remedy,
    )
}

/// `"text".to_string()` and the like are literals.
fn of_string_literal(call: &ExprMethodCall, name: &str) -> Option<(TokenStream, Tree)> {
    let Expr::Lit(lit) = &*call.receiver else { return None };
    let makes_string = ["to_string", "to_owned", "into"].contains(&name) && call.args.is_empty();
    (makes_string && matches!(lit.lit, Lit::Str(_)))
        .then(|| (call.to_token_stream(), Tree::Literal(lit.to_token_stream())))
}

/// `s.chars().count()` and `s.chars().skip(n).take(m).collect::<String>()`.
fn of_chars(call: &ExprMethodCall, scope: &mut Scope) -> Result<Option<(TokenStream, Tree)>, Mistake> {
    let mut steps = Vec::new();
    let mut current = call;
    while current.method != "chars" {
        steps.push(current);
        let Expr::MethodCall(inner) = &*current.receiver else { return Ok(None) };
        current = inner;
    }
    let (receiver, subject) = walk(&current.receiver, Position::Look, scope)?;
    let steps: Vec<_> = steps.into_iter().rev().collect();
    let names: Vec<_> = steps.iter().map(|step| step.method.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let mut rust = quote!(#receiver.chars());
    let tree = match names[..] {
        ["count"] => Tree::Call("CharCount", vec![subject]),
        ["skip", "take", "collect"] => {
            let mut bound = |step: &ExprMethodCall| match step.args.first() {
                Some(Expr::Lit(lit)) => walk(&Expr::Lit(lit.clone()), Position::Look, scope).map(|(_, tree)| tree),
                _ => Err(Mistake::new(
                    step.method.span(),
                    "this part of a string is not portable",
                    "use literal numbers",
                )),
            };
            Tree::Call("Substring", vec![subject, bound(steps[0])?, bound(steps[1])?])
        }
        _ => {
            let remedy = "write `.chars().count()`, or `.chars().skip(n).take(m).collect::<String>()`";
            return Err(Mistake::new(current.method.span(), "these steps over characters are not portable", remedy));
        }
    };
    for step in steps {
        let (method, turbofish, args) = (&step.method, &step.turbofish, &step.args);
        rust = quote!(#rust.#method #turbofish (#args));
    }
    Ok(Some((rust, tree)))
}

/// The closure on an `Option`.
fn inner(closure: &ExprClosure, scope: &mut Scope) -> Result<(TokenStream, Tree), Mistake> {
    let [parameter] = closure.inputs.iter().collect::<Vec<_>>()[..] else {
        return Err(not_portable(&Expr::Closure(closure.clone())));
    };
    let mark = scope.mark();
    scope.depth += 1;
    let bound = scope.bind_pattern(parameter, Place::Bound(scope.depth, Vec::new()), Hold::Owned);
    let walked = bound.and_then(|()| walk(&closure.body, Position::Value, scope));
    scope.depth -= 1;
    scope.forget(mark);
    let (body, tree) = walked?;
    Ok((quote!(|#parameter| #body), tree))
}

/// `Some(x)`, `String::from("…")`, `Timestamp::from_millis(n)`, `flow::expr::matches(&s, "…")`.
pub fn function(call: &ExprCall, scope: &mut Scope) -> Walked {
    let function = &call.func;
    let text = function.to_token_stream().to_string().replace(' ', "");
    let args: Vec<_> = call.args.iter().collect();
    let ends = |end: &str| text == end || text.ends_with(&format!("::{end}"));
    match args[..] {
        [value] if ends("Some") => {
            let (rust, tree) = walk(value, Position::Value, scope)?;
            Ok((quote!(#function(#rust)), tree))
        }
        [Expr::Lit(lit)] if ends("String::from") && matches!(lit.lit, Lit::Str(_)) => {
            Ok((call.to_token_stream(), Tree::Literal(lit.to_token_stream())))
        }
        [value] if ends("Timestamp::from_millis") => {
            let (rust, tree) = walk(value, Position::Value, scope)?;
            Ok((quote!(#function(#rust)), Tree::Call("FromMillis", vec![tree])))
        }
        [text, Expr::Lit(pattern)] if ends("matches") && matches!(pattern.lit, Lit::Str(_)) => {
            let (rust, tree) = walk(text, Position::Look, scope)?;
            let literal = Tree::Literal(pattern.to_token_stream());
            Ok((quote!(#function(#rust, #pattern)), Tree::Call("Matches", vec![tree, literal])))
        }
        [_, pattern] if ends("matches") => Err(Mistake::new(
            pattern.span(),
            "this pattern is not portable",
            "write the regular expression as a literal",
        )),
        _ => {
            beside(args.into_iter(), scope);
            let remedy = "write its body here, in fields, literals, captured values and operators";
            Err(Mistake::new(call.func.span(), format!("the function `{text}` is not portable"), remedy))
        }
    }
}

/// `format!("{}-{}", a, b)` of strings.
pub fn format(mac: &ExprMacro, scope: &mut Scope) -> Walked {
    let path = &mac.mac.path;
    let unclear =
        |what: &str| Mistake::new(path.span(), what, "write `format!(\"{}-{}\", a, b)` of strings, with plain `{}`");
    if !path.is_ident("format") {
        return Err(Mistake::new(
            path.span(),
            "this macro is not portable",
            "write an expression, or `format!` of strings",
        ));
    }
    let parts = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(mac.mac.tokens.clone());
    let Ok(parts) = parts.map(|parts| parts.into_iter().collect::<Vec<_>>()) else {
        return Err(unclear("this `format!` is not portable"));
    };
    let Some((Expr::Lit(template), args)) = parts.split_first() else {
        return Err(unclear("this `format!` is not portable"));
    };
    let Lit::Str(text) = &template.lit else { return Err(unclear("this `format!` is not portable")) };
    let value = text.value();
    let texts: Vec<_> = value.split("{}").collect();
    if texts.iter().any(|text| text.contains(['{', '}'])) || texts.len() != args.len() + 1 {
        return Err(unclear("this template is not portable"));
    }
    let values = args.iter().map(|arg| walk(arg, Position::Look, scope)).collect();
    let (rust, values): (Vec<_>, Vec<_>) = scope.all(values)?.into_iter().unzip();
    let mut values = values.into_iter();
    let mut trees = Vec::new();
    for text in &texts {
        if !text.is_empty() {
            trees.push(Tree::Literal(proc_macro2::Literal::string(text).into_token_stream()));
        }
        trees.extend(values.next().map(|tree| Tree::Call("ToString", vec![tree])));
    }
    Ok((quote!(#path!(#template #(, #rust)*)), Tree::Call("Concat", trees)))
}
