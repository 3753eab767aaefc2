//! The fields of a record.

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Type};

use super::attributes::{self, OfField};
use crate::errors::{Errors, Mistake};

/// A struct that is a record.
#[derive(Debug)]
pub struct Record {
    /// Its name.
    pub name: Ident,
    /// The user derives serde.
    pub serde: bool,
    /// Its fields, in order.
    pub fields: Vec<Field>,
}

/// A field.
#[derive(Debug)]
pub struct Field {
    /// Its name in Rust.
    pub member: Ident,
    /// Its name in formats.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// How it is written; `None` when it is skipped.
    pub encoding: Option<TokenStream>,
}

/// Types that people use and that no field can have, with what to use.
const INSTEAD: &[(&str, &str)] = &[
    ("u8", "use i16, or i8"),
    ("u16", "use i32"),
    ("u32", "use i64"),
    ("u64", "use i64"),
    ("usize", "use i64"),
    ("isize", "use i64"),
    ("i128", "use i64, or `rust_decimal::Decimal` with `#[record(precision = 28, scale = 0)]`"),
    ("u128", "use i64, or `rust_decimal::Decimal` with `#[record(precision = 28, scale = 0)]`"),
    ("char", "use String"),
    ("str", "use String"),
    ("HashMap", "use a Vec of a record with two fields"),
    ("BTreeMap", "use a Vec of a record with two fields"),
    ("HashSet", "use a Vec"),
    ("BTreeSet", "use a Vec"),
    ("Box", "use the type in it"),
    ("Arc", "use the type in it"),
    ("Rc", "use the type in it"),
    ("Duration", "use i64, of milliseconds"),
    ("SystemTime", "use flow::Timestamp"),
    ("Instant", "use flow::Timestamp"),
    ("DateTime", "use flow::Timestamp"),
];

/// Reads the struct; `None` when it cannot be a record, which is reported.
pub fn read(input: &DeriveInput, errors: &Errors) -> Option<Record> {
    let refuse = |span: Span, what: &str, remedy: &str| {
        errors.report(span, what, remedy);
        None
    };
    if let Some(generic) = input.generics.params.first() {
        return refuse(generic.span(), "a record has no type parameters", "write a struct for each type");
    }
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(data) => {
            return refuse(
                data.enum_token.span,
                "an enum is not a record",
                "write a struct; a kind can be a String field",
            );
        }
        Data::Union(data) => return refuse(data.union_token.span, "a union is not a record", "write a struct"),
    };
    let Fields::Named(fields) = fields else {
        return refuse(input.ident.span(), "a record's fields have names", "write `struct Name { field: Type, … }`");
    };
    let of_struct = attributes::of_struct(&input.attrs, errors);
    let mut record = Record { name: input.ident.clone(), serde: of_struct.serde, fields: Vec::new() };
    for field in &fields.named {
        let Some(member) = field.ident.clone() else { continue };
        let said = attributes::of_field(&field.attrs, errors);
        let plain = member.unraw().to_string();
        let name =
            said.rename.clone().unwrap_or_else(|| of_struct.rename_all.map_or(plain.clone(), |make| make(&plain)));
        let encoding = match said.skip {
            Some(_) => None,
            None => {
                errors.keep(permitted(&field.ty, &said));
                Some(encoding(&said, field.ty.span()))
            }
        };
        record.fields.push(Field { member, name, ty: field.ty.clone(), encoding });
    }
    if !record.fields.iter().any(|field| field.encoding.is_some()) {
        return refuse(input.ident.span(), "a record has a field at least", "write a field, or use another type");
    }
    names(&record, errors);
    Some(record)
}

/// Two fields of one name would be read as one.
fn names(record: &Record, errors: &Errors) {
    let mut seen = BTreeMap::new();
    for field in record.fields.iter().filter(|field| field.encoding.is_some()) {
        if let Some(other) = seen.insert(field.name.clone(), &field.member) {
            let what = format!("`{other}` and `{}` have the same name, {:?}", field.member, field.name);
            errors.report(field.member.span(), what, "rename one of the two");
        }
        let taken = |other: &&Field| other.member != field.member && other.member.unraw() == field.name.as_str();
        if let Some(other) = record.fields.iter().find(taken).filter(|other| other.name != field.name) {
            let what = format!("{:?} is the Rust name of another field", field.name);
            errors.report(
                field.member.span(),
                what,
                format!("give `{}` its name back, or rename it in Rust", other.member),
            );
        }
    }
}

/// A type as people write it: tokens alone would have spaces around them.
fn written(ty: &Type) -> String {
    let spaced =
        [(" <", "<"), ("< ", "<"), (" >", ">"), (" ,", ","), (" ;", ";"), (" ::", "::"), (":: ", "::"), ("& ", "&")];
    spaced.iter().fold(ty.to_token_stream().to_string(), |text, (tokens, plain)| text.replace(tokens, plain))
}

/// What can be seen of a type: the rest is up to the trait `Field`.
fn permitted(ty: &Type, said: &OfField) -> Result<(), Mistake> {
    let refused = |what: String, remedy: &str| Err(Mistake::new(ty.span(), what, remedy));
    let text = || written(ty);
    match ty {
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else { return Ok(()) };
            let word = last.ident.to_string();
            let inner = match &last.arguments {
                syn::PathArguments::AngleBracketed(args) => args.args.first(),
                _ => None,
            };
            if let ("Option" | "Vec", Some(syn::GenericArgument::Type(inner))) = (word.as_str(), inner) {
                return match inner {
                    Type::Path(path)
                        if word == "Option" && path.path.segments.last().is_some_and(|last| last.ident == "Option") =>
                    {
                        refused("an Option in an Option has no counterpart in SQL".to_owned(), "use one Option")
                    }
                    Type::Path(path) if word == "Vec" && path.path.is_ident("u8") => {
                        refused("`Vec<u8>` is a list of numbers".to_owned(), "use bytes::Bytes")
                    }
                    inner => permitted(inner, said),
                };
            }
            if word == "Decimal" && said.precision.is_none() && said.scale.is_none() {
                return refused("a decimal of unknown width".to_owned(), "add `#[record(precision = 18, scale = 2)]`");
            }
            match INSTEAD.iter().find(|(name, _)| *name == word) {
                Some((_, remedy)) => refused(format!("a record has no field of type `{}`", text()), remedy),
                None => Ok(()),
            }
        }
        Type::Paren(inner) => permitted(&inner.elem, said),
        Type::Group(inner) => permitted(&inner.elem, said),
        Type::Reference(_) | Type::Ptr(_) => {
            refused(format!("a record has no field of type `{}`", text()), "use a type that owns its value, say String")
        }
        Type::Array(_) | Type::Slice(_) => refused(format!("a record has no field of type `{}`", text()), "use a Vec"),
        Type::FnPtr(_) | Type::TraitObject(_) | Type::ImplTrait(_) => {
            refused(format!("a record has no field of type `{}`", text()), "use data, or `#[record(skip)]`")
        }
        _ => Ok(()),
    }
}

fn encoding(said: &OfField, span: Span) -> TokenStream {
    match (said.epoch_millis, said.precision, said.scale) {
        (Some(_), ..) => quote_spanned!(span=> ::flow::record::EpochMillis),
        (None, Some((precision, _)), Some((scale, _))) => {
            let digits = [precision, scale].map(proc_macro2::Literal::u8_unsuffixed);
            quote!(::flow::record::Digits<#(#digits),*>)
        }
        _ => quote_spanned!(span=> ::flow::record::Plain),
    }
}
