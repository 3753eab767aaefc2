//! What must hold between the parts of a document: references lead somewhere and not in circles, names are unique, and each
//! operation stands where it can.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::document::{Chain, Input, Ir, LATE, Ref};
use super::json::at;
use super::operation::{Operation, Stage};
use super::window::JoinBounds;
use crate::error::Error;

/// The most streams, and the most operations in all.
const MAX_STREAMS: usize = 1_000;
const MAX_OPERATIONS: usize = 10_000;

impl Ir {
    /// Checks what must hold between the parts of the document.
    ///
    /// # Errors
    ///
    /// The first mistake, and where it is, as a JSON pointer.
    pub(crate) fn check_structure(&self) -> Result<(), Error> {
        if self.ends.is_empty() {
            return Err(at("/sinks", "a pipeline needs at least one sink"));
        }
        if self.streams.len() > MAX_STREAMS {
            return Err(at("/streams", format_args!("more than {MAX_STREAMS} streams")));
        }
        let mut walk = Walk { ir: self, names: HashMap::new(), taken: HashSet::new(), operations: 0 };
        for (name, chain) in &self.streams {
            if name.is_empty() {
                return Err(at("/streams", "a stream without a name"));
            }
            walk.chain(chain, &format!("/streams/{}", escape(name)), true)?;
        }
        for (i, end) in self.ends.iter().enumerate() {
            let place = if self.ends.len() == 1 { String::new() } else { format!("/sinks/{i}") };
            walk.chain(&end.chain, &place, false)?;
            walk.name(end.sink.endpoint.name.as_deref(), &format!("{place}/sink"))?;
        }
        self.in_order()?;
        for (name, chain) in &self.streams {
            let place = format!("/streams/{}", escape(name));
            for output in outputs(chain) {
                let whole = Ref { stream: name.clone(), output };
                if !walk.taken.contains(&whole) {
                    let side = whole.output.map(|output| format!("the output `{output}` of ")).unwrap_or_default();
                    return Err(at(&place, format_args!("nobody takes {side}the stream `{name}`")));
                }
            }
        }
        Ok(())
    }

    /// The streams, each behind those that it takes.
    pub(super) fn in_order(&self) -> Result<Vec<&str>, Error> {
        let mut waiting: BTreeMap<&str, HashSet<&str>> = BTreeMap::new();
        for (name, chain) in &self.streams {
            waiting.insert(name, refs(chain).into_iter().map(|r| r.stream.as_str()).collect());
        }
        let mut order = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let ready: Vec<&str> = waiting
                .iter()
                .filter(|(_, on)| on.iter().all(|name| !waiting.contains_key(name)))
                .map(|(n, _)| *n)
                .collect();
            if ready.is_empty() {
                let names: Vec<&str> = waiting.keys().copied().take(10).collect();
                return Err(at("/streams", format_args!("streams take each other in a circle: {}", names.join(", "))));
            }
            waiting.retain(|name, _| !ready.contains(name));
            order.extend(ready);
        }
        Ok(order)
    }
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// What can be taken of a stream: itself, and its sides.
pub(super) fn outputs(chain: &Chain) -> Vec<Option<String>> {
    let mut outputs = vec![None];
    for Stage { operation, .. } in &chain.operations {
        match operation {
            Operation::Route { routes } => outputs.extend(routes.iter().map(|route| Some(route.name.clone()))),
            Operation::Window(window) if window.spec.late_output => outputs.push(Some(LATE.to_owned())),
            _ => {}
        }
    }
    outputs
}

fn nested(chain: &Chain) -> Vec<&Chain> {
    let others = chain.operations.iter().flat_map(|stage| match &stage.operation {
        Operation::Union { others } => others.iter().collect(),
        Operation::Join(join) => vec![&join.other],
        _ => Vec::new(),
    });
    others.collect()
}

/// The references of a chain and of those within it.
fn refs(chain: &Chain) -> Vec<&Ref> {
    let (mut found, mut rest) = (Vec::new(), vec![chain]);
    while let Some(chain) = rest.pop() {
        if let Input::Ref(reference) = &chain.source {
            found.push(reference);
        }
        rest.extend(nested(chain));
    }
    found
}

struct Walk<'a> {
    ir: &'a Ir,
    names: HashMap<&'a str, String>,
    taken: HashSet<Ref>,
    operations: usize,
}

