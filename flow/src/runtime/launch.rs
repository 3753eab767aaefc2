//! Brings a graph to life: resolves partitions, opens sources and sinks, and starts the tasks.

use super::blocking;
use super::build::Builder;
use super::commits::gathered;
use super::job::Job;
use super::metrics::{Meters, StageMeter};
use super::supervise::{Supervisor, TaskSet};
use crate::connector::{Commits, Delivery, Gauges, Position, SinkContext, SourceContext, Split, SplitStart};
use crate::error::{Error, ErrorKind, Origin, Result, StageRef};
use crate::graph::{Body, Graph, Layout, Node, NodeId, Port, SinkBody, SourceOptions, check, lay_out};
use crate::operator::erased::Erased;
use crate::operator::{ErrorPolicy, Ledger, StageInfo};
use crate::state::{Snapshot, groups_of};
use crate::task::{ChainParts, SplitNames, Task, Together};
use crate::time::Clock;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How a job begins.
#[derive(Default)]
pub(crate) struct Start {
    /// Goes on from here.
    pub(crate) snapshot: Option<Snapshot>,
    /// Tells processing time.
    pub(crate) clock: Option<Clock>,
}

/// Checks a definition, opens its sources and sinks, and starts its tasks.
///
/// # Errors
/// A mistake in the definition, or a source or sink that cannot be opened; nothing is left behind then.
pub(crate) async fn launch(mut graph: Graph, start: Start) -> Result<Job> {
    check(&graph)?;
    let clock = start.clock.unwrap_or_else(Clock::start);
    if start.snapshot.is_some() {
        unambiguous(&graph)?;
    }
    let gauges: Vec<Gauges> = graph.nodes.iter().map(|node| node.gauges.clone().unwrap_or_default()).collect();
    let splits = resolve_splits(&mut graph, &gauges, clock).await?;
    let numbers = SplitNames::default();
    if let Some(snapshot) = &start.snapshot {
        numbers.add_all(&snapshot.splits);
    }
    let layout = lay_out(&graph, |node| splits.get(&node).map(Vec::len));
    let mut tasks = TaskSet::default();
    let opened =
        open(&mut graph, &layout, (clock, gauges), (&splits, &numbers), start.snapshot.as_ref(), &mut tasks).await;
    let meters = match opened {
        Ok(meters) => meters,
        Err(error) => {
            // Sinks that were opened already take back what they have begun.
            tasks.abandon().await;
            return Err(error);
        }
    };
    let delivery = weakest(&graph);
    let keeps = |node: &Node| matches!(&node.body, Some(Body::Source(source)) if source.keeps_positions());
    let commits = commits(&graph) == Commits::AsItGoes && graph.nodes.iter().any(keeps);
    let epoch = start.snapshot.map_or(0, |snapshot| snapshot.epoch());
    let ambiguous = unambiguous(&graph).err();
    let name = graph.settings.name.clone();
    Ok(Supervisor::start(name, tasks, meters, (delivery, commits), (epoch, numbers), ambiguous))
}

/// State is found again under its stage's id, so two stages of one id cannot both have any.
fn unambiguous(graph: &Graph) -> Result<()> {
    let mut ids = HashSet::new();
    for node in graph.nodes.iter().filter(|node| node.remembers) {
        if !ids.insert(node.id()) {
            let stage = StageRef { name: node.kind.into(), origin: node.origin };
            return Err(Error::new(
                ErrorKind::Definition,
                format!("there are several stages `{}` with state", node.kind),
            )
            .help("give each a name of its own, so that its state is found again")
            .at(&stage));
        }
    }
    Ok(())
}

/// What every row can be said of: no sink makes good what a source cannot give again.
fn weakest(graph: &Graph) -> Delivery {
    let ends = graph.nodes.iter().filter_map(|node| match &node.body {
        Some(Body::Sink(sink)) => Some(sink.delivery()),
        Some(Body::Source(source)) if !source.replays() => Some(Delivery::AtMostOnce),
        _ => None,
    });
    ends.chain(graph.dead_letters.as_ref().map(|sink| sink.delivery())).min().unwrap_or(Delivery::AtLeastOnce)
}

