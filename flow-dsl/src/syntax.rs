//! Phase 1: tokens to a tree that knows the shape of a definition and none of its words.
//!
//! A statement that cannot be read costs one mistake and not those after it: the tokens are cut at `;` first.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Ident, LitStr, Token, Type, token};

use crate::errors::{Errors, Mistake};
use crate::settings;
use crate::suggest::did_you_mean;

/// A definition as it was written.
#[derive(Debug, Default)]
pub struct Definition {
    /// The lines of its doc comment.
    pub doc: Vec<String>,
    /// `name = …;` and the like.
    pub settings: Vec<Setting>,
    /// The chains, in the order in which they were written.
    pub chains: Vec<Chain>,
    /// Every word of the statements that could not be read: none of them is reported as undefined or unused.
    pub unreadable: BTreeSet<String>,
}

/// `portable;`, `parallelism = 4;`, `property("k") = "v";`.
#[derive(Debug)]
pub struct Setting {
    /// Which one.
    pub name: Ident,
    /// The argument before `=`.
    pub key: Option<LitStr>,
    /// What stands after `=`.
    pub value: Option<Expr>,
}

/// `name = head -> stage -> stage;`.
#[derive(Debug)]
pub struct Chain {
    /// The stream that it defines.
    pub name: Option<Ident>,
    /// What it starts from.
    pub head: Step,
    /// What follows, each after a `->`.
    pub stages: Vec<Step>,
}

/// A word with arguments: a head or a stage.
#[derive(Debug)]
pub struct Step {
    /// The word.
    pub name: Ident,
    /// `::<T>` after it.
    pub turbofish: Option<Type>,
    /// What stands in its parentheses; `None` when there are none.
    pub args: Option<Vec<Arg>>,
    /// They could not be read, which has been reported.
    pub broken: bool,
}

/// `5s` or `delay = 5s`.
#[derive(Debug)]
pub struct Arg {
    /// The option's name.
    pub name: Option<Ident>,
    /// Its value.
    pub value: Expr,
}

impl Chain {
    /// The head and the stages.
    fn steps(&self) -> impl Iterator<Item = &Step> {
        std::iter::once(&self.head).chain(&self.stages)
    }
}

enum Statement {
    Setting(Setting),
    Chain(Chain),
}

/// Reads a definition.
pub fn parse(tokens: TokenStream, errors: &Errors) -> Definition {
    let mut definition = Definition::default();
    if let Some(span) = too_deep(tokens.clone()) {
        errors.report(span, format!("more than {DEEPEST} brackets in each other"), "give the inner parts names");
        return definition;
    }
    let mut first = true;
    for (tokens, ended) in statements(tokens) {
        let words = tokens.clone();
        let parser = |input: ParseStream| {
            let doc = doc_lines(&input.call(Attribute::parse_outer)?);
            if first {
                definition.doc = doc;
            }
            first = false;
            statement(input, errors)
        };
        match parser.parse2(tokens) {
            Ok(Some(statement)) => {
                if matches!(&statement, Statement::Chain(chain) if chain.steps().any(|step| step.broken)) {
                    collect_words(words, &mut definition.unreadable);
                }
                if let Some(end) = ended {
                    errors.report(end, "the statement does not end", "write `;` after it");
                }
                match statement {
                    Statement::Setting(setting) => definition.settings.push(setting),
                    Statement::Chain(chain) => definition.chains.push(chain),
                }
            }
            Ok(None) => collect_words(words, &mut definition.unreadable),
            Err(error) => {
                collect_words(words, &mut definition.unreadable);
                errors.add(error);
            }
        }
    }
    definition
}

/// As deep as brackets may stand in each other: reading them takes stack.
const DEEPEST: usize = 128;

/// The first bracket that stands too deep. Finding it takes no stack.
pub fn too_deep(tokens: TokenStream) -> Option<Span> {
    let mut open = vec![tokens.into_iter()];
    while let Some(last) = open.last_mut() {
        match last.next() {
            Some(TokenTree::Group(group)) if open.len() == DEEPEST => return Some(group.span()),
            Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
            Some(_) => {}
            None => drop(open.pop()),
        }
    }
    None
}

/// The statements, each without its `;`, and where the `;` is missing.
fn statements(tokens: TokenStream) -> Vec<(TokenStream, Option<Span>)> {
    let mut found = Vec::new();
    let mut current: Vec<TokenTree> = Vec::new();
    for tree in tokens {
        if matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == ';') {
            if !current.is_empty() {
                found.push((current.drain(..).collect(), None));
            }
        } else {
            current.push(tree);
        }
    }
    if let Some(last) = current.last() {
        let end = last.span();
        found.push((current.into_iter().collect(), Some(end)));
    }
    found
}

fn collect_words(tokens: TokenStream, words: &mut BTreeSet<String>) {
    for tree in tokens {
        match tree {
            TokenTree::Ident(word) => drop(words.insert(word.to_string())),
            TokenTree::Group(group) => collect_words(group.stream(), words),
            _ => {}
        }
    }
}

