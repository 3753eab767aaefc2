//! The one door to the graph.

use super::{SharedGraph, Stream, lock};
use crate::connector::Gauges;
use crate::error::{Origin, StageRef};
use crate::graph::{
    Body, Description, HeadBody, Input, Instance, Node, NodeId, OperatorBody, Parallel, Port, SinkBody, check_tasks,
};
use crate::operator::Operator;
use crate::record::Record;
use crate::task::{CloneOf, Route, StreamType, TypeOf};
use std::marker::PhantomData;
use std::sync::Arc;

/// What is known of a stage that is about to be attached.
pub(crate) struct NewStage {
    kind: &'static str,
    origin: Origin,
    description: Description,
    parallel: Parallel,
    stateful: bool,
    remembers: bool,
    hidden: bool,
    needs_time: bool,
    makes_time: bool,
}

impl NewStage {
    /// A stage without state, in as many tasks as what comes before it.
    pub(crate) fn new(kind: &'static str, origin: Origin, description: Description) -> Self {
        Self {
            kind,
            origin,
            description,
            parallel: Parallel::Inherit,
            stateful: false,
            remembers: false,
            hidden: false,
            needs_time: false,
            makes_time: false,
        }
    }

    /// It holds state by key, and so is spread as the pipeline says.
    pub(crate) fn keyed(mut self) -> Self {
        self.parallel = Parallel::Pipeline;
        self.stateful()
    }

    /// It holds state that belongs to no key.
    pub(crate) fn stateful(mut self) -> Self {
        self.stateful = true;
        self.remembers = true;
        self
    }

    /// It runs in so many tasks.
    pub(crate) fn parallel(mut self, parallel: Parallel) -> Self {
        self.parallel = parallel;
        self
    }

    /// It is part of another stage.
    pub(crate) fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Its answer goes by event time.
    pub(crate) fn needs_time(mut self) -> Self {
        self.needs_time = true;
        self
    }

    /// It gives records their event times.
    pub(crate) fn makes_time(mut self) -> Self {
        self.makes_time = true;
        self.remembers = true;
        self
    }

    /// The node, with its inputs and outputs.
    pub(crate) fn node(self, inputs: Vec<Input>, outputs: Vec<Arc<dyn StreamType>>, body: Option<Body>) -> Node {
        Node {
            kind: self.kind,
            name: None,
            origin: self.origin,
            stream: None,
            stateful: self.stateful,
            remembers: self.remembers || inputs.is_empty(),
            inputs,
            outputs,
            parallel: self.parallel,
            hidden: self.hidden,
            breaks_chain: false,
            needs_time: self.needs_time,
            makes_time: self.makes_time,
            body,
            description: self.description,
            gauges: None,
            schema: None,
        }
    }
}

