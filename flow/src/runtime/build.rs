//! Puts the tasks of a job together: edges, chains and what begins them.

use super::metrics::{EdgeMeter, Meters, StageMeter};
use crate::connector::{DeadLetter, Gauges};
use crate::error::{Error, ErrorKind, Result, StageRef};
use crate::graph::{Body, Graph, HeadParts, Instance, Layout, NodeId, Port, Wiring};
use crate::operator::erased::Erased;
use crate::operator::{Ledger, StageInfo, TaskContext};
use crate::state::{KEY_GROUPS, Snapshot};
use crate::task::{ChainParts, EdgeStats, Route, SplitNames, StreamType, Task, TypeOf};
use crate::time::{self, Clock};
use crate::windows::WATERMARK;
use std::collections::HashMap;
use std::sync::Arc;

/// Everything that is shared while a job is put together.
pub(super) struct Builder<'a> {
    pub(super) graph: &'a Graph,
    pub(super) layout: &'a Layout,
    pub(super) clock: Clock,
    pub(super) splits: SplitNames,
    pub(super) restore: Option<&'a Snapshot>,
    pub(super) infos: Vec<Arc<StageInfo>>,
    /// Per node, per task.
    pub(super) ledgers: Vec<Vec<Arc<Ledger>>>,
    /// Per node.
    pub(super) gauges: Vec<Gauges>,
    pub(super) meters: Meters,
    takers: HashMap<Port, Vec<(NodeId, usize)>>,
    /// The sending ends of an input, per task that sends; the receiving ends of a node's task.
    senders: HashMap<(NodeId, usize, usize), Vec<Erased>>,
    receivers: HashMap<(NodeId, usize), Vec<Erased>>,
    /// The receiving ends of the edges that carry dead letters.
    dead: Vec<Erased>,
    dead_stats: Vec<Arc<EdgeStats>>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(
        graph: &'a Graph,
        layout: &'a Layout,
        (clock, gauges): (Clock, &[Gauges]),
        splits: SplitNames,
        restore: Option<&'a Snapshot>,
    ) -> Self {
        let names = graph.names();
        let infos = graph.nodes.iter().zip(&names).map(|(node, name)| {
            let reference = StageRef { name: Arc::clone(name), origin: node.origin };
            Arc::new(StageInfo { name: Arc::clone(name), id: node.id().into(), reference })
        });
        let ledgers = layout.nodes.iter().map(|placed| (0..placed.tasks).map(|_| Arc::default()).collect());
        let mut takers: HashMap<Port, Vec<(NodeId, usize)>> = HashMap::new();
        for (id, node) in graph.nodes.iter().enumerate() {
            for (at, input) in node.inputs.iter().enumerate() {
                takers.entry(input.from).or_default().push((id, at));
            }
        }
        let mut builder = Self {
            graph,
            layout,
            clock,
            splits,
            restore,
            infos: infos.collect(),
            ledgers: ledgers.collect(),
            gauges: gauges.to_vec(),
            meters: Meters::default(),
            takers,
            senders: HashMap::new(),
            receivers: HashMap::new(),
            dead: Vec::new(),
            dead_stats: Vec::new(),
        };
        builder.make_edges();
        builder.meters.stages = builder.stage_meters();
        builder
    }

    fn stage_meters(&self) -> Vec<StageMeter> {
        let meters = self.graph.nodes.iter().enumerate().map(|(id, node)| StageMeter {
            name: Arc::clone(&self.infos[id].name),
            kind: node.kind,
            origin: node.origin,
            hidden: node.hidden,
            ledgers: self.ledgers[id].clone(),
            gauges: self.gauges[id].clone(),
        });
        meters.collect()
    }

    fn output_type(&self, port: Port) -> &'a Arc<dyn StreamType> {
        &self.graph.nodes[port.node].outputs[port.port]
    }

    /// Makes the edges to every task that begins one.
    fn make_edges(&mut self) {
        for (id, node) in self.graph.nodes.iter().enumerate().filter(|(id, _)| self.layout.nodes[*id].begins) {
            for (at, input) in node.inputs.iter().enumerate() {
                let mut meter = EdgeMeter {
                    from: Arc::clone(&self.infos[input.from.node].name),
                    to: Arc::clone(&self.infos[id].name),
                    stats: Vec::new(),
                };
                let forward = matches!(self.layout.nodes[id].routes[at], Route::Forward);
                for from in 0..self.layout.nodes[input.from.node].tasks {
                    for to in (0..self.layout.nodes[id].tasks).filter(|to| !forward || *to == from) {
                        let stats = Arc::new(EdgeStats::new(self.graph.settings.capacity));
                        let (sender, receiver) = self.output_type(input.from).edge(Arc::clone(&stats));
                        self.senders.entry((id, at, from)).or_default().push(sender);
                        self.receivers.entry((id, to)).or_default().push(receiver);
                        meter.stats.push(stats);
                    }
                }
                self.meters.edges.push(meter);
            }
        }
    }

    /// What a task takes from a node's output: the taker's chain, an edge, or several of those.
    pub(super) fn port_push(&mut self, port: Port, task: usize) -> Result<Erased> {
        let mut pushes = Vec::new();
        for (taker, input) in self.takers.get(&port).cloned().unwrap_or_default() {
            if self.layout.nodes[taker].begins {
                let senders = self.senders.remove(&(taker, input, task)).unwrap_or_default();
                let route = &self.layout.nodes[taker].routes[input];
                let (size, info) = (self.graph.settings.batch_size, &self.infos[taker]);
                let to = (&info.reference, self.begins_at(info));
                pushes.push(self.output_type(port).tail(senders, route, size, to));
            } else {
                pushes.push(self.node_push(taker, task)?);
            }
        }
        Ok(match pushes.pop() {
            Some(only) if pushes.is_empty() => only,
            last => {
                pushes.extend(last);
                self.output_type(port).tee(pushes)
            }
        })
    }

    /// A node's operator, with everything behind it.
    fn node_push(&mut self, node: NodeId, task: usize) -> Result<Erased> {
        let main = self.port_push(Port { node, port: 0 }, task)?;
        let ports = 1..self.graph.nodes[node].outputs.len();
        let sides = ports.map(|port| self.port_push(Port { node, port }, task)).collect::<Result<_>>()?;
        match &self.graph.nodes[node].body {
            Some(Body::Chained(body)) => body.build(main, sides, self.wiring(node, task)),
            _ => {
                Err(Error::new(ErrorKind::Definition, "only an operator can share a task")
                    .at(&self.infos[node].reference))
            }
        }
    }

    pub(super) fn wiring(&self, node: NodeId, task: usize) -> Wiring<'a> {
        let info = Arc::clone(&self.infos[node]);
        let state = self.restore.and_then(|snapshot| snapshot.operators.get(&*info.id));
        Wiring {
            instance: Instance { task, tasks: self.layout.nodes[node].tasks },
            info,
            ledger: Arc::clone(&self.ledgers[node][task]),
            batch_size: self.graph.settings.batch_size,
            state: state.filter(|_| self.graph.nodes[node].remembers),
        }
    }

    /// The watermark that a stage of windows may begin with: the highest that its tasks had written, if it is rebuilt.
    fn begins_at(&self, info: &StageInfo) -> i64 {
        let written = self.restore.and_then(|snapshot| snapshot.operators.get(&*info.id));
        let watermarks = written.map(|state| state.reader(0..KEY_GROUPS).plain::<i64>(WATERMARK));
        // Another kind of stage has nothing of that name, or nothing that can be read as one: then nothing depends on it.
        watermarks.map_or(time::MIN, |read| read.map_or(time::MAX, |all| all.into_iter().max().unwrap_or(time::MIN)))
    }

    /// What the chain of a new task needs beside its operators.
    pub(super) fn chain_parts(&mut self) -> ChainParts {
        let dead = self.graph.dead_letters.as_ref().map(|_| {
            let stats = Arc::new(EdgeStats::new(self.graph.settings.capacity));
            self.dead_stats.push(Arc::clone(&stats));
            let letters = TypeOf::<DeadLetter>::erased();
            let (sender, receiver) = letters.edge(stats);
            self.dead.push(receiver);
            let to = StageRef { name: "dead letters".into(), origin: self.graph.origin };
            letters.tail(vec![sender], &Route::Forward, self.graph.settings.batch_size, (&to, time::MIN)).take()
        });
        let cx = TaskContext::new(self.clock, self.graph.settings.policy);
        ChainParts { dead, cx, splits: self.splits.clone() }
    }

    /// The `Merger` of a node's task, for records of the type of its first input.
    pub(super) fn merger(&mut self, node: NodeId, task: usize) -> Erased {
        let receivers = self.receivers.remove(&(node, task)).unwrap_or_default();
        self.output_type(self.graph.nodes[node].inputs[0].from).merger(receivers)
    }

    /// The `Merger` of the dead letters of all tasks.
    pub(super) fn dead_merger(&mut self, to: &Arc<str>) -> Erased {
        let stats = std::mem::take(&mut self.dead_stats);
        self.meters.edges.push(EdgeMeter { from: "dead letters".into(), to: Arc::clone(to), stats });
        TypeOf::<DeadLetter>::erased().merger(std::mem::take(&mut self.dead))
    }

    /// The task that begins with a node that is neither a source nor a sink.
    pub(super) fn task(&mut self, node: NodeId, task: usize) -> Result<Box<dyn Task>> {
        let merger = self.merger(node, task);
        let chain = self.chain_parts();
        let name = self.infos[node].name.to_string();
        match &self.graph.nodes[node].body {
            Some(Body::Headed(body)) => {
                let push = self.port_push(Port { node, port: 0 }, task)?;
                body.build(HeadParts { merger, push, chain, name }, self.wiring(node, task))
            }
            _ => {
                let push = self.node_push(node, task)?;
                let types = self.output_type(self.graph.nodes[node].inputs[0].from);
                Ok(types.input_task(name, merger, push, chain))
            }
        }
    }
}
