//! Names of streams: defined once, used, not made of themselves.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use syn::Ident;
use syn::spanned::Spanned;

use crate::errors::Errors;
use crate::model::{Call, Chain, Head, Pipeline, as_ident};
use crate::stages::Yields;
use crate::suggest::did_you_mean;

/// Checks the names, and gives the chains in an order in which each stream is defined before it is used.
pub fn check(pipeline: &Pipeline, errors: &Errors) -> Vec<usize> {
    let defined = definitions(pipeline, errors);
    let mut used = BTreeSet::new();
    let mut needs = Vec::new();
    for chain in &pipeline.chains {
        let mut from = BTreeSet::new();
        for stream in inputs(chain, errors) {
            let word = stream.to_string();
            match defined.get(&word) {
                Some((_, at)) => drop(from.insert(*at)),
                None if pipeline.unreadable.contains(&word) => {}
                None => {
                    let known: Vec<_> = defined.keys().map(String::as_str).collect();
                    let remedy = match known.is_empty() {
                        true => format!("define it: `{word} = source(…);`"),
                        false => did_you_mean(&word, &known),
                    };
                    errors.report(stream.span(), format!("no stream is called `{word}`"), remedy);
                }
            }
            used.insert(word);
        }
        needs.push(from);
    }
    let order = order(pipeline, &needs, errors);
    for (word, (ident, at)) in &defined {
        // A name for what ends in a sink is another mistake.
        let ended = pipeline.chains[*at].name.as_ref() == Some(ident) && ends(&pipeline.chains[*at]);
        if !used.contains(word) && !pipeline.unreadable.contains(word) && !ended {
            let remedy = format!("start a chain from it: `{word} -> sink(…);`, or remove it");
            errors.report(ident.span(), format!("the stream `{word}` is not used"), remedy);
        }
    }
    order
}

fn ends(chain: &Chain) -> bool {
    chain.stages.iter().flatten().any(|call| call.row.yields == Yields::Nothing)
}

/// Every name, with its token and the chain that defines it.
fn definitions(pipeline: &Pipeline, errors: &Errors) -> BTreeMap<String, (Ident, usize)> {
    let mut defined = BTreeMap::<String, (Ident, usize)>::new();
    for (at, chain) in pipeline.chains.iter().enumerate() {
        let beside = chain.stages.iter().flatten().flat_map(Call::defines);
        for name in chain.name.iter().cloned().chain(beside) {
            let word = name.to_string();
            match defined.entry(word) {
                Entry::Occupied(entry) => {
                    let what = format!("the stream `{}` is defined twice", entry.key());
                    errors.report(name.span(), what, "give one of the two another name");
                }
                Entry::Vacant(entry) => drop(entry.insert((name, at))),
            }
        }
    }
    defined
}

/// The streams that a chain starts from.
pub fn inputs(chain: &Chain, errors: &Errors) -> Vec<Ident> {
    match &chain.head {
        Head::Stream(name) => vec![name.clone()],
        Head::Call(call) if call.row.name == "source" => Vec::new(),
        Head::Unknown => Vec::new(),
        Head::Call(call) => {
            let name = |arg| {
                let name = as_ident(arg).cloned();
                if name.is_none() {
                    let what = format!("`{}` takes names of streams", call.row.name);
                    errors.report(arg.span(), what, "give it a name first: `name = source(…);`");
                }
                name
            };
            call.args.iter().filter_map(name).collect()
        }
    }
}

/// The chains in order; those that wait for themselves are reported and left out.
fn order(pipeline: &Pipeline, needs: &[BTreeSet<usize>], errors: &Errors) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    loop {
        let ready = |at: &usize| !order.contains(at) && needs[*at].iter().all(|need| order.contains(need));
        let Some(next) = (0..needs.len()).find(ready) else { break };
        order.push(next);
    }
    let mut seen: BTreeSet<usize> = order.iter().copied().collect();
    for start in 0..needs.len() {
        // Follow the first unfinished need from here: what comes twice is a cycle; what only waits for one is not reported.
        let mut path = vec![start];
        while let Some(last) = path.last().copied().filter(|last| !seen.contains(last)) {
            let Some(next) = needs[last].iter().copied().find(|need| !order.contains(need)) else { break };
            if let Some(from) = path.iter().position(|at| *at == next) {
                report_cycle(pipeline, &path[from..], errors);
                break;
            }
            path.push(next);
        }
        seen.extend(path);
    }
    order
}

fn report_cycle(pipeline: &Pipeline, cycle: &[usize], errors: &Errors) {
    let name = |at: &usize| pipeline.chains[*at].name.as_ref();
    let Some(first) = cycle.iter().find_map(name) else { return };
    let through: Vec<_> = cycle.iter().filter_map(name).skip(1).map(|name| format!("`{name}`")).collect();
    let what = match through.is_empty() {
        true => format!("the stream `{first}` is made of itself"),
        false => format!("the stream `{first}` is made of itself, through {}", through.join(", ")),
    };
    errors.report(first.span(), what, "start one of them from a `source(…)`");
}