/// A row is out when its sink has flushed it, if no sink waits for the job's end with it.
fn commits(graph: &Graph) -> Commits {
    let sinks = graph.nodes.iter().filter_map(|node| match &node.body {
        Some(Body::Sink(sink)) => Some(sink.delivery()),
        _ => None,
    });
    let at_flush = |delivery| !matches!(delivery, Delivery::MarkerAtomic | Delivery::Transactional);
    let mut ends = sinks.chain(graph.dead_letters.as_ref().map(|sink| sink.delivery()));
    if ends.all(at_flush) && !graph.holds() { Commits::AsItGoes } else { Commits::AtEnd }
}

fn source_context(
    graph: &Graph,
    stage: &Arc<str>,
    gauges: &Gauges,
    clock: Clock,
    (task, tasks): (usize, usize),
) -> SourceContext {
    SourceContext {
        stage: Arc::clone(stage),
        pipeline: graph.settings.name.as_str().into(),
        task,
        tasks,
        batch_size: graph.settings.batch_size,
        commits: commits(graph),
        gauges: gauges.clone(),
        clock,
        blocking: blocking(),
    }
}

/// Asks every source for its partitions.
async fn resolve_splits(graph: &mut Graph, gauges: &[Gauges], clock: Clock) -> Result<HashMap<NodeId, Vec<Split>>> {
    let names = graph.names();
    let mut resolved = HashMap::new();
    for (node, name) in names.iter().enumerate() {
        let cx = source_context(graph, name, &gauges[node], clock, (0, 1));
        let origin = graph.nodes[node].origin;
        if let Some(Body::Source(source)) = &mut graph.nodes[node].body {
            let stage = StageRef { name: Arc::clone(name), origin };
            let splits = source.splits(&cx).await.map_err(|error| error.at(&stage))?;
            resolved.insert(node, splits);
        }
    }
    Ok(resolved)
}

/// What is needed to open a source's task, kept until the sinks are open.
struct ToOpen {
    node: NodeId,
    task: usize,
    push: Erased,
    chain: ChainParts,
    info: Arc<StageInfo>,
    ledger: Arc<Ledger>,
    together: Option<Arc<Together>>,
}

/// Opens sinks, then sources, and gathers all tasks.
async fn open(
    graph: &mut Graph,
    layout: &Layout,
    (clock, gauges): (Clock, Vec<Gauges>),
    (splits, names): (&HashMap<NodeId, Vec<Split>>, &SplitNames),
    restore: Option<&Snapshot>,
    tasks: &mut TaskSet,
) -> Result<Meters> {
    let together = gathered(graph, commits(graph));
    let mut builder = Builder::new(graph, layout, (clock, &gauges), names.clone(), restore);
    let mut sources = Vec::new();
    let mut sinks: Vec<(NodeId, usize, Erased)> = Vec::new();
    for node in 0..builder.graph.nodes.len() {
        for task in 0..layout.nodes[node].tasks {
            match &builder.graph.nodes[node].body {
                Some(Body::Source(_)) => {
                    let push = builder.port_push(Port { node, port: 0 }, task)?;
                    let chain = builder.chain_parts();
                    let (info, ledger) = (Arc::clone(&builder.infos[node]), Arc::clone(&builder.ledgers[node][task]));
                    let together = together.get(&node).cloned();
                    sources.push(ToOpen { node, task, push, chain, info, ledger, together });
                }
                Some(Body::Sink(_)) => sinks.push((node, task, builder.merger(node, task))),
                _ if layout.nodes[node].begins => {
                    let built = builder.task(node, task)?;
                    tasks.add(built, false);
                }
                _ => {}
            }
        }
    }
    let (infos, ledgers) = (builder.infos.clone(), builder.ledgers.clone());
    let dead = builder.graph.dead_letters.is_some().then(|| builder.dead_merger(&"dead letters".into()));
    let mut meters = std::mem::take(&mut builder.meters);
    drop(builder);
    let epoch = restore.map_or(0, Snapshot::epoch);
    let pipeline: Arc<str> = graph.settings.name.as_str().into();
    for (node, task, merger) in sinks {
        let of = layout.nodes[node].tasks;
        let stage = Arc::clone(&infos[node].name);
        let (pipeline, gauges) = (Arc::clone(&pipeline), gauges[node].clone());
        let cx = SinkContext { stage, pipeline, task, tasks: of, gauges, clock, blocking: blocking() };
        if let Some(Body::Sink(sink)) = &mut graph.nodes[node].body {
            let (info, ledger) = (Arc::clone(&infos[node]), Arc::clone(&ledgers[node][task]));
            tasks.add(sink.open(merger, cx, info, ledger, epoch).await?, true);
        }
    }
    if let (Some(merger), Some(sink)) = (dead, &mut graph.dead_letters) {
        let (stage, gauges) = ("dead letters".into(), Gauges::default());
        let cx = SinkContext { stage, pipeline, task: 0, tasks: 1, gauges, clock, blocking: blocking() };
        let (task, meter) = open_dead_letters(&mut **sink, graph.origin, merger, cx, epoch).await?;
        tasks.add(task, true);
        meters.stages.push(meter);
    }
    for source in sources {
        let task = open_source(graph, layout, (clock, &gauges), splits, names, restore, source).await?;
        tasks.add(task, false);
    }
    Ok(meters)
}

