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
        quote_spanned!(at(ty)=> #member: <#encoding as ::flow::record::Encoding<#ty>>::take(&mut fields, #called)?)
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
    let (name, text) = (&record.name, Literal::string(&record.name.unraw().to_string()));
    let count = Literal::usize_unsuffixed(carried(record).count());
    let fields = carried(record).map(|(field, encoding)| {
        let (ty, member, called) = (&field.ty, &field.member, Literal::string(&field.name));
        quote_spanned! {at(ty)=>
            <#encoding as ::flow::record::Encoding<#ty>>::write(&mut out, #called, &self.#member)?;
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
    let (name, text) = (&record.name, Literal::string(&record.name.unraw().to_string()));
    let called: Vec<_> = carried(record).map(|(field, _)| Literal::string(&field.name)).collect();
    let indices = (0..called.len()).map(Literal::usize_unsuffixed);
    let visitor = visitor(record, &called);
    quote! {
        #[automatically_derived]
        impl<'de> ::flow::__private::serde::Deserialize<'de> for #name {
            fn deserialize<__D: ::flow::__private::serde::Deserializer<'de>>(
                deserializer: __D,
            ) -> ::core::result::Result<Self, __D::Error> {
                use ::flow::__private::serde::{self, de::{MapAccess as _, SeqAccess as _}};

                const NAMES: &[&str] = &[#(#called),*];

                fn index(name: &str) -> ::core::option::Option<usize> {
                    match name {
                        #(#called => ::core::option::Option::Some(#indices),)*
                        _ => ::core::option::Option::None,
                    }
                }

                #visitor

                serde::Deserializer::deserialize_struct(deserializer, #text, NAMES, Reader)
            }
        }
    }
}

/// What serde calls with a record's fields, in their order or by their names.
fn visitor(record: &Record, called: &[Literal]) -> TokenStream {
    let name = &record.name;
    let indices: Vec<_> = (0..called.len()).map(Literal::usize_unsuffixed).collect();
    let slots: Vec<Ident> =
        (0..called.len()).map(|index| format_ident!("f{index}", span = Span::mixed_site())).collect();
    let by_encoding = |call: &dyn Fn(usize) -> TokenStream| -> Vec<TokenStream> {
        let call = |(index, (field, encoding)): (usize, (&Field, &TokenStream))| {
            let (ty, call) = (&field.ty, call(index));
            quote_spanned!(at(ty)=> <#encoding as ::flow::record::Encoding<#ty>>::#call)
        };
        carried(record).enumerate().map(call).collect()
    };
    let types = carried(record).map(|(field, _)| &field.ty);
    let members: Vec<_> = carried(record).map(|(field, _)| &field.member).collect();
    let elements = by_encoding(&|index| {
        let index = &indices[index];
        quote!(element(&mut seq, #index, &self)?)
    });
    let reads = by_encoding(&|index| {
        let (called, slot) = (&called[index], &slots[index]);
        quote!(read(&mut map, #called, &mut #slot)?)
    });
    let given = by_encoding(&|index| {
        let (called, slot) = (&called[index], &slots[index]);
        quote!(given(#slot, #called)?)
    });
    let skipped: Vec<_> = skipped(record).collect();
    let expecting = Literal::string(&format!("a record `{}`", record.name));
    quote! {
        struct Reader;

        impl<'de> serde::de::Visitor<'de> for Reader {
            type Value = #name;

            fn expecting(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(#expecting)
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self, mut seq: A,
            ) -> ::core::result::Result<#name, A::Error> {
                ::core::result::Result::Ok(#name { #(#members: #elements,)* #(#skipped,)* })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self, mut map: A,
            ) -> ::core::result::Result<#name, A::Error> {
                #(let mut #slots = ::core::option::Option::None::<#types>;)*
                while let ::core::option::Option::Some(index) =
                    map.next_key_seed(::flow::record::FieldIndex(index))?
                {
                    match index {
                        #(::core::option::Option::Some(#indices) => #reads,)*
                        _ => ::core::mem::drop(map.next_value::<serde::de::IgnoredAny>()?),
                    }
                }
                ::core::result::Result::Ok(#name { #(#members: #given,)* #(#skipped,)* })
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
