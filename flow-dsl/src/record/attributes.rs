//! What `#[record(…)]` says.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, LitInt, LitStr};

use super::rename::{CASES, Case};
use crate::errors::{Errors, Mistake};
use crate::suggest::did_you_mean;

/// What is said of the struct.
#[derive(Debug, Default)]
pub struct OfStruct {
    /// Makes the name of a field.
    pub rename_all: Option<Case>,
    /// The user derives serde.
    pub serde: bool,
}

/// What is said of a field.
#[derive(Debug, Default)]
pub struct OfField {
    /// Its name in formats.
    pub rename: Option<String>,
    /// It is in no format.
    pub skip: Option<Span>,
    /// It is a time as an integer.
    pub epoch_millis: Option<Span>,
    /// Digits of a decimal.
    pub precision: Option<(u8, Span)>,
    /// Digits after the point.
    pub scale: Option<(u8, Span)>,
}

const OF_STRUCT: &[&str] = &["rename_all", "serde"];
const OF_FIELD: &[&str] = &["rename", "skip", "epoch_millis", "precision", "scale"];

/// Reads the struct's attributes.
pub fn of_struct(attributes: &[Attribute], errors: &Errors) -> OfStruct {
    let mut said = OfStruct::default();
    each(attributes, errors, |meta, word, span| {
        match word {
            "rename_all" => {
                let case: LitStr = meta.value()?.parse()?;
                let found = CASES.iter().find(|(name, _)| *name == case.value());
                let names: Vec<_> = CASES.iter().map(|(name, _)| *name).collect();
                match found {
                    Some((_, make)) => said.rename_all = Some(*make),
                    None => errors.report(
                        case.span(),
                        format!("{:?} is not a case", case.value()),
                        did_you_mean(&case.value(), &names),
                    ),
                }
            }
            "serde" => said.serde = true,
            _ => errors.add(unknown(word, span, OF_STRUCT, "struct", OF_FIELD, "field")),
        }
        Ok(())
    });
    said
}

/// Reads a field's attributes.
pub fn of_field(attributes: &[Attribute], errors: &Errors) -> OfField {
    let mut said = OfField::default();
    each(attributes, errors, |meta, word, span| {
        match word {
            "rename" => {
                let name: LitStr = meta.value()?.parse()?;
                if name.value().is_empty() {
                    errors.report(name.span(), "the name is empty", "write the field's name in the formats");
                }
                said.rename = Some(name.value());
            }
            "skip" => said.skip = Some(span),
            "epoch_millis" => said.epoch_millis = Some(span),
            "precision" => said.precision = Some((meta.value()?.parse::<LitInt>()?.base10_parse()?, span)),
            "scale" => said.scale = Some((meta.value()?.parse::<LitInt>()?.base10_parse()?, span)),
            _ => errors.add(unknown(word, span, OF_FIELD, "field", OF_STRUCT, "struct")),
        }
        Ok(())
    });
    check_digits(&said, errors);
    said
}

fn each(
    attributes: &[Attribute],
    errors: &Errors,
    mut read: impl FnMut(&ParseNestedMeta, &str, Span) -> syn::Result<()>,
) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("record")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            let word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            let span = syn::spanned::Spanned::span(&meta.path);
            let read = read(&meta, &word, span);
            // What belongs to an unknown word is no second mistake.
            if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            }
            read
        });
        if let Err(error) = parsed {
            errors.add(error);
        }
    }
}

fn unknown(word: &str, span: Span, known: &[&str], here: &str, others: &[&str], there: &str) -> Mistake {
    let what = format!("`{word}` is not an attribute of a record's {here}");
    if others.contains(&word) {
        return Mistake::new(span, what, format!("write it on a {there}"));
    }
    Mistake::new(span, what, did_you_mean(word, known))
}

fn check_digits(said: &OfField, errors: &Errors) {
    match (said.precision, said.scale) {
        (Some((precision, span)), _) if !(1..=28).contains(&precision) => {
            errors.report(span, format!("a decimal of {precision} digits"), "write a precision of 1 to 28");
        }
        (Some((precision, _)), Some((scale, span))) if scale > precision => {
            errors.report(
                span,
                "more digits after the point than in all",
                format!("write a scale of at most {precision}"),
            );
        }
        (Some((_, span)), None) => errors.report(span, "a precision without a scale", "add `scale = 2`"),
        (None, Some((_, span))) => errors.report(span, "a scale without a precision", "add `precision = 18`"),
        _ => {}
    }
    let digits = said.precision.map(|(_, span)| span);
    let all = [("epoch_millis", said.epoch_millis), ("precision", digits), ("skip", said.skip)];
    let all: Vec<_> = all.into_iter().filter_map(|(word, span)| Some((word, span?))).collect();
    if let [(first, _), (second, span), ..] = all[..] {
        errors.report(span, format!("`{second}` contradicts `{first}`"), "remove one of the two");
    }
}
