//! What the names in a closure stand for.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{Expr, Pat};

use super::tree::Tree;
use crate::errors::Mistake;

/// Whether the closure owns what a name stands for, or sees it behind a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It may be moved out of.
    Owned,
    /// What is taken out of it is cloned.
    Ref,
}

/// What a name is in the expression.
#[derive(Clone, Debug)]
pub enum Place {
    /// The record, or a field of it.
    Field(Vec<String>),
    /// The argument of a closure on an `Option`, and how many such closures stand around it.
    Bound(usize, Vec<String>),
    /// The key.
    Key,
    /// The window.
    Window,
    /// A result of an aggregation.
    Aggregate(usize),
}

/// A captured variable (or a field of one).
#[derive(Clone, Debug)]
pub struct Captured {
    /// What the user wrote.
    pub source: Expr,
    /// The clone that moves into the closure; `None` for constants, which need none.
    pub clone: Option<Ident>,
}

/// The names in scope, and the variables captured so far.
#[derive(Debug, Default)]
pub struct Scope {
    names: Vec<(String, Place, Hold)>,
    /// The captured variables, each once.
    pub captured: Vec<Captured>,
    /// How many closures on an `Option` stand around what is being read.
    pub depth: usize,
    /// Whether types that are not portable must do as well: those of a pipeline that is not `portable;`.
    pub lenient: bool,
    /// Mistakes beside the one that ends the reading.
    pub mistakes: Vec<Mistake>,
}

impl Scope {
    /// An empty scope; `strict` when all types are portable.
    pub fn new(strict: bool) -> Self {
        Self { lenient: !strict, ..Self::default() }
    }

    /// The meaning of a name.
    pub fn get(&self, name: &str) -> Option<(&Place, Hold)> {
        let found = self.names.iter().rev().find(|(known, ..)| known == name);
        found.map(|(_, place, hold)| (place, *hold))
    }

    /// Gives a name a meaning.
    pub fn bind(&mut self, name: String, place: Place, hold: Hold) {
        self.names.push((name, place, hold));
    }

    /// Both, or the first mistake of them; the second is kept.
    pub fn pair<A, B>(&mut self, first: Result<A, Mistake>, second: Result<B, Mistake>) -> Result<(A, B), Mistake> {
        match (first, second) {
            (Ok(first), Ok(second)) => Ok((first, second)),
            (Err(first), Err(second)) => {
                self.mistakes.push(second);
                Err(first)
            }
            (Err(mistake), Ok(_)) | (Ok(_), Err(mistake)) => Err(mistake),
        }
    }

    /// All of them, or the first mistake; the others are kept.
    pub fn all<T>(&mut self, results: Vec<Result<T, Mistake>>) -> Result<Vec<T>, Mistake> {
        let mut first = None;
        let mut all = Vec::new();
        for result in results {
            match result {
                Ok(value) => all.push(value),
                Err(mistake) if first.is_none() => first = Some(mistake),
                Err(mistake) => self.mistakes.push(mistake),
            }
        }
        first.map_or(Ok(all), Err)
    }

    /// How many names there are, to return to.
    pub fn mark(&self) -> usize {
        self.names.len()
    }

    /// Forgets the names since the mark.
    pub fn forget(&mut self, mark: usize) {
        self.names.truncate(mark);
    }

    /// Binds the names of a parameter.
    pub fn bind_pattern(&mut self, pattern: &Pat, place: Place, hold: Hold) -> Result<(), Mistake> {
        match pattern {
            Pat::Ident(ident) if ident.subpat.is_none() => {
                let hold = if ident.by_ref.is_some() { Hold::Ref } else { hold };
                self.bind(ident.ident.to_string(), place, hold);
            }
            Pat::Wild(_) | Pat::Rest(_) => {}
            Pat::Paren(paren) => self.bind_pattern(&paren.pat, place, hold)?,
            Pat::Type(typed) => self.bind_pattern(&typed.pat, place, hold)?,
            Pat::Reference(reference) => self.bind_pattern(&reference.pat, place, Hold::Owned)?,
            Pat::Tuple(tuple) if !tuple.elems.iter().any(|part| matches!(part, Pat::Rest(_))) => {
                for (index, part) in tuple.elems.iter().enumerate() {
                    self.bind_pattern(part, member(&place, format!("f{index}"), pattern.span())?, hold)?;
                }
            }
            Pat::Struct(structure) => {
                for field in &structure.fields {
                    let name = field.member.to_token_stream().to_string();
                    self.bind_pattern(&field.pat, member(&place, name, pattern.span())?, hold)?;
                }
            }
            other => {
                let what = format!("the pattern `{}` is not portable", other.to_token_stream());
                return Err(Mistake::new(other.span(), what, "write a name, `|o|`, or a tuple of names, `|(a, b)|`"));
            }
        }
        Ok(())
    }

    /// The variable as it is in the closure, and in the expression.
    pub fn capture(&mut self, source: &Expr) -> (TokenStream, Tree) {
        let text = source.to_token_stream().to_string();
        let known = self.captured.iter().position(|captured| captured.source.to_token_stream().to_string() == text);
        let index = known.unwrap_or_else(|| {
            let clone = (!is_constant(source)).then(|| clone_name(source));
            self.captured.push(Captured { source: source.clone(), clone });
            self.captured.len() - 1
        });
        let tokens = match &self.captured[index].clone {
            Some(clone) => {
                // At the user's own token, so that rustc's messages point there.
                let here = Ident::new(&clone.to_string(), Span::mixed_site().located_at(source.span()));
                quote!(#here)
            }
            None => source.to_token_stream(),
        };
        (tokens, Tree::Captured(index))
    }
}

/// A member of what a name stands for.
pub fn member(place: &Place, name: String, span: Span) -> Result<Place, Mistake> {
    let extended = |path: &[String]| path.iter().cloned().chain([name.clone()]).collect();
    match place {
        Place::Field(path) => Ok(Place::Field(extended(path))),
        Place::Bound(depth, path) => Ok(Place::Bound(*depth, extended(path))),
        Place::Key | Place::Window | Place::Aggregate(_) => {
            Err(Mistake::new(span, "this part of a result is not portable", "use the whole of it"))
        }
    }
}

/// Constants (`MIN`, `limits::MIN`, `i64::MAX`) are the same everywhere and are not moved.
pub fn is_constant(source: &Expr) -> bool {
    match source {
        Expr::Path(path) => {
            let upper = |name: String| name.chars().find(|c| *c != '_').is_some_and(char::is_uppercase);
            path.qself.is_some()
                || path.path.segments.len() > 1
                || path.path.get_ident().is_some_and(|name| upper(name.to_string()))
        }
        Expr::Field(field) => is_constant(&field.base),
        _ => false,
    }
}

/// `config.min` is cloned into `config_min`.
fn clone_name(source: &Expr) -> Ident {
    let text = source.to_token_stream().to_string();
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty() && *word != "r");
    let name = words.collect::<Vec<_>>().join("_");
    let raw = syn::parse_str::<Ident>(&name).is_err();
    let name = if raw { format!("captured_{name}") } else { name };
    format_ident!("{name}", span = Span::mixed_site().located_at(source.span()))
}
