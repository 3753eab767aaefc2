//! Writing a pipeline.

use crate::connector::{DeadLetter, Sink, Source};
use crate::error::{Error, ErrorKind, Origin};
use crate::graph::{Body, Description, Graph, Parallel, Port, SinkBody, SinkOf, SourceOf, check_tasks};
use crate::operator::ErrorPolicy;
use crate::stream::{NewStage, SharedGraph, Stream, lock};
use crate::task::TypeOf;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A pipeline: from sources, through stages, to sinks.
///
/// `pipeline!` writes one, and so do the methods here. It is run in this process by [`run`](Self::run), or described by
/// [`to_ir`](Self::to_ir).
///
/// ```
/// use flow::prelude::*;
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("even");
/// pipeline.source(sources::iter(0..10)).filter(|n| n % 2 == 0).sink(sink);
/// let report = pipeline.run_blocking()?;
/// assert_eq!(rows.take(), [0, 2, 4, 6, 8]);
/// assert_eq!((report.read(), report.written()), (10, 5));
/// # Ok::<(), flow::Error>(())
/// ```
pub struct Pipeline {
    pub(super) graph: SharedGraph,
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let graph = lock(&self.graph);
        f.debug_struct("Pipeline").field("name", &graph.settings.name).field("stages", &graph.nodes.len()).finish()
    }
}

/// What becomes of records that cannot be read, or that a stage fails on.
pub enum OnError {
    /// The job ends with an error that names the record's place and the stage.
    Fail,
    /// The record is left out and counted.
    Skip,
    /// The record goes to a sink, with its place, the stage and the reason. See [`OnError::dead_letter`].
    DeadLetter(DeadLetters),
}

/// The sink of dead letters, made by [`OnError::dead_letter`].
pub struct DeadLetters {
    sink: Box<dyn SinkBody>,
    endpoint: crate::connector::Endpoint,
}

impl OnError {
    /// Records that cannot be worked on go to this sink.
    pub fn dead_letter(sink: impl Sink<Item = DeadLetter>) -> Self {
        Self::DeadLetter(DeadLetters { endpoint: sink.describe(), sink: Box::new(SinkOf(sink)) })
    }
}

impl fmt::Debug for OnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fail => "Fail",
            Self::Skip => "Skip",
            Self::DeadLetter(_) => "DeadLetter",
        })
    }
}

impl fmt::Debug for DeadLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetters").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Pipeline {
    /// An empty pipeline.
    #[track_caller]
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { graph: Arc::new(Mutex::new(Graph::new(name.into(), Origin::here()))) }
    }

    /// What a `pipeline!` with mistakes expands to, so that the compiler reports those and nothing else. It cannot be run.
    #[doc(hidden)]
    #[track_caller]
    #[must_use]
    pub fn invalid() -> Self {
        let pipeline = Self::new("invalid");
        let mistake = Error::new(ErrorKind::Definition, "this pipeline did not compile");
        lock(&pipeline.graph).mistakes.push(mistake);
        pipeline
    }

    /// Sets the version that the IR carries.
    pub fn version(&self, version: impl Into<String>) -> &Self {
        lock(&self.graph).settings.version = Some(version.into());
        self
    }

    /// Sets what the pipeline is for, in words.
    pub fn doc(&self, text: impl Into<String>) -> &Self {
        lock(&self.graph).settings.doc = text.into();
        self
    }

    /// Sets in how many tasks stages with keys and sources with partitions run, up to 32,767; 1 if this is not called.
    #[track_caller]
    pub fn parallelism(&self, tasks: usize) -> &Self {
        let mut graph = lock(&self.graph);
        match check_tasks(tasks) {
            Ok(tasks) => graph.settings.parallelism = tasks,
            Err(mistake) => graph.mistakes.push(mistake),
        }
        drop(graph);
        self
    }

    /// Sets what becomes of records that cannot be read or worked on; the job fails if this is not called.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let ((rows, sink), (dead, dead_sink)) = (sinks::collect(), sinks::collect());
    /// let pipeline = Pipeline::new("numbers");
    /// pipeline.on_error(OnError::dead_letter(dead_sink));
    /// pipeline.source(sources::iter(["1", "two", "3"])).try_map(|text| text.parse::<i64>()).sink(sink);
    /// let report = pipeline.run_blocking()?;
    /// assert_eq!((rows.take(), report.dead_lettered()), (vec![1, 3], 1));
    /// let letter = &dead.take()[0];
    /// assert_eq!((&*letter.original, &*letter.reason), (&b"\"two\""[..], "invalid digit found in string"));
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn on_error(&self, policy: OnError) -> &Self {
        let mut graph = lock(&self.graph);
        match policy {
            OnError::Fail => graph.settings.policy = ErrorPolicy::Fail,
            OnError::Skip => graph.settings.policy = ErrorPolicy::Skip,
            OnError::DeadLetter(DeadLetters { sink, endpoint }) => {
                graph.settings.policy = ErrorPolicy::DeadLetter;
                graph.dead_letters = Some(sink);
                graph.dead_letters_endpoint = Some(endpoint);
            }
        }
        drop(graph);
        self
    }

    /// Sets after what time without a record a source partition no longer holds watermarks back. Without it they wait for
    /// ever.
    pub fn idle_timeout(&self, timeout: Duration) -> &Self {
        lock(&self.graph).settings.idle_timeout = Some(timeout);
        self
    }

    /// Sets a property that the IR carries.
    pub fn property(&self, key: impl Into<String>, value: impl Into<String>) -> &Self {
        lock(&self.graph).settings.properties.insert(key.into(), value.into());
        self
    }

    /// Promises that every stage has an exact form in the IR. `pipeline!` checks it when it is compiled; of a pipeline that is
    /// written with methods, [`to_ir`](Self::to_ir) tells.
    pub fn portable(&self) -> &Self {
        lock(&self.graph).settings.portable = true;
        self
    }

    /// Sets how many records a batch holds (1,024 if this is not called). No answer depends on it.
    #[track_caller]
    pub fn batch_size(&self, records: usize) -> &Self {
        let mut graph = lock(&self.graph);
        if records == 0 {
            graph.mistakes.push(Error::new(ErrorKind::Definition, "a batch size of 0").help("use 1 or more"));
        }
        graph.settings.batch_size = records.max(1);
        drop(graph);
        self
    }

    /// Sets how many records an edge between two tasks holds before its sender waits (8 batches if this is not called).
    pub fn channel_capacity(&self, records: usize) -> &Self {
        lock(&self.graph).settings.capacity = records.max(1);
        self
    }

    /// Says which stream the stages belong to that are attached from now on; none, if the name is empty. State is stored under
    /// a stage's own name, or else under its stream's and its kind: two stages of one kind in two streams are told apart.
    pub fn stream(&self, name: &str) -> &Self {
        lock(&self.graph).stream = Some(name.into()).filter(|_| !name.is_empty());
        self
    }

    /// Reads from a source.
    #[track_caller]
    pub fn source<S: Source>(&self, source: S) -> Stream<S::Item> {
        let mut stage = NewStage::new("source", Origin::here(), Description::Source(source.describe()));
        stage = stage.parallel(Parallel::Pipeline);
        if source.timed() {
            stage = stage.makes_time();
        }
        let body = Body::Source(Box::new(SourceOf(source)));
        let mut graph = lock(&self.graph);
        let node = graph.add(stage.node(Vec::new(), vec![TypeOf::<S::Item>::erased()], Some(body)));
        drop(graph);
        Stream::at(Arc::clone(&self.graph), Port { node, port: 0 })
    }
}
