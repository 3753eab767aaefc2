//! Where a stage may stand: after a key, a window, event times; and how a chain may end.

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::Ident;

use crate::errors::Errors;
use crate::model::{Call, Chain, Head, Pipeline, as_ident};
use crate::stages::{Shape, Yields};

/// What is known of a stream.
#[derive(Clone, Debug)]
pub struct State {
    /// Its kind; `None` when a function of the user decides it, or after a mistake.
    pub shape: Option<Shape>,
    /// Whether it has event times, if that is known.
    pub timed: Option<bool>,
    /// What has taken the order of its source from it.
    pub disordered: Option<String>,
    /// How many stages stand between it and its source.
    pub distance: usize,
    ended: Option<&'static str>,
}

impl State {
    const UNKNOWN: Self = Self { shape: None, timed: None, disordered: None, distance: usize::MAX, ended: None };
}

/// The state before each stage of each chain, by chain and stage.
pub type States = BTreeMap<(usize, usize), State>;

/// Checks the chains in the order in which they depend on each other.
pub fn check(pipeline: &Pipeline, order: &[usize], errors: &Errors) -> States {
    let mut streams = BTreeMap::<String, State>::new();
    let mut states = States::new();
    for &at in order {
        let chain = &pipeline.chains[at];
        let mut state = head(chain, &streams, errors);
        for (index, stage) in chain.stages.iter().enumerate() {
            states.insert((at, index), state.clone());
            state = match stage {
                Some(call) => {
                    let beside = State { shape: Some(Shape::Plain), ..state.clone() };
                    streams.extend(call.defines().into_iter().map(|name| (name.to_string(), beside.clone())));
                    step(call, state, errors)
                }
                None => State::UNKNOWN,
            };
        }
        end(chain, &state, errors);
        if let Some(name) = &chain.name {
            // That a window has a name is said where it gets it, and not again where it is used.
            let windowed = state.shape == Some(Shape::Windowed);
            streams.insert(name.to_string(), if windowed { State::UNKNOWN } else { state });
        }
    }
    states
}

fn head(chain: &Chain, streams: &BTreeMap<String, State>, errors: &Errors) -> State {
    let of = |name: &Ident| streams.get(&name.to_string()).cloned().unwrap_or(State::UNKNOWN);
    let call = match &chain.head {
        Head::Stream(name) => return of(name),
        Head::Unknown => return State::UNKNOWN,
        Head::Call(call) if call.row.name == "source" => {
            return State { shape: Some(Shape::Plain), timed: Some(false), disordered: None, distance: 0, ended: None };
        }
        Head::Call(call) => call,
    };
    let inputs: Vec<_> = call.args.iter().filter_map(as_ident).collect();
    for name in &inputs {
        let state = of(name);
        if !matches!(state.shape, None | Some(Shape::Plain)) {
            let what = format!("`{}` takes plain streams, and `{name}` is {}", call.row.name, kind(state.shape));
            errors.report(name.span(), what, "join or unite the streams before `key_by`");
        } else if call.row.timed && state.timed == Some(false) {
            let remedy = "write `-> watermark(|o| o.at, delay = 5s)` right after its source";
            errors.report(name.span(), format!("`{}` needs event times, and `{name}` has none", call.row.name), remedy);
        }
    }
    let timed = inputs.iter().map(|name| of(name).timed).reduce(|a, b| if a == Some(false) { a } else { b.and(a) });
    let disordered = Some(format!("`{}`", call.token));
    State { shape: Some(Shape::Plain), timed: timed.flatten(), disordered, distance: usize::MAX, ended: None }
}

/// The state after a stage.
fn step(call: &Call, state: State, errors: &Errors) -> State {
    let name = call.row.name;
    if let Some(end) = state.ended {
        let remedy = format!("name the stream before `{end}` and start two chains from it");
        errors.report(call.token.span(), format!("`{name}` stands after `{end}`, which ends a chain"), remedy);
        return State { ended: Some(end), ..State::UNKNOWN };
    }
    if let Some(shape) = state.shape.filter(|shape| !call.row.takes.contains(shape)) {
        let (what, remedy) = misplaced(name, shape, state.timed == Some(false));
        errors.report(call.token.span(), what, remedy);
        return State { ended: ends(call), ..State::UNKNOWN };
    }
    let mut next = State { distance: state.distance.saturating_add(1), ..state.clone() };
    if call.row.timed && state.timed == Some(false) {
        let remedy = "write `-> watermark(|o| o.at, delay = 5s)` right after its source";
        errors.report(call.token.span(), format!("`{name}` needs event times"), remedy);
        next.timed = None;
    }
    if name == "watermark" {
        if let Some(by) = &state.disordered {
            let what = format!("a watermark after {by}, which mixes records of several partitions");
            errors.report(call.token.span(), what, "write it right after the source");
        }
        if let Some(tasks) = call.option_token("parallelism") {
            let what = "a watermark with a parallelism of its own, which would mix records of several partitions";
            errors.report(tasks.span(), what, "give the parallelism to the source");
        }
        next.timed = Some(true);
    }
    if ["key_by", "map_async", "enrich"].contains(&name) {
        next.disordered = Some(format!("`{name}`"));
    } else if call.option("parallelism").is_some() {
        next.disordered = next.disordered.or_else(|| Some(format!("`{name}` with a parallelism of its own")));
    }
    next.shape = match call.row.yields {
        Yields::Same => state.shape,
        Yields::One(shape) => Some(shape),
        Yields::PerGroup if state.shape == Some(Shape::Windowed) => Some(Shape::Plain),
        Yields::PerGroup if state.shape == Some(Shape::Keyed) => Some(Shape::Upsert),
        Yields::PerGroup | Yields::Nothing => None,
        Yields::Unknown => State::UNKNOWN.shape,
    };
    if call.row.yields == Yields::Unknown {
        next = State::UNKNOWN;
    }
    State { ended: ends(call), ..next }
}

