//! A graph as IR, or every reason why it is none: nothing is dropped, and nothing is approximated.
//!
//! The nodes are walked in the order in which they were attached. What comes out of each is a chain; one that is taken more
//! than once, or has sides, becomes a stream of the document, and is referred to.

mod ends;
mod keyed;
mod stateless;

use super::description::Description;
use super::node::{Graph, Node, NodeId, Parallel, Port};
use crate::error::{Error, Origin};
use crate::expr::PortableExpr;
use crate::ir::document::{Chain, Input, Ir, LATE, Metadata, Ref};
use crate::ir::operation::{Operation, Stage};
use crate::ir::refusal::{Refusal, Refusals};
use crate::ir::resolve::{Scope, resolve};
use crate::ir::sql_print::print;
use crate::ir::typed::Typed;
use crate::ir::types::{DataType, Schema};
use crate::operator::ErrorPolicy;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The graph as a document.
///
/// # Errors
/// Everything in it that the IR cannot hold.
pub(crate) fn plan(graph: &Graph) -> Result<Ir, Refusals> {
    if let Err(mistake) = super::check::check(graph) {
        return Err(Refusals::new(vec![refusal_of(graph, &mistake)]));
    }
    let planner = Planner {
        graph,
        names: graph.names(),
        made: HashMap::new(),
        streams: BTreeMap::new(),
        ends: Vec::new(),
        refusals: Vec::new(),
    };
    planner.document()
}

fn refusal_of(graph: &Graph, mistake: &Error) -> Refusal {
    let stage = mistake.stage();
    Refusal {
        stage: stage.map_or_else(|| graph.settings.name.clone(), |stage| stage.name.to_string()),
        origin: stage.map_or(graph.origin, |stage| stage.origin),
        reason: mistake.message().to_owned(),
        remedy: mistake.remedy().map(str::to_owned),
    }
}

/// What is known of an output of a node.
#[derive(Clone)]
struct Made {
    chain: Chain,
    /// `None` behind what was refused, or has no schema.
    schema: Option<Schema>,
    /// The field that event time is read from, for readers.
    time_field: Option<String>,
    upsert: bool,
}

struct Planner<'a> {
    graph: &'a Graph,
    names: Vec<Arc<str>>,
    made: HashMap<Port, Made>,
    streams: BTreeMap<String, Chain>,
    ends: Vec<crate::ir::document::End>,
    refusals: Vec<Refusal>,
}

