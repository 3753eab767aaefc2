//! What is wrong with a definition, found before anything runs.

use super::node::{Body, Graph, Node, NodeId, Parallel, Port};
use crate::error::{Error, ErrorKind, Result, StageRef};
use crate::task::Route;
use std::collections::HashMap;
use std::sync::Arc;

/// Checks a definition.
///
/// # Errors
/// The first mistake: where it is and what to do about it.
pub(crate) fn check(graph: &Graph) -> Result<()> {
    if let Some(mistake) = graph.mistakes.first() {
        return Err(mistake.clone());
    }
    let names = graph.names();
    let at = |id: NodeId| StageRef { name: Arc::clone(&names[id]), origin: graph.nodes[id].origin };
    let wrong = |id: NodeId, what: &str, help: &str| {
        Err(Error::new(ErrorKind::Definition, what.to_owned()).help(help.to_owned()).at(&at(id)))
    };
    if graph.nodes.is_empty() {
        return Err(Error::new(ErrorKind::Definition, format!("the pipeline `{}` is empty", graph.settings.name))
            .help("give it a source and a sink"));
    }
    let timed = timed(graph);
    let mut given: HashMap<&str, NodeId> = HashMap::new();
    for (id, node) in graph.nodes.iter().enumerate() {
        if let Some(name) = &node.name
            && given.insert(name, id).is_some()
        {
            return wrong(id, &format!("two stages are named `{name}`"), "a name is the stable id of one stage");
        }
        if node.body.is_none() {
            return wrong(id, "this window is never aggregated", "let an aggregate, fold, reduce or top follow it");
        }
        if let Some(untaken) = untaken(graph, id) {
            let what = if untaken == 0 { "nobody takes its records" } else { "nobody takes one of its side outputs" };
            return wrong(id, what, "let a sink, or another stage, follow it");
        }
        if node.needs_time && !timed[id] {
            return wrong(
                id,
                "it goes by event time, and its input has none",
                "put a watermark stage directly behind the source",
            );
        }
        if node.makes_time && !follows_source(graph, node) {
            return wrong(
                id,
                "a watermark stage stands behind a union, an exchange or async work, or has tasks of its own number, where the order of a source partition is lost",
                "put it directly behind the source, and give the number of tasks to the source",
            );
        }
    }
    Ok(())
}

/// An output that nobody takes.
fn untaken(graph: &Graph, id: NodeId) -> Option<usize> {
    let outputs = graph.nodes[id].outputs.len();
    (0..outputs).find(|&port| graph.takers(Port { node: id, port }).is_empty())
}

/// Whether what comes out of each node has event times: it makes them, or all of its inputs have them.
fn timed(graph: &Graph) -> Vec<bool> {
    let mut timed: Vec<bool> = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let inputs = !node.inputs.is_empty() && node.inputs.iter().all(|input| timed[input.from.node]);
        timed.push(node.makes_time || inputs);
    }
    timed
}

/// Whether only stages that keep the order of a source partition stand between a node and its source.
fn follows_source<'a>(graph: &'a Graph, mut node: &'a Node) -> bool {
    loop {
        // Another number of tasks than the source's would spread its batches over them.
        let inherits = matches!(node.parallel, Parallel::Inherit);
        match &node.inputs[..] {
            [] => return true,
            [input]
                if inherits && matches!(input.route, Route::Forward) && matches!(node.body, Some(Body::Chained(_))) =>
            {
                node = &graph.nodes[input.from.node];
            }
            _ => return false,
        }
    }
}