async fn open_dead_letters(
    sink: &mut dyn SinkBody,
    origin: Origin,
    merger: Erased,
    cx: SinkContext,
    epoch: u64,
) -> Result<(Box<dyn Task>, StageMeter)> {
    let name = Arc::clone(&cx.stage);
    let reference = StageRef { name: Arc::clone(&name), origin };
    let info = Arc::new(StageInfo { name: Arc::clone(&name), id: Arc::clone(&name), reference });
    let ledger: Arc<Ledger> = Arc::default();
    let gauges = cx.gauges.clone();
    let task = sink.open(merger, cx, info, Arc::clone(&ledger), epoch).await?;
    Ok((task, StageMeter { name, kind: "dead letters", origin, hidden: false, ledgers: vec![ledger], gauges }))
}

async fn open_source(
    graph: &mut Graph,
    layout: &Layout,
    (clock, gauges): (Clock, &[Gauges]),
    splits: &HashMap<NodeId, Vec<Split>>,
    names: &SplitNames,
    restore: Option<&Snapshot>,
    source: ToOpen,
) -> Result<Box<dyn Task>> {
    let ToOpen { node, task, push, chain, info, ledger, together } = source;
    let of = layout.nodes[node].tasks;
    let mut positions: HashMap<String, Position> = HashMap::new();
    if let Some(state) = restore.and_then(|snapshot| snapshot.operators.get(&*info.id)) {
        let stored: Vec<Vec<(String, Position)>> = state.reader(groups_of(task, of)).plain("positions")?;
        positions.extend(stored.into_iter().flatten());
    }
    // Partitions are dealt out in turn, so that tasks have equally many.
    let mine = splits.get(&node).into_iter().flatten().enumerate().filter(|(at, _)| at % of == task);
    let starts = mine.map(|(_, split)| {
        let start = SplitStart { split: split.clone(), position: positions.get(&*split.name).cloned() };
        (names.add(&info.id, &split.name), start)
    });
    let starts = starts.collect();
    let options = SourceOptions {
        idle_timeout: graph.settings.idle_timeout,
        locates: graph.settings.policy == ErrorPolicy::DeadLetter,
        holds: graph.holds(),
        together,
        epoch: restore.map_or(0, Snapshot::epoch),
    };
    let cx = source_context(graph, &info.name, &gauges[node], clock, (task, of));
    match &mut graph.nodes[node].body {
        Some(Body::Source(body)) => body.open(starts, cx, push, chain, info, ledger, options).await,
        _ => Err(Error::new(ErrorKind::Definition, "only a source can be read").at(&info.reference)),
    }
}
