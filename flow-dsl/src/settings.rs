//! The catalogue of settings: what may stand before the chains.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident, Lit};

use crate::duration::Duration;
use crate::errors::{Errors, Mistake};
use crate::model::as_ident;
use crate::suggest::did_you_mean;
use crate::syntax::Setting;

/// One setting.
#[derive(Debug)]
pub struct Row {
    /// The word.
    pub name: &'static str,
    /// How it is written.
    pub usage: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Whether it may stand more than once.
    pub repeatable: bool,
    read: fn(&Setting) -> Result<TokenStream, Mistake>,
}

/// Every setting.
pub const SETTINGS: &[Row] = &[
    Row { name: "name", usage: "name = \"orders\";", doc: "The pipeline's name.", repeatable: false, read: text },
    Row { name: "version", usage: "version = \"1\";", doc: "The definition's version.", repeatable: false, read: text },
    Row {
        name: "portable",
        usage: "portable;",
        doc: "A promise, checked at compile time: every stage has an exact form in the IR.",
        repeatable: false,
        read: promise,
    },
    Row {
        name: "parallelism",
        usage: "parallelism = 4;",
        doc: "How many tasks work side by side, where a stage says nothing else.",
        repeatable: false,
        read: count,
    },
    Row {
        name: "on_error",
        usage: "on_error = fail | skip | dead_letter(sink);",
        doc: "What becomes of a record that cannot be read or that a fallible stage refuses.",
        repeatable: false,
        read: on_error,
    },
    Row {
        name: "idle_timeout",
        usage: "idle_timeout = 30s;",
        doc: "After how long a partition with nothing to read holds the watermark back no longer.",
        repeatable: false,
        read: duration,
    },
    Row {
        name: "property",
        usage: "property(\"key\") = \"value\";",
        doc: "A property for the engine that runs the IR.",
        repeatable: true,
        read: property,
    },
];

/// The setting of this name.
pub fn row(name: &str) -> Option<&'static Row> {
    SETTINGS.iter().find(|row| row.name == name)
}

/// The names of all settings.
pub fn names() -> Vec<&'static str> {
    SETTINGS.iter().map(|row| row.name).collect()
}

/// The settings as calls on the pipeline, and whether it is `portable`.
#[derive(Debug, Default)]
pub struct Settings {
    /// The pipeline's name.
    pub name: Option<TokenStream>,
    /// `(method, arguments)`, in the order in which they were written.
    pub calls: Vec<(Ident, TokenStream)>,
    /// `portable;` was written.
    pub portable: bool,
}

impl Settings {
    /// Reads the settings and reports what is wrong with them.
    pub fn read(settings: &[Setting], errors: &Errors) -> Self {
        let mut read = Self::default();
        let mut policy = None;
        for (index, setting) in settings.iter().enumerate() {
            let name = setting.name.to_string();
            let Some(row) = row(&name) else { continue };
            if !row.repeatable && settings[..index].iter().any(|earlier| earlier.name == setting.name) {
                errors.report(setting.name.span(), format!("`{name}` is set twice"), "remove one of the two");
                continue;
            }
            if row.repeatable && setting.key.is_some() {
                let key = |setting: &Setting| setting.key.as_ref().map(syn::LitStr::value);
                if settings[..index].iter().any(|earlier| key(earlier) == key(setting)) {
                    let what = format!("the property {:?} is set twice", key(setting).unwrap_or_default());
                    errors.report(setting.key.span(), what, "remove one of the two");
                    continue;
                }
            }
            let Some(value) = errors.keep((row.read)(setting)) else { continue };
            match row.name {
                "name" => read.name = Some(value),
                "portable" => {
                    read.portable = true;
                    read.calls.push((setting.name.clone(), TokenStream::new()));
                }
                "on_error" => {
                    policy = setting.value.as_ref();
                    read.calls.push((setting.name.clone(), value));
                }
                _ => read.calls.push((setting.name.clone(), value)),
            }
        }
        if let Some(word) = policy.filter(|_| read.portable).and_then(lossy_policy) {
            let what = format!("`{word}` is not portable: Flink makes a bad field NULL and keeps the row");
            errors.report(word.span(), what, "leave `on_error` at `fail`");
        }
        read
    }
}

/// The word of a policy that leaves records out.
fn lossy_policy(policy: &Expr) -> Option<&Ident> {
    let word = match policy {
        Expr::Call(call) => as_ident(&call.func),
        other => as_ident(other),
    };
    word.filter(|word| *word == "skip" || *word == "dead_letter")
}

