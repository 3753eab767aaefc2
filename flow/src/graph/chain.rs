//! How nodes become tasks: how many of each, and which of them share a task.

use super::node::{Body, Graph, NodeId, Parallel};
use crate::task::Route;

/// How the nodes of a graph are spread over tasks.
#[derive(Clone)]
pub(crate) struct Layout {
    pub(crate) nodes: Vec<Placed>,
}

/// Where one node runs.
#[derive(Clone)]
pub(crate) struct Placed {
    /// How many tasks it has.
    pub(crate) tasks: usize,
    /// Whether a task begins with it; otherwise it works in the chain of what comes before it.
    pub(crate) begins: bool,
    /// How the records of each input find its tasks.
    pub(crate) routes: Vec<Route>,
}

impl Layout {
    /// The node that begins the task in which a node works.
    pub(crate) fn head(&self, graph: &Graph, mut node: NodeId) -> NodeId {
        while !self.nodes[node].begins {
            node = graph.nodes[node].inputs[0].from.node;
        }
        node
    }
}

/// Lays a graph out. `splits` says how many partitions a source has, where that is known.
///
/// Nodes are in the order in which they were attached, so what comes before a node stands before it.
pub(crate) fn lay_out(graph: &Graph, splits: impl Fn(NodeId) -> Option<usize>) -> Layout {
    let mut layout = Layout { nodes: Vec::with_capacity(graph.nodes.len()) };
    for (id, node) in graph.nodes.iter().enumerate() {
        let before = node.inputs.iter().map(|input| layout.nodes[input.from.node].tasks).max();
        let wanted = match node.parallel {
            Parallel::One => 1,
            Parallel::Exactly(tasks) => tasks,
            Parallel::Pipeline => graph.settings.parallelism,
            Parallel::Inherit => before.unwrap_or(graph.settings.parallelism),
        };
        let limit = if node.inputs.is_empty() { splits(id).unwrap_or(usize::MAX) } else { usize::MAX };
        let tasks = wanted.min(limit).max(1);
        let routes = node.inputs.iter().map(|input| {
            let from = layout.nodes[input.from.node].tasks;
            match &input.route {
                Route::Hash(_) if tasks == 1 => {
                    if from == 1 {
                        Route::Forward
                    } else {
                        Route::Rebalance
                    }
                }
                Route::Hash(groups) => Route::Hash(groups.clone()),
                _ if from == tasks => Route::Forward,
                _ => Route::Rebalance,
            }
        });
        let routes: Vec<Route> = routes.collect();
        let chained = matches!(node.body, Some(Body::Chained(_)) | None)
            && !node.breaks_chain
            && matches!(routes[..], [Route::Forward])
            && !graph.nodes[node.inputs[0].from.node].inputs.is_empty();
        layout.nodes.push(Placed { tasks, begins: !chained, routes });
    }
    layout
}