impl<T: Send + 'static> Stream<T> {
    /// A handle to an output of a node.
    pub(crate) fn at(graph: SharedGraph, port: Port) -> Self {
        Self { graph, port, records: PhantomData }
    }

    pub(crate) fn graph(&self) -> &SharedGraph {
        &self.graph
    }

    /// The node that the handle is an output of.
    pub(crate) fn node(&self) -> NodeId {
        self.port.node
    }

    pub(crate) fn input(&self, route: Route) -> Input {
        Input { from: self.port, route }
    }

    /// Attaches an operator; `make` makes it for each of its tasks.
    pub(crate) fn attach<O>(self, stage: NewStage, make: impl Fn(Instance) -> O + Send + 'static) -> Stream<O::Out>
    where
        O: Operator<In = T>,
    {
        self.attach_with(stage, Route::Forward, 0, make).0
    }

    /// Attaches an operator that its records find by `route`, and that has side outputs.
    pub(crate) fn attach_with<O>(
        self,
        stage: NewStage,
        route: Route,
        sides: usize,
        make: impl Fn(Instance) -> O + Send + 'static,
    ) -> (Stream<O::Out>, Vec<Stream<O::Side>>)
    where
        O: Operator<In = T>,
    {
        let inputs = vec![self.input(route)];
        Self::attach_to(&self.graph, stage, inputs, sides, make)
    }

    /// Attaches an operator to several inputs, all of records of this type.
    pub(crate) fn attach_to<O>(
        graph: &SharedGraph,
        stage: NewStage,
        inputs: Vec<Input>,
        sides: usize,
        make: impl Fn(Instance) -> O + Send + 'static,
    ) -> (Stream<O::Out>, Vec<Stream<O::Side>>)
    where
        O: Operator<In = T>,
    {
        let node = Self::reserve::<O::Out, O::Side>(graph, stage, inputs, sides);
        lock(graph).nodes[node].body = Some(Body::Chained(Box::new(OperatorBody(make))));
        let side = |port| Stream::at(Arc::clone(graph), Port { node, port });
        (Stream::at(Arc::clone(graph), Port { node, port: 0 }), (1..=sides).map(side).collect())
    }

    /// Keeps a place in the graph for an operator that is still to be written, so that its side outputs can be taken before.
    pub(crate) fn reserve<O: Send + 'static, S: Send + 'static>(
        graph: &SharedGraph,
        stage: NewStage,
        inputs: Vec<Input>,
        sides: usize,
    ) -> NodeId {
        let mut outputs = vec![TypeOf::<O>::erased()];
        outputs.extend((0..sides).map(|_| TypeOf::<S>::erased()));
        lock(graph).add(stage.node(inputs, outputs, None))
    }

    /// Attaches something that waits, and so begins a task.
    pub(crate) fn attach_head<U: Send + 'static>(self, stage: NewStage, head: impl HeadBody + 'static) -> Stream<U> {
        let inputs = vec![self.input(Route::Forward)];
        let node = Self::reserve::<U, U>(&self.graph, stage, inputs, 0);
        lock(&self.graph).nodes[node].body = Some(Body::Headed(Box::new(head)));
        Stream::at(self.graph, Port { node, port: 0 })
    }

    /// Attaches a sink.
    pub(crate) fn attach_sink(self, stage: NewStage, sink: Box<dyn SinkBody>) -> NodeId {
        let inputs = vec![self.input(Route::Forward)];
        lock(&self.graph).add(stage.node(inputs, Vec::new(), Some(Body::Sink(sink))))
    }

    /// Gives the stage that was just attached a name: its stable id, under which its state is stored.
    ///
    /// Names are unique in a pipeline; a second one of the same name is an error when the pipeline is run.
    pub fn named(self, name: impl Into<String>) -> Self {
        name_node(&self.graph, self.port.node, name.into());
        self
    }

    /// Runs the stage that was just attached in so many tasks.
    ///
    /// Records of a stage without keys are then spread over the tasks in turn, so they may overtake each other. Zero, and
    /// more than 32,767, are an error when the pipeline is run.
    #[track_caller]
    pub fn with_parallelism(self, tasks: usize) -> Self {
        parallelize_node(&self.graph, self.port.node, tasks, Origin::here());
        self
    }

    /// Shows gauges as those of the stage that was just attached: what its closures count, a cache's hits, requests that were repeated.
    ///
    /// ```
    /// use flow::prelude::*;
    /// use flow::connector::Gauges;
    /// let gauges = Gauges::default();
    /// let largest = gauges.gauge("largest", "");
    /// let pipeline = Pipeline::new("numbers");
    /// let numbers = pipeline.source(sources::iter([3, 9, 4]));
    /// numbers.inspect(move |n| largest.set(largest.get().max(*n))).named("look").with_gauges(&gauges).sink(sinks::null());
    /// let report = pipeline.run_blocking()?;
    /// assert_eq!(report.stage("look").unwrap().gauges[0].to_string(), "largest = 9");
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn with_gauges(self, gauges: &Gauges) -> Self {
        lock(&self.graph).nodes[self.port.node].gauges = Some(gauges.clone());
        self
    }

    /// Begins a task at the stage that was just attached, where it would otherwise share that of the stage before it.
    pub fn with_own_task(self) -> Self {
        lock(&self.graph).nodes[self.port.node].breaks_chain = true;
        self
    }

    /// A second handle to the same stream: both are given every record, one of them a copy.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let ((even, even_sink), (all, all_sink)) = (sinks::collect(), sinks::collect());
    /// let pipeline = Pipeline::new("both");
    /// let numbers = pipeline.source(sources::iter(0..5));
    /// numbers.tee().filter(|n| n % 2 == 0).sink(even_sink);
    /// numbers.sink(all_sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!((even.take(), all.take()), (vec![0, 2, 4], vec![0, 1, 2, 3, 4]));
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn tee(&self) -> Self
    where
        T: Clone,
    {
        lock(&self.graph).nodes[self.port.node].outputs[self.port.port] = CloneOf::<T>::erased();
        Self::at(Arc::clone(&self.graph), self.port)
    }

    /// Tells the IR the fields of this stream's records.
    pub fn described(self) -> Self
    where
        T: Record,
    {
        if self.port.port == 0 {
            lock(&self.graph).nodes[self.port.node].schema = Some(T::schema());
        }
        self
    }

    /// Gives the stream to a function, and gives what that makes of it: a fragment of a pipeline that is written once.
    ///
    /// ```
    /// use flow::prelude::*;
    /// fn squares(numbers: Stream<i64>) -> Stream<i64> {
    ///     numbers.filter(|n| n % 2 == 0).map(|n| n * n)
    /// }
    /// let (rows, sink) = sinks::collect();
    /// let pipeline = Pipeline::new("fragments");
    /// pipeline.source(sources::iter(0..5)).apply(squares).sink(sink);
    /// pipeline.run_blocking()?;
    /// assert_eq!(rows.take(), [0, 4, 16]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn apply<R>(self, fragment: impl FnOnce(Self) -> R) -> R {
        fragment(self)
    }
}

pub(crate) fn name_node(graph: &SharedGraph, node: NodeId, name: String) {
    lock(graph).nodes[node].name = Some(name);
}

pub(crate) fn parallelize_node(graph: &SharedGraph, node: NodeId, tasks: usize, origin: Origin) {
    let mut graph = lock(graph);
    match check_tasks(tasks) {
        Ok(tasks) => graph.nodes[node].parallel = Parallel::Exactly(tasks),
        Err(mistake) => {
            let stage = StageRef { name: graph.nodes[node].kind.into(), origin };
            graph.mistakes.push(mistake.at(&stage));
        }
    }
}
