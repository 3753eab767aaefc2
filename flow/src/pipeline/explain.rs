//! Showing how a pipeline will run.

use super::define::Pipeline;
use crate::graph::{Body, Graph, Layout, NodeId, lay_out};
use crate::stream::lock;
use crate::task::Route;
use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

/// How a pipeline will run: its tasks, the stages that share one, and how records find their task.
#[derive(Clone, Debug)]
pub struct Explain {
    name: String,
    tasks: Vec<Chain>,
    edges: Vec<Link>,
}

#[derive(Clone, Debug)]
struct Chain {
    head: NodeId,
    stages: Vec<Arc<str>>,
    parallelism: usize,
    /// Of a source: whether it ends by itself.
    bounded: Option<bool>,
}

impl Chain {
    /// In how many tasks it runs, and how far a source reads.
    fn size(&self) -> String {
        match self.bounded {
            Some(true) => format!("×up to {}, reads to the end", self.parallelism),
            Some(false) => format!("×up to {}, reads without end", self.parallelism),
            None => format!("×{}", self.parallelism),
        }
    }
}

#[derive(Clone, Debug)]
struct Link {
    from: NodeId,
    to: NodeId,
    route: &'static str,
}

impl Pipeline {
    /// How this pipeline will run. A source runs in as many tasks as the pipeline says, and no more than it has partitions,
    /// which is known when it is opened.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let pipeline = Pipeline::new("totals");
    /// pipeline.parallelism(2);
    /// let numbers = pipeline.source(sources::iter(0..10)).filter(|n| *n > 3);
    /// numbers.key_by(|n| n % 3).reduce(|a, b| a + b).sink(sinks::table().1);
    /// let expected = "\
    /// pipeline `totals`
    ///   1. source (×up to 2, reads to the end)
    ///   2. filter (×2)  <- forward from 1
    ///   3. reduce (×2)  <- hash from 2
    ///   4. sink (×1)  <- rebalance from 3
    /// ";
    /// assert_eq!(pipeline.explain().to_string(), expected);
    /// ```
    #[must_use]
    pub fn explain(&self) -> Explain {
        let graph = lock(&self.graph);
        Explain::new(&graph)
    }
}

impl Explain {
    fn new(graph: &Graph) -> Self {
        let layout = lay_out(graph, |_| None);
        let names = graph.names();
        let mut tasks: Vec<Chain> = Vec::new();
        for (id, node) in graph.nodes.iter().enumerate().filter(|(_, node)| !node.hidden) {
            let head = layout.head(graph, id);
            let name = Arc::clone(&names[id]);
            match tasks.iter_mut().find(|chain| chain.head == head) {
                Some(chain) => chain.stages.push(name),
                None => tasks.push(Chain {
                    head,
                    stages: vec![name],
                    parallelism: layout.nodes[id].tasks,
                    bounded: match &node.body {
                        Some(Body::Source(source)) => Some(source.bounded()),
                        _ => None,
                    },
                }),
            }
        }
        Self { name: graph.settings.name.clone(), tasks, edges: Self::links(graph, &layout) }
    }

    fn links(graph: &Graph, layout: &Layout) -> Vec<Link> {
        let mut links = Vec::new();
        for (id, node) in graph.nodes.iter().enumerate().filter(|(id, _)| layout.nodes[*id].begins) {
            for (input, route) in node.inputs.iter().zip(&layout.nodes[id].routes) {
                let route = match route {
                    Route::Forward => "forward",
                    Route::Rebalance => "rebalance",
                    Route::Hash(_) => "hash",
                };
                links.push(Link { from: layout.head(graph, input.from.node), to: layout.head(graph, id), route });
            }
        }
        links
    }

    /// The same as a Mermaid flowchart.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        let write = |text: &mut String| -> fmt::Result {
            for chain in &self.tasks {
                let stages = chain.stages.iter().map(|stage| escape(stage)).collect::<Vec<_>>().join("<br/>");
                writeln!(text, "    t{}[\"{stages}<br/>{}\"]", chain.head, chain.size())?;
            }
            for Link { from, to, route } in &self.edges {
                writeln!(text, "    t{from} -->|{route}| t{to}")?;
            }
            Ok(())
        };
        // Writing to a `String` does not fail.
        let _infallible = write(&mut text);
        text
    }
}

fn escape(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_alphanumeric() || " -_./".contains(c) { c.to_string() } else { format!("#{};", c as u32) })
        .collect()
}

impl fmt::Display for Explain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "pipeline `{}`", self.name)?;
        let number = |head: NodeId| self.tasks.iter().position(|chain| chain.head == head).map_or(0, |at| at + 1);
        for (at, chain) in self.tasks.iter().enumerate() {
            write!(f, "  {}. {} ({})", at + 1, chain.stages.join(" > "), chain.size())?;
            let inputs = self.edges.iter().filter(|edge| edge.to == chain.head);
            let inputs: Vec<_> = inputs.map(|edge| format!("{} from {}", edge.route, number(edge.from))).collect();
            writeln!(f, "{}{}", if inputs.is_empty() { "" } else { "  <- " }, inputs.join(", "))?;
        }
        Ok(())
    }
}