fn ends(call: &Call) -> Option<&'static str> {
    (call.row.yields == Yields::Nothing).then_some(call.row.name)
}

fn kind(shape: Option<Shape>) -> &'static str {
    match shape {
        Some(Shape::Plain) | None => "plain",
        Some(Shape::Keyed) => "keyed",
        Some(Shape::Windowed) => "windowed",
        Some(Shape::Upsert) => "a stream that corrects its rows",
    }
}

/// What is wrong with a stage after this kind of stream.
fn misplaced(stage: &str, shape: Shape, untimed: bool) -> (String, &'static str) {
    let needs = |what: &str| format!("`{stage}` needs {what}");
    match (stage, shape) {
        ("window", Shape::Plain) if untimed => (
            needs("a key and event times"),
            "write `-> watermark(|o| o.at, delay = 5s)` right after the source, and `-> key_by(|o| …)` before it",
        ),
        ("window", Shape::Plain) => {
            (needs("a key"), "write `-> key_by(|o| …)` before it, or `-> key_by(())` for one group of all")
        }
        ("aggregate" | "fold" | "reduce", Shape::Plain) => {
            (needs("a key or a window"), "write `-> key_by(|o| …) -> window(tumbling(1min))` before it")
        }
        ("top", Shape::Plain | Shape::Keyed) => {
            (needs("a window"), "write `-> key_by(|o| …) -> window(tumbling(1min))` before it")
        }
        ("process", Shape::Plain) => {
            (needs("a key"), "write `-> key_by(|o| …)` before it, or `-> key_by(())` for one group of all")
        }
        ("watermark", Shape::Keyed) => (
            "a watermark after `key_by`, which mixes records of several partitions".to_owned(),
            "write it right after the source",
        ),
        ("route", Shape::Keyed) => ("`route` drops the key before it".to_owned(), "write `key_by` after the route"),
        ("sink", Shape::Windowed) => {
            ("a window without what is computed in it".to_owned(), "write `-> aggregate(|o| …)` before the sink")
        }
        ("window", Shape::Keyed | Shape::Windowed) => {
            ("a window in a window".to_owned(), "write `-> aggregate(|o| …)` between the two")
        }
        (_, Shape::Upsert) => (
            format!("`{stage}` after an aggregate without a window, which corrects its rows"),
            "write a `window` before the aggregate, or `-> sink(…)` right after it",
        ),
        (_, Shape::Plain | Shape::Keyed | Shape::Windowed) => (
            format!("`{stage}` takes no {} stream", kind(Some(shape))),
            "write it before `window`, or after `aggregate`",
        ),
    }
}

/// How a chain may end.
fn end(chain: &Chain, state: &State, errors: &Errors) {
    match (&chain.name, state.ended) {
        (Some(name), Some("route")) => {
            let remedy = format!("remove `{name} =`: the routes name the streams");
            errors.report(name.span(), "a chain that ends in `route` has no name", remedy);
        }
        (Some(name), Some(end)) => {
            let what = format!("a chain that ends in `{end}` gives no stream");
            errors.report(name.span(), what, format!("remove `{name} =`"));
        }
        (Some(name), None) if state.shape == Some(Shape::Windowed) => {
            let remedy = "write `-> aggregate(|o| …)` after the window";
            errors.report(name.span(), "a window cannot be named", remedy);
        }
        (None, None) => {
            let remedy = "end it with `-> sink(…)`, or name it: `name = …;`";
            // What follows an unknown word may be meant to be the end.
            last_token(chain).into_iter().for_each(|at| errors.report(at, "the chain has no sink", remedy));
        }
        _ => {}
    }
}

/// The word that a chain ends with, if that is known.
fn last_token(chain: &Chain) -> Option<Span> {
    match (chain.stages.last(), &chain.head) {
        (Some(stage), _) => stage.as_ref().map(|call| call.token.span()),
        (None, Head::Call(call)) => Some(call.token.span()),
        (None, Head::Stream(name)) => Some(name.span()),
        (None, Head::Unknown) => None,
    }
}
