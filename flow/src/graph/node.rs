//! Nodes and what joins them.

use super::bodies::{ChainBody, HeadBody, SinkBody, SourceBody};
use super::description::Description;
use super::settings::Settings;
use crate::connector::{Endpoint, Gauges};
use crate::error::Origin;
use crate::ir::types::Schema;
use crate::task::{Route, StreamType};
use std::sync::Arc;

/// A node's place in its graph.
pub(crate) type NodeId = usize;

/// An output of a node: 0 is the main one, then the side outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Port {
    pub(crate) node: NodeId,
    pub(crate) port: usize,
}

/// Where a node's records come from, and how they find its tasks.
pub(crate) struct Input {
    pub(crate) from: Port,
    pub(crate) route: Route,
}

/// How many tasks a node has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parallel {
    /// As many as what comes before it.
    Inherit,
    /// As many as the pipeline says.
    Pipeline,
    /// One, whatever else is said.
    One,
    /// As many as its own stage says.
    Exactly(usize),
}

/// What a node does.
pub(crate) enum Body {
    Source(Box<dyn SourceBody>),
    /// An operator that works in the chain of what comes before it, where it can.
    Chained(Box<dyn ChainBody>),
    /// Something that waits, and so begins a task.
    Headed(Box<dyn HeadBody>),
    Sink(Box<dyn SinkBody>),
}

/// One stage.
pub(crate) struct Node {
    /// What it is: `filter`, `aggregate`, …
    pub(crate) kind: &'static str,
    /// The name that the user gave; the stable id of its state.
    pub(crate) name: Option<String>,
    pub(crate) origin: Origin,
    pub(crate) inputs: Vec<Input>,
    /// The types of its outputs.
    pub(crate) outputs: Vec<Arc<dyn StreamType>>,
    pub(crate) parallel: Parallel,
    /// The stream that it belongs to, where that has a name.
    pub(crate) stream: Option<Arc<str>>,
    /// Whether it holds what records have become: a window, a join, keyed state.
    pub(crate) stateful: bool,
    /// Whether it has anything to write to a snapshot: what it holds, a position, how far time has come.
    pub(crate) remembers: bool,
    /// Part of another stage (the tagging of a join's sides): not shown.
    pub(crate) hidden: bool,
    /// Whether the user wants a task to begin here.
    pub(crate) breaks_chain: bool,
    /// Whether its answer goes by event time, and whether it gives records one.
    pub(crate) needs_time: bool,
    pub(crate) makes_time: bool,
    /// `None` while it is only reserved: a window whose aggregate is still to be written.
    pub(crate) body: Option<Body>,
    pub(crate) description: Description,
    /// What its author shows of it, beside what the engine counts; a source and a sink are given their own.
    pub(crate) gauges: Option<Gauges>,
    /// The schema of the main output's records, where it is known.
    pub(crate) schema: Option<Schema>,
}

impl Node {
    /// What its state is stored under: its name, or its stream's name and its kind; never its place in the graph, which moves
    /// when a stage is added before it.
    pub(crate) fn id(&self) -> String {
        match (&self.name, &self.stream) {
            (Some(name), _) => name.clone(),
            (None, Some(stream)) => format!("{stream}/{}", self.kind),
            (None, None) => self.kind.to_owned(),
        }
    }
}

/// A pipeline as it is being written.
pub(crate) struct Graph {
    pub(crate) settings: Settings,
    pub(crate) origin: Origin,
    pub(crate) nodes: Vec<Node>,
    /// The stream that is being written, where it has a name.
    pub(crate) stream: Option<Arc<str>>,
    pub(crate) dead_letters: Option<Box<dyn SinkBody>>,
    pub(crate) dead_letters_endpoint: Option<Endpoint>,
    /// What is wrong with it; the first is reported when it is run.
    pub(crate) mistakes: Vec<crate::error::Error>,
}

impl Graph {
    pub(crate) fn new(name: String, origin: Origin) -> Self {
        Self {
            settings: Settings::new(name),
            origin,
            nodes: Vec::new(),
            stream: None,
            dead_letters: None,
            dead_letters_endpoint: None,
            mistakes: Vec::new(),
        }
    }

    /// Adds a node, to the stream that is being written.
    pub(crate) fn add(&mut self, mut node: Node) -> NodeId {
        node.stream.clone_from(&self.stream);
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// Who takes an output: the nodes and which of their inputs.
    pub(crate) fn takers(&self, port: Port) -> Vec<(NodeId, usize)> {
        let inputs = self.nodes.iter().enumerate().flat_map(|(node, taker)| {
            taker.inputs.iter().enumerate().filter(move |(_, input)| input.from == port).map(move |(at, _)| (node, at))
        });
        inputs.collect()
    }

    /// Whether some stage holds what records have become.
    pub(crate) fn holds(&self) -> bool {
        self.nodes.iter().any(|node| node.stateful)
    }

    /// A unique name for each node: the one that was given, or the kind, numbered where it is not alone.
    pub(crate) fn names(&self) -> Vec<Arc<str>> {
        let mut used: std::collections::HashSet<String> =
            self.nodes.iter().filter_map(|node| node.name.clone()).collect();
        let mut names = Vec::new();
        for node in &self.nodes {
            let name = node.name.clone().unwrap_or_else(|| {
                let numbered = (2..).map(|n| format!("{}-{n}", node.kind));
                let mut candidates = std::iter::once(node.kind.to_owned()).chain(numbered);
                candidates.find(|name| !used.contains(name)).unwrap_or_default()
            });
            used.insert(name.clone());
            names.push(name.into());
        }
        names
    }
}
