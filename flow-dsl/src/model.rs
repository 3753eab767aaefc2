//! Phase 2: words are looked up in the catalogues, and arguments become options, flags and routes.

use std::collections::BTreeSet;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, Ident, Type};

use crate::errors::Errors;
use crate::settings::{self, Settings};
use crate::stages::{self, Row};
use crate::suggest::{did_you_mean, nearest};
use crate::syntax::{self, Definition, Step};

/// A definition whose words are known.
#[derive(Debug)]
pub struct Pipeline {
    /// The lines of its doc comment.
    pub doc: Vec<String>,
    /// The settings.
    pub settings: Settings,
    /// The chains, in the order in which they were written.
    pub chains: Vec<Chain>,
    /// Names of streams about which nothing can be said, because of a mistake already reported.
    pub unreadable: BTreeSet<String>,
}

/// A chain.
#[derive(Debug)]
pub struct Chain {
    /// The stream that it defines.
    pub name: Option<Ident>,
    /// What it starts from.
    pub head: Head,
    /// Its stages; `None` for one that is not known, which has been reported.
    pub stages: Vec<Option<Call>>,
}

/// What a chain starts from.
#[derive(Debug)]
pub enum Head {
    /// A stream, by name.
    Stream(Ident),
    /// A row of the heads.
    Call(Box<Call>),
    /// None of them, which has been reported.
    Unknown,
}

/// A head or stage with its arguments sorted.
#[derive(Debug)]
pub struct Call {
    /// The catalogue's row.
    pub row: &'static Row,
    /// The user's word.
    pub token: Ident,
    /// `::<T>`.
    pub turbofish: Option<Type>,
    /// The arguments without a name.
    pub args: Vec<Expr>,
    options: Vec<(Ident, Expr)>,
    flags: Vec<Ident>,
    /// The routes, in order.
    pub routes: Vec<(Ident, Expr)>,
    /// It has a mistake that has been reported.
    pub faulty: bool,
}

impl Call {
    /// The value of an option.
    pub fn option(&self, name: &str) -> Option<&Expr> {
        self.options.iter().find(|(option, _)| option == name).map(|(_, value)| value)
    }

    /// The token of an option.
    pub fn option_token(&self, name: &str) -> Option<&Ident> {
        self.options.iter().find(|(option, _)| option == name).map(|(option, _)| option)
    }

    /// The flag that was written, of those that exclude each other.
    pub fn flag(&self, group: &[&str]) -> Option<&Ident> {
        self.flags.iter().find(|flag| group.contains(&flag.to_string().as_str()))
    }

    /// The streams that the stage defines beside its output: `late = name`, and the routes.
    pub fn defines(&self) -> Vec<Ident> {
        let late = self.option("late").and_then(as_ident).into_iter();
        let rest = self.flag(&["rest"]).into_iter();
        late.chain(self.routes.iter().map(|(name, _)| name)).chain(rest).cloned().collect()
    }
}

/// The expression as a single word.
pub fn as_ident(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) if path.qself.is_none() && path.attrs.is_empty() => path.path.get_ident(),
        _ => None,
    }
}

/// Looks every word up.
pub fn resolve(definition: Definition, errors: &Errors) -> Pipeline {
    let settings = Settings::read(&definition.settings, errors);
    let mut unreadable = definition.unreadable;
    let mut chains = Vec::new();
    for chain in definition.chains {
        let words = words(&chain.head);
        let chain = resolve_chain(chain, errors);
        if matches!(chain.head, Head::Unknown) {
            unreadable.extend(words);
        }
        chains.push(chain);
    }
    Pipeline { doc: definition.doc, settings, chains, unreadable }
}

/// The names of streams that a head may use.
fn words(head: &Step) -> Vec<String> {
    let streams = head.args.iter().flatten().filter_map(|arg| as_ident(&arg.value));
    streams.map(ToString::to_string).collect()
}

/// A chain with an unknown head or stage keeps its others, so that their mistakes are found as well.
fn resolve_chain(chain: syntax::Chain, errors: &Errors) -> Chain {
    let lonely = chain.stages.is_empty() && chain.name.is_none();
    let head = resolve_head(chain.head, lonely, errors);
    let stage = |step: Step| resolve_stage(step, errors);
    Chain { name: chain.name, head, stages: chain.stages.into_iter().map(stage).collect() }
}