impl Planner<'_> {
    fn document(mut self) -> Result<Ir, Refusals> {
        self.policy();
        for id in 0..self.graph.nodes.len() {
            self.node(id);
        }
        if !self.refusals.is_empty() {
            return Err(Refusals::new(self.refusals));
        }
        let settings = &self.graph.settings;
        let metadata = Metadata {
            job_id: String::new(),
            job_name: settings.name.clone(),
            version: settings.version.clone(),
            description: (!settings.doc.is_empty()).then(|| settings.doc.clone()),
            parallelism: settings.parallelism,
            idle_timeout_ms: settings.idle_timeout.map(|t| u64::try_from(t.as_millis()).unwrap_or(u64::MAX)),
            properties: settings.properties.clone(),
        };
        let ir = Ir { metadata, streams: self.streams, ends: self.ends };
        match ir.check_structure() {
            Ok(()) => Ok(ir.with_job_id()),
            Err(mistake) => Err(Refusals::new(vec![refusal_of(self.graph, &mistake)])),
        }
    }

    fn policy(&mut self) {
        if self.graph.settings.policy != ErrorPolicy::Fail {
            self.refusals.push(Refusal {
                stage: self.graph.settings.name.clone(),
                origin: self.graph.origin,
                reason:
                    "skipped records and dead letters have no counterpart elsewhere, where a bad field is made NULL \
                         and its row kept"
                        .to_owned(),
                remedy: Some("leave `on_error` at `fail`".to_owned()),
            });
        }
        let secret = self.graph.settings.properties.keys().find(|name| crate::ir::is_secret(name));
        if let Some(name) = secret {
            self.refusals.push(Refusal {
                stage: self.graph.settings.name.clone(),
                origin: self.graph.origin,
                reason: format!("the property `{name}` looks like a secret, which has no place in an IR document"),
                remedy: Some("give it to what runs the document".to_owned()),
            });
        }
    }

    fn node(&mut self, id: NodeId) {
        let node = &self.graph.nodes[id];
        if let Description::Source(endpoint) = &node.description {
            let made = self.source(id, endpoint);
            return self.give(id, made);
        }
        let Some(made) = self.taken(node, 0) else { return };
        if node.hidden {
            return self.give(id, made);
        }
        if made.upsert && !matches!(node.description, Description::Sink(_)) {
            self.refuse(id, "it is given corrections of rows, which only an upsert sink takes", "let the sink follow");
            return;
        }
        let made = match &node.description {
            Description::Opaque { why } => {
                self.refuse(id, why, "");
                Made { schema: node.schema.clone(), ..made }
            }
            Description::Source(_) => made,
            Description::Sink(endpoint) => return self.sink(id, endpoint, made),
            Description::Union => self.union(id, made),
            Description::Filter(condition) => self.filter(id, condition, made),
            Description::Map(expr) => self.map(id, expr, made),
            Description::FilterMap(expr) => self.filter_map(id, expr, made),
            Description::FlatMap(expr) => self.flat_map(id, expr, made),
            Description::Watermark { time, delay } => self.watermark(id, time, *delay, made),
            Description::Route(ways) => return self.route(id, ways, made),
            Description::Aggregate(aggregate) => return self.aggregate(id, aggregate, made),
            Description::Top { key, window, count, by } => return self.top(id, key, *window, (*count, by), made),
            Description::Join { left_key, right_key, kind, bounds } => {
                self.join(id, (left_key, right_key), *kind, *bounds, made)
            }
        };
        self.give(id, made);
    }

    /// What comes in at an input; `None` where what comes before it has given nothing.
    fn taken(&self, node: &Node, input: usize) -> Option<Made> {
        self.made.get(&node.inputs.get(input)?.from).cloned()
    }

    /// Keeps what comes out of a node; what is taken more than once becomes a stream.
    fn give(&mut self, id: NodeId, mut made: Made) {
        let port = Port { node: id, port: 0 };
        if self.graph.takers(port).len() > 1 {
            made.chain = self.stream(id, made.chain);
        }
        self.made.insert(port, made);
    }

    /// Keeps what comes out of a node with sides: the main output, and the others by name.
    fn give_sides(&mut self, id: NodeId, mut main: Made, sides: Vec<(String, Option<Schema>)>) {
        main.chain = self.stream(id, main.chain);
        let stream = self.names[id].to_string();
        for (i, (output, schema)) in sides.into_iter().enumerate() {
            let source = Input::Ref(Ref { stream: stream.clone(), output: Some(output) });
            let chain = Chain { source, operations: Vec::new() };
            self.made.insert(Port { node: id, port: i + 1 }, Made { chain, schema, upsert: false, ..main.clone() });
        }
        self.made.insert(Port { node: id, port: 0 }, main);
    }

    /// Keeps what comes out of a window, whose late records may be a side.
    fn give_window(&mut self, id: NodeId, main: Made, late: Option<Schema>) {
        match self.graph.nodes[id].outputs.len() {
            0 | 1 => self.give(id, main),
            _ => self.give_sides(id, main, vec![(LATE.to_owned(), late)]),
        }
    }

    /// Makes a chain a stream of the document; what refers to it.
    fn stream(&mut self, id: NodeId, chain: Chain) -> Chain {
        let name = self.names[id].to_string();
        self.streams.insert(name.clone(), chain);
        Chain { source: Input::Ref(Ref { stream: name, output: None }), operations: Vec::new() }
    }

    /// The stage that a node's operation is, with what is said of it.
    fn stage(&self, id: NodeId, operation: Operation) -> Stage {
        let node = &self.graph.nodes[id];
        Stage { operation, name: node.name.clone(), parallelism: exactly(node), origin: Some(node.origin.to_string()) }
    }

    fn refuse(&mut self, id: NodeId, reason: &str, remedy: &str) {
        let (stage, origin) = (self.names[id].to_string(), self.graph.nodes[id].origin);
        let (reason, remedy) = match reason.split_once(": ") {
            // What is plain Rust says what to write instead itself.
            Some((reason, rest)) if remedy.is_empty() => (reason, rest),
            _ => (reason, remedy),
        };
        let remedy = (!remedy.is_empty()).then(|| remedy.to_owned());
        self.refusals.push(Refusal { stage, origin, reason: reason.to_owned(), remedy });
    }

    fn refuse_error(&mut self, id: NodeId, error: &Error) {
        let (stage, origin) = (self.names[id].to_string(), self.graph.nodes[id].origin);
        let remedy = error.remedy().map(str::to_owned);
        self.refusals.push(Refusal { stage, origin, reason: error.message().to_owned(), remedy });
    }

    /// The typed tree of a closure's expression; `None` when it was refused, or nothing is known of what it sees.
    fn typed(
        &mut self,
        id: NodeId,
        expr: &PortableExpr,
        scope: Option<Scope<'_>>,
        expected: Option<&DataType>,
    ) -> Option<Typed> {
        let expr = match expr.as_exact() {
            Ok(expr) => expr,
            Err(why) => {
                self.refuse(id, why, "");
                return None;
            }
        };
        match resolve(expr, scope?, expected) {
            Ok(typed) => Some(typed),
            Err(error) => {
                self.refuse_error(id, &error);
                None
            }
        }
    }

    /// The text of an expression, which a reader must be able to take in.
    fn text(&mut self, id: NodeId, typed: &Typed, expected: Option<&DataType>) -> Option<String> {
        let text = print(typed, expected);
        if text.len() > crate::ir::sql_print::MAX_TEXT {
            self.refuse(id, "its expression is too large for the IR", "calculate a part of it in a stage of its own");
            return None;
        }
        Some(text)
    }

    fn origin(&self, id: NodeId) -> Origin {
        self.graph.nodes[id].origin
    }
}

fn exactly(node: &Node) -> Option<usize> {
    match node.parallel {
        Parallel::Exactly(tasks) => Some(tasks),
        _ => None,
    }
}