impl<'a> Walk<'a> {
    fn name(&mut self, name: Option<&'a str>, place: &str) -> Result<(), Error> {
        let Some(name) = name else { return Ok(()) };
        if let Some(first) = self.names.insert(name, place.to_owned()) {
            return Err(at(place, format_args!("the name `{name}` stands at {first} already")));
        }
        Ok(())
    }

    fn chain(&mut self, chain: &'a Chain, place: &str, is_stream: bool) -> Result<(), Error> {
        match &chain.source {
            Input::Source(source) => {
                self.name(source.endpoint.name.as_deref(), &format!("{place}/source"))?;
                let watermark = source.watermark.as_ref().and_then(|watermark| watermark.name.as_deref());
                self.name(watermark, &format!("{place}/source/watermark"))?;
            }
            Input::Ref(reference) => self.reference(reference, &format!("{place}/source"))?,
        }
        self.operations += chain.operations.len();
        if self.operations > MAX_OPERATIONS {
            return Err(at(place, format_args!("more than {MAX_OPERATIONS} operations")));
        }
        for (i, stage) in chain.operations.iter().enumerate() {
            let here = format!("{place}/operations/{i}");
            self.name(stage.name.as_deref(), &here)?;
            neighbours(&chain.operations, i).map_err(|message| at(&here, message))?;
            match &stage.operation {
                Operation::Route { .. } if !is_stream => {
                    return Err(at(&here, "a route stands in a stream under `streams`, for its sides are referred to"));
                }
                Operation::Window(window) if window.spec.late_output && !is_stream => {
                    return Err(at(&here, "a window with a late output stands in a stream under `streams`"));
                }
                Operation::Join(join) => {
                    if let JoinBounds::Window(spec) = join.bounds
                        && spec.late_output
                    {
                        return Err(at(&here, "a join has no late output"));
                    }
                    self.chain(&join.other, &format!("{here}/other"), false)?;
                }
                Operation::Union { others } => {
                    for (j, other) in others.iter().enumerate() {
                        self.chain(other, &format!("{here}/others/{j}"), false)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn reference(&mut self, reference: &Ref, place: &str) -> Result<(), Error> {
        let Some(chain) = self.ir.streams.get(&reference.stream) else {
            let known: Vec<&str> = self.ir.streams.keys().map(String::as_str).take(20).collect();
            return Err(at(place, format_args!("there is no stream `{}`", reference.stream))
                .help(format!("the streams are: {}", known.join(", "))));
        };
        if !outputs(chain).contains(&reference.output) {
            let output = reference.output.as_deref().unwrap_or_default();
            return Err(at(place, format_args!("the stream `{}` has no output `{output}`", reference.stream)));
        }
        self.taken.insert(reference.clone());
        Ok(())
    }
}

/// Whether an operation can stand between those before and after it.
fn neighbours(operations: &[Stage], i: usize) -> Result<(), &'static str> {
    let of = |i: usize| operations.get(i).map(|stage| &stage.operation);
    let (before, after) = (i.checked_sub(1).and_then(of), of(i + 1));
    match &operations[i].operation {
        Operation::GroupBy { .. } if !matches!(after, Some(Operation::Window(_) | Operation::Aggregate(_))) => {
            Err("a groupBy is followed by a window or an aggregate")
        }
        Operation::Window(_) if !matches!(before, Some(Operation::GroupBy { .. })) => {
            Err("a window stands behind a groupBy; for one group of all, one without keys")
        }
        Operation::Window(_) if !matches!(after, Some(Operation::Aggregate(_) | Operation::Top { .. })) => {
            Err("a window is followed by an aggregate or a top")
        }
        Operation::Aggregate(_) if !matches!(before, Some(Operation::GroupBy { .. } | Operation::Window(_))) => {
            Err("an aggregate stands behind a groupBy or a window")
        }
        Operation::Aggregate(_) if matches!(before, Some(Operation::GroupBy { .. })) && after.is_some() => {
            Err("a running aggregate corrects its rows, and no operation but an upsert sink takes such")
        }
        Operation::Top { .. } if !matches!(before, Some(Operation::Window(_))) => Err("a top stands behind a window"),
        Operation::Route { .. } if after.is_some() => Err("a route is the last operation of a stream"),
        _ => Ok(()),
    }
}