/// `lonely` when nothing stands around it, as around a setting.
fn resolve_head(head: Step, lonely: bool, errors: &Errors) -> Head {
    match stages::head(&head.name.to_string()) {
        Some(_) if head.broken => Head::Unknown,
        Some(row) if head.args.is_some() => Head::Call(Box::new(call(row, head, errors))),
        Some(row) => {
            let what = format!("`{}` has no arguments", row.name);
            errors.report(head.name.span(), what, format!("write `{}`", row.usage));
            Head::Unknown
        }
        None if head.args.is_some() || head.turbofish.is_some() => {
            let word = head.name.to_string();
            let what = format!("`{word}` is not what a chain starts with");
            let setting = nearest(&word, &settings::names()).filter(|_| lonely);
            let remedy = match (setting, stages::stage(&word)) {
                (Some(setting), _) => format!("did you mean the setting `{setting}`?"),
                (None, Some(_)) => format!("write a head before it: `source(…) -> {word}(…)`"),
                (None, None) => did_you_mean(&word, &stages::names(stages::HEADS)),
            };
            errors.report(head.name.span(), what, remedy);
            Head::Unknown
        }
        None => Head::Stream(head.name),
    }
}

fn resolve_stage(step: Step, errors: &Errors) -> Option<Call> {
    let word = step.name.to_string();
    let Some(row) = stages::stage(&word) else {
        let what = format!("`{word}` is not a stage");
        let remedy = match stages::head(&word) {
            Some(row) => format!("it starts a chain: write `name = {};`", row.usage),
            None => did_you_mean(&word, &stages::names(stages::STAGES)),
        };
        errors.report(step.name.span(), what, remedy);
        return None;
    };
    if step.broken {
        return None;
    }
    if step.args.is_none() {
        errors.report(step.name.span(), format!("`{word}` has no arguments"), format!("write `{}`", row.usage));
        return None;
    }
    if let Some(turbofish) = &step.turbofish {
        errors.report(turbofish.span(), format!("`{word}` takes no type"), format!("write `{}`", row.usage));
    }
    Some(call(row, step, errors))
}

fn call(row: &'static Row, step: Step, errors: &Errors) -> Call {
    let mut call = Call {
        row,
        token: step.name,
        turbofish: step.turbofish,
        args: Vec::new(),
        options: Vec::new(),
        flags: Vec::new(),
        routes: Vec::new(),
        faulty: false,
    };
    let before = errors.count();
    for arg in step.args.into_iter().flatten() {
        let span = arg.span();
        match arg.name {
            Some(name) => option(&mut call, name, arg.value, errors),
            None => positional(&mut call, arg.value, span, errors),
        }
    }
    let (least, most) = row.arity;
    if call.args.len() < least || call.args.len() > most {
        // The first argument too many, or the word when one is missing.
        let span = call.args.get(most).map_or_else(|| call.token.span(), Spanned::span);
        let takes = match (least, most) {
            (least, usize::MAX) => format!("at least {least} arguments"),
            (0, 0) => "no argument of this kind".to_owned(),
            (1, 1) => "one argument".to_owned(),
            (least, most) if least == most => format!("{least} arguments"),
            (least, most) => format!("{least} to {most} arguments"),
        };
        let given = if call.args.len() == 1 { "1 is".to_owned() } else { format!("{} are", call.args.len()) };
        let what = format!("`{}` takes {takes}, and {given} given", row.name);
        errors.report(span, what, format!("write `{}`", row.usage));
        call.args.truncate(most);
    }
    call.faulty = errors.count() > before;
    call
}

fn option(call: &mut Call, name: Ident, value: Expr, errors: &Errors) {
    let word = name.to_string();
    let known = call.row.known_options();
    let flags: Vec<_> = call.row.flags.concat();
    if call.option(&word).is_some() || call.routes.iter().any(|(route, _)| *route == name) {
        errors.report(name.span(), format!("`{word}` is given twice"), "remove one of the two");
    } else if known.contains(&word.as_str()) {
        call.options.push((name, value));
    } else if flags.contains(&word.as_str()) {
        errors.report(name.span(), format!("`{word}` takes no value"), format!("write `{word}` alone"));
    } else if call.row.routes {
        call.routes.push((name, value));
    } else {
        let what = format!("`{word}` is not an option of `{}`", call.row.name);
        errors.report(name.span(), what, did_you_mean(&word, &[known, flags].concat()));
    }
}

fn positional(call: &mut Call, value: Expr, span: Span, errors: &Errors) {
    let flags: Vec<_> = call.row.flags.concat();
    let word = as_ident(&value).filter(|_| !flags.is_empty() && call.args.len() >= call.row.arity.0);
    let Some(word) = word.cloned() else { return call.args.push(value) };
    let text = word.to_string();
    let Some(group) = call.row.flags.iter().find(|group| group.contains(&text.as_str())) else {
        if call.args.len() < call.row.arity.1 {
            return call.args.push(value);
        }
        let what = format!("`{text}` is not an option of `{}`", call.row.name);
        let known = [call.row.known_options(), flags].concat();
        return errors.report(span, what, did_you_mean(&text, &known));
    };
    match call.flag(group) {
        Some(earlier) if *earlier == word => {
            errors.report(span, format!("`{text}` is given twice"), "remove one of the two");
        }
        Some(earlier) => {
            errors.report(span, format!("`{text}` contradicts `{earlier}`"), "remove one of the two");
        }
        None => call.flags.push(word),
    }
}
