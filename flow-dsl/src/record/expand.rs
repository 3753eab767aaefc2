//! The implementations that the derive writes.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DeriveInput, Type};

use super::fields::{Field, Record};

/// `Record`, `Serialize` and `Deserialize`.
pub fn implementations(record: &Record) -> TokenStream {
    let schema = schema(record);
    let serde = (!record.serde).then(|| {
        let (serialize, deserialize) = (serialize(record), deserialize(record));
        quote!(#serialize #deserialize)
    });
    quote!(#schema #serde)
}

/// At the field's type, where rustc reports one that is not permitted; with names that mean what they mean here.
fn at(ty: &Type) -> Span {
    Span::call_site().located_at(ty.span())
}

/// The fields that formats carry, with their encodings.
fn carried(record: &Record) -> impl Iterator<Item = (&Field, &TokenStream)> {
    record.fields.iter().filter_map(|field| field.encoding.as_ref().map(|encoding| (field, encoding)))
}

fn skipped(record: &Record) -> impl Iterator<Item = TokenStream> {
    let default = |field: &Field| {
        let (member, span) = (&field.member, at(&field.ty));
        quote_spanned!(span=> #member: ::core::default::Default::default())
    };
    record.fields.iter().filter(|field| field.encoding.is_none()).map(default)
}

fn schema(record: &Record) -> TokenStream {
    let name = &record.name;
    let count = Literal::usize_unsuffixed(carried(record).count());
    let fields = carried(record).map(|(field, encoding)| {
        let (ty, called) = (&field.ty, Literal::string(&field.name));
        let rust = field.member.unraw().to_string();
        let rust = (rust != field.name).then(|| {
            let rust = Literal::string(&rust);
            quote!(.called(#rust))
        });
        quote_spanned!(at(ty)=> <#encoding as ::flow::record::Encoding<#ty>>::field(#called) #rust)
    });
    let to_row = carried(record).map(|(field, encoding)| {
        let (ty, member) = (&field.ty, &field.member);
        quote_spanned!(at(ty)=> <#encoding as ::flow::record::Encoding<#ty>>::to_value(&self.#member))
    });
    let from_row = carried(record).map(|(field, encoding)| {
        let (ty, member, called) = (&field.ty, &field.member, Literal::string(&field.name));
        quote_spanned!(at(ty)=> #member: fields.next::<#ty, #encoding>(#called)?)
    });
    let skipped = skipped(record);
    quote! {
        #[automatically_derived]
        impl ::flow::Record for #name {
            fn schema() -> ::flow::ir::types::Schema {
                ::flow::ir::types::Schema::new(::std::vec![#(#fields),*])
            }
            fn to_row(&self) -> ::flow::ir::value::Value {
                ::flow::ir::value::Value::Row(::std::vec![#(#to_row),*])
            }
            fn from_row(row: ::flow::ir::value::Value) -> ::core::result::Result<Self, ::flow::record::RowError> {
                let mut fields = ::flow::record::Fields::new(row, #count)?;
                ::core::result::Result::Ok(Self { #(#from_row,)* #(#skipped,)* })
            }
        }
    }
}

fn serialize(record: &Record) -> TokenStream {
    let (name, text) = (&record.name, Literal::string(&record.name.to_string()));
    let count = Literal::usize_unsuffixed(carried(record).count());
    let fields = carried(record).map(|(field, encoding)| {
        let (ty, member, called) = (&field.ty, &field.member, Literal::string(&field.name));
        quote_spanned! {at(ty)=>
            serde::ser::SerializeStruct::serialize_field(
                &mut out, #called, &::flow::record::Ref::<#ty, #encoding>::new(&self.#member),
            )?;
        }
    });
    quote! {
        #[automatically_derived]
        impl ::flow::__private::serde::Serialize for #name {
            fn serialize<__S: ::flow::__private::serde::Serializer>(
                &self, serializer: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                use ::flow::__private::serde;
                let mut out = serde::Serializer::serialize_struct(serializer, #text, #count)?;
                #(#fields)*
                serde::ser::SerializeStruct::end(out)
            }
        }
    }
}

fn deserialize(record: &Record) -> TokenStream {
    let (name, text) = (&record.name, Literal::string(&record.name.to_string()));
    let slot = |index: usize| format_ident!("f{index}", span = Span::mixed_site());
    let slots: Vec<Ident> = (0..carried(record).count()).map(slot).collect();
    let fields = carried(record).zip(&slots).map(|((field, encoding), slot)| {
        let (ty, called) = (&field.ty, Literal::string(&field.name));
        quote_spanned! {at(ty)=>
            #[serde(rename = #called)]
            #slot: ::flow::record::Strict<#ty, #encoding>
        }
    });
    let taken = carried(record).zip(&slots).map(|((field, _), slot)| {
        let member = &field.member;
        quote!(#member: #slot.into_inner())
    });
    let skipped = skipped(record);
    quote! {
        #[automatically_derived]
        impl<'de> ::flow::__private::serde::Deserialize<'de> for #name {
            fn deserialize<__D: ::flow::__private::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                #[derive(::flow::__private::serde::Deserialize)]
                #[serde(crate = "::flow::__private::serde", rename = #text)]
                struct Shadow { #(#fields,)* }
                let Shadow { #(#slots),* } = ::flow::__private::serde::Deserialize::deserialize(deserializer)?;
                ::core::result::Result::Ok(Self { #(#taken,)* #(#skipped,)* })
            }
        }
    }
}

/// Implementations that are never run, of what was refused.
pub fn stubs(input: &DeriveInput) -> TokenStream {
    let name = &input.ident;
    let mut generics = input.generics.clone();
    let (_, ty, _) = input.generics.split_for_impl();
    let serde = attributes_say_serde(input);
    let (head, _, bounds) = generics.split_for_impl();
    let record = quote! {
        impl #head ::flow::Record for #name #ty #bounds {
            fn schema() -> ::flow::ir::types::Schema { ::core::unreachable!() }
            fn to_row(&self) -> ::flow::ir::value::Value { ::core::unreachable!() }
            fn from_row(_: ::flow::ir::value::Value) -> ::core::result::Result<Self, ::flow::record::RowError> {
                ::core::unreachable!()
            }
        }
        impl #head ::flow::__private::serde::Serialize for #name #ty #bounds {
            fn serialize<__S: ::flow::__private::serde::Serializer>(
                &self, _: __S,
            ) -> ::core::result::Result<__S::Ok, __S::Error> {
                ::core::unreachable!()
            }
        }
    };
    generics.params.insert(0, syn::parse_quote!('__de));
    let (head, _, bounds) = generics.split_for_impl();
    let deserialize = quote! {
        impl #head ::flow::__private::serde::Deserialize<'__de> for #name #ty #bounds {
            fn deserialize<__D: ::flow::__private::serde::Deserializer<'__de>>(
                _: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                ::core::unreachable!()
            }
        }
    };
    // With type parameters, or with the user's own serde, they could make mistakes of their own.
    if serde || !input.generics.params.is_empty() { TokenStream::new() } else { quote!(#record #deserialize) }
}

fn attributes_say_serde(input: &DeriveInput) -> bool {
    let errors = crate::errors::Errors::new();
    let said = super::attributes::of_struct(&input.attrs, &errors);
    drop(errors.finish());
    said.serde
}