fn value(setting: &Setting) -> Result<&Expr, Mistake> {
    let row = row(&setting.name.to_string()).map_or("", |row| row.usage);
    if let Some(key) = &setting.key {
        let what = format!("`{}` takes no argument", setting.name);
        return Err(Mistake::new(key.span(), what, format!("write `{row}`")));
    }
    let none =
        || Mistake::new(setting.name.span(), format!("`{}` has no value", setting.name), format!("write `{row}`"));
    setting.value.as_ref().ok_or_else(none)
}

fn text(setting: &Setting) -> Result<TokenStream, Mistake> {
    match value(setting)? {
        Expr::Lit(lit) if !matches!(lit.lit, Lit::Str(_)) => Err(Mistake::new(
            lit.span(),
            format!("`{}` is not a string", lit.to_token_stream()),
            "write a string in quotes",
        )),
        expr => Ok(expr.to_token_stream()),
    }
}

fn promise(setting: &Setting) -> Result<TokenStream, Mistake> {
    match &setting.value {
        _ if setting.key.is_some() => value(setting).map(ToTokens::to_token_stream),
        Some(value) => {
            Err(Mistake::new(value.span(), "`portable` takes no value", "write `portable;`, or leave it out"))
        }
        None => Ok(TokenStream::new()),
    }
}

/// A number of tasks: a literal is checked here, an expression when the pipeline is built.
pub fn parallelism(expr: &Expr) -> Result<TokenStream, Mistake> {
    if let Expr::Lit(lit) = expr {
        let good = matches!(&lit.lit, Lit::Int(int) if int.base10_parse::<u16>().is_ok_and(|number| (1..=32767).contains(&number)));
        if !good {
            let what = format!("`{}` is not a parallelism", lit.to_token_stream());
            return Err(Mistake::new(lit.span(), what, "write a whole number from 1 to 32767"));
        }
    }
    Ok(expr.to_token_stream())
}

fn count(setting: &Setting) -> Result<TokenStream, Mistake> {
    parallelism(value(setting)?)
}

fn duration(setting: &Setting) -> Result<TokenStream, Mistake> {
    Ok(Duration::positive(value(setting)?, "`idle_timeout`")?.to_rust())
}

fn on_error(setting: &Setting) -> Result<TokenStream, Mistake> {
    const POLICIES: &[&str] = &["fail", "skip", "dead_letter"];
    let value = value(setting)?;
    let span = value.span();
    let policy = quote_spanned!(span=> ::flow::OnError);
    let unknown = |word: &Ident| {
        let what = format!("`{word}` is not an error policy");
        Err(Mistake::new(word.span(), what, did_you_mean(&word.to_string(), POLICIES)))
    };
    match value {
        Expr::Path(path) if path.path.get_ident().is_some() => {
            let Some(word) = path.path.get_ident() else { return Ok(quote!(#policy)) };
            match word.to_string().as_str() {
                "fail" => Ok(quote!(#policy::Fail)),
                "skip" => Ok(quote!(#policy::Skip)),
                "dead_letter" => {
                    Err(Mistake::new(word.span(), "`dead_letter` has no sink", "write `dead_letter(sink)`"))
                }
                _ => unknown(word),
            }
        }
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) if path.path.is_ident("dead_letter") => match call.args.len() {
                1 => {
                    let sink = &call.args[0];
                    Ok(quote!(#policy::dead_letter(#sink)))
                }
                _ => Err(Mistake::new(span, "`dead_letter` takes one sink", "write `dead_letter(sink)`")),
            },
            Expr::Path(path)
                if path.path.get_ident().is_some_and(|word| POLICIES.contains(&word.to_string().as_str())) =>
            {
                Err(Mistake::new(call.func.span(), "this policy takes no argument", "write `fail` or `skip`"))
            }
            Expr::Path(path) => match path.path.get_ident() {
                Some(word) => unknown(word),
                None => Ok(value.to_token_stream()),
            },
            _ => Ok(value.to_token_stream()),
        },
        other => Ok(other.to_token_stream()),
    }
}

fn property(setting: &Setting) -> Result<TokenStream, Mistake> {
    let usage = "write `property(\"key\") = \"value\";`";
    let Some(key) = &setting.key else {
        return Err(Mistake::new(setting.name.span(), "`property` has no key", usage));
    };
    let Some(value) = &setting.value else {
        return Err(Mistake::new(setting.name.span(), "`property` has no value", usage));
    };
    Ok(quote!(#key, #value))
}