fn doc_lines(attributes: &[Attribute]) -> Vec<String> {
    let text = |attribute: &Attribute| match &attribute.meta.require_name_value().ok()?.value {
        Expr::Lit(lit) => match &lit.lit {
            syn::Lit::Str(text) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    };
    attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(text).collect()
}

/// `None` after a mistake that has been reported.
fn statement(input: ParseStream, errors: &Errors) -> syn::Result<Option<Statement>> {
    let word = input.fork().call(Ident::parse_any)?;
    if settings::row(&word.to_string()).is_some() {
        return setting(input).map(|setting| Some(Statement::Setting(setting)));
    }
    let name = if input.peek2(Token![=]) && !input.peek2(Token![==]) {
        let name = Ident::parse_any(input)?;
        input.parse::<Token![=]>()?;
        Some(name)
    } else {
        None
    };
    if let Some(name) = &name {
        let chain = input.peek(syn::Ident) && !input.peek2(Token![!]) && !input.peek2(Token![.]);
        if !chain {
            let remedy = did_you_mean(&name.to_string(), &settings::names());
            errors.report(name.span(), format!("`{name}` is not a setting, and no chain stands after its `=`"), remedy);
            input.parse::<TokenStream>()?;
            return Ok(None);
        }
    }
    let head = step(input, errors)?;
    let mut stages = Vec::new();
    while !input.is_empty() {
        if !input.peek(Token![->]) {
            let found = input.cursor().token_tree().map(|(tree, _)| tree.to_string()).unwrap_or_default();
            let what = format!("`{found}` where `->` or `;` was expected");
            errors.report(input.span(), what, "write `-> stage(…)` to go on, or `;` to end the chain before it");
            input.parse::<TokenStream>()?;
            return Ok(None);
        }
        let arrow: Token![->] = input.parse()?;
        if input.is_empty() {
            errors.report(arrow.span(), "no stage stands after `->`", "write a stage, say `-> sink(out)`");
            return Ok(None);
        }
        stages.push(step(input, errors)?);
    }
    Ok(Some(Statement::Chain(Chain { name, head, stages })))
}

fn setting(input: ParseStream) -> syn::Result<Setting> {
    let name = Ident::parse_any(input)?;
    let key = if input.peek(token::Paren) {
        let content;
        syn::parenthesized!(content in input);
        Some(content.parse()?)
    } else {
        None
    };
    let value = if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        Some(input.parse()?)
    } else {
        None
    };
    if !input.is_empty() {
        return Err(input.error("`;` expected after the setting"));
    }
    Ok(Setting { name, key, value })
}

/// A head or a stage. A mistake in one argument costs that step only.
fn step(input: ParseStream, errors: &Errors) -> syn::Result<Step> {
    let mut broken = false;
    let name = Ident::parse_any(input)?;
    let turbofish = if input.peek(Token![::]) {
        input.parse::<Token![::]>()?;
        input.parse::<Token![<]>()?;
        let ty = input.parse()?;
        input.parse::<Token![>]>()?;
        Some(ty)
    } else {
        None
    };
    let args = if input.peek(token::Paren) {
        let content;
        syn::parenthesized!(content in input);
        match content.parse_terminated(Arg::parse, Token![,]) {
            Ok(args) => Some(args.into_iter().collect()),
            Err(error) => {
                errors.add(Mistake::from(error));
                broken = true;
                drop(content.parse::<TokenStream>());
                Some(Vec::new())
            }
        }
    } else {
        None
    };
    Ok(Step { name, turbofish, args, broken })
}

impl Parse for Arg {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let named = input.peek2(Token![=]) && !input.peek2(Token![==]) && !input.peek2(Token![=>]);
        if !named {
            return Ok(Self { name: None, value: input.parse()? });
        }
        let name = Ident::parse_any(input)?;
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(syn::Error::new(name.span(), format!("`{name} =` has no value")));
        }
        Ok(Self { name: Some(name), value: input.parse()? })
    }
}

impl Arg {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.name.as_ref().map_or_else(|| self.value.span(), Ident::span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let errors = Errors::new();
        let definition = parse(text.parse().unwrap(), &errors);
        let step = |step: &Step| format!("{}/{}", step.name, step.args.as_ref().map_or(-1, |args| args.len() as i32));
        let chain = |chain: &Chain| {
            let stages = std::iter::once(&chain.head).chain(&chain.stages).map(step).collect::<Vec<_>>().join(" ");
            chain.name.as_ref().map_or_else(|| stages.clone(), |name| format!("{name}: {stages}"))
        };
        let settings = definition.settings.iter().map(|setting| setting.name.to_string());
        let mistakes = errors.finish().into_iter().map(|mistake| format!("! {}", mistake.what));
        let got: Vec<_> = settings.chain(definition.chains.iter().map(chain)).chain(mistakes).collect();
        assert_eq!(got.join("\n"), expect, "{text}");
    }

    #[test]
    fn shapes() {
        check("name = \"x\"; portable; property(\"k\") = \"v\";", "name\nportable\nproperty");
        check(
            "a = source::<Order>(x) -> filter(|o| o.a > 1, name = \"big\"); a -> sink(out);",
            "a: source/1 filter/2\na/-1 sink/1",
        );
        check("join(a, b, on = (|x| x.id, |y| y.id), between = -5min..=10min, inner) -> sink(s);", "join/5 sink/1");
        check("a -> map(|a, b| { a; b }) -> sink(s);", "a/-1 map/1 sink/1");
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("a -> filter{}{} -> sink(s);", "(".repeat(depth), ")".repeat(depth));
        check(&nested(129), "! more than 128 brackets in each other");
    }

    #[test]
    fn each_statement_fails_alone() {
        check(
            "verison = \"1\"; a -> ; b -> c(1) d;",
            concat!(
                "! `verison` is not a setting, and no chain stands after its `=`\n! no stage stands after `->`\n",
                "! `d` where `->` or `;` was expected"
            ),
        );
        check(
            "a -> filter(|o| ) -> map(delay =) -> sink(s)",
            concat!(
                "a/-1 filter/0 map/0 sink/1\n! unexpected end of input, expected an expression\n",
                "! `delay =` has no value\n! the statement does not end"
            ),
        );
        check("a -> sink(s)", "a/-1 sink/1\n! the statement does not end");
    }
}
