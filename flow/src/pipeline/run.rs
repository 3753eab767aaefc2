//! Running a pipeline in this process.

use super::define::Pipeline;
use crate::error::Result;
use crate::graph::Graph;
use crate::runtime::{BlockingJob, Job, Report, Start, launch};
use crate::state::Snapshot;
use crate::stream::lock;
use crate::time::Clock;

impl Pipeline {
    /// Runs the pipeline to its end, in the tokio runtime of the caller.
    ///
    /// # Errors
    /// A mistake in the definition, a source or sink that cannot be opened, or what ended the job.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the job.
    pub async fn run(self) -> Result<Report> {
        self.start().await?.wait().await
    }

    /// Starts the pipeline in the tokio runtime of the caller, of either flavour. When it returns, all sources and sinks are
    /// open.
    ///
    /// # Errors
    /// A mistake in the definition, or a source or sink that cannot be opened.
    ///
    /// # Cancel safety
    /// When dropped, nothing runs: sources and sinks that were opened are dropped, unread and unwritten.
    pub async fn start(self) -> Result<Job> {
        launch(self.into_graph(), Start::default()).await
    }

    /// Starts the pipeline where a snapshot of it was taken: with the state that its stages held, and at the positions that
    /// its sources had reached. The parallelism may be another.
    ///
    /// # Errors
    /// As [`start`](Self::start); and when the snapshot does not fit the pipeline, or two stages with state share an id.
    ///
    /// # Cancel safety
    /// As [`start`](Self::start). The snapshot is as good as before: a copy of it can be restored again.
    ///
    /// ```
    /// use flow::prelude::*;
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let (rows, sink) = sinks::collect();
    /// // The same definition each time.
    /// let sums = |source: sources::ChannelSource<i64>, sink: sinks::CollectSink<i64>| {
    ///     let pipeline = Pipeline::new("sums");
    ///     let sums = pipeline.source(source).key_all().reduce(|a, b| a + b).changes();
    ///     sums.filter_map(|sum| sum.value().copied()).sink(sink);
    ///     pipeline
    /// };
    /// let (handle, source) = sources::channel(10);
    /// let job = sums(source, sink).start().await?;
    /// for n in [1, 2, 3] {
    ///     handle.send(n).await.expect("the job reads");
    /// }
    /// while rows.len() < 3 {
    ///     tokio::task::yield_now().await;
    /// }
    /// let snapshot = job.snapshot().await?.to_bytes()?; // to a file, or wherever it is safe
    /// job.cancel();
    ///
    /// let snapshot = flow::state::Snapshot::from_bytes(&snapshot)?;
    /// let (rows, sink) = sinks::collect();
    /// let (handle, source) = sources::channel(10);
    /// let job = sums(source, sink).restore(snapshot).await?;
    /// handle.send(10).await.expect("the job reads");
    /// drop(handle);
    /// job.wait().await?;
    /// assert_eq!(rows.take(), [16]);
    /// # Ok::<(), flow::Error>(())
    /// # })?;
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub async fn restore(self, snapshot: Snapshot) -> Result<Job> {
        launch(self.into_graph(), Start { snapshot: Some(snapshot), clock: None }).await
    }

    /// As [`start`](Self::start) or [`restore`](Self::restore), with processing time that is told by this clock.
    ///
    /// # Errors
    /// As [`restore`](Self::restore).
    ///
    /// # Cancel safety
    /// As [`start`](Self::start).
    pub async fn start_at(self, clock: Clock, snapshot: Option<Snapshot>) -> Result<Job> {
        launch(self.into_graph(), Start { snapshot, clock: Some(clock) }).await
    }

    /// Runs the pipeline to its end, in a runtime of its own, from code that is not async. One whose sources do not end is better
    /// started by [`start_blocking`](Self::start_blocking), which can be stopped.
    ///
    /// # Errors
    /// As [`run`](Self::run); and when called from async code, where it would block a thread that others need.
    pub fn run_blocking(self) -> Result<Report> {
        BlockingJob::start("run_blocking", "`run().await`", self.start())?.wait()
    }

    /// Starts the pipeline in a runtime of its own, from code that is not async: [`run_blocking`](Self::run_blocking) with a handle
    /// that can end the job. When it returns, all sources and sinks are open.
    ///
    /// # Errors
    /// As [`start`](Self::start); and when called from async code, where it would block a thread that others need.
    ///
    /// ```
    /// use flow::prelude::*;
    /// let (rows, sink) = sinks::collect();
    /// let (handle, source) = sources::channel(10);
    /// let pipeline = Pipeline::new("doubled");
    /// pipeline.source(source).map(|n: i64| n * 2).sink(sink);
    /// let job = pipeline.start_blocking()?;
    /// for n in [1, 2, 3] {
    ///     handle.blocking_send(n).expect("the job reads");
    /// }
    /// while rows.len() < 3 {
    ///     std::thread::yield_now();
    /// }
    /// job.stop(); // the channel is open still
    /// assert_eq!(job.wait()?.written(), 3);
    /// assert_eq!(rows.take(), [2, 4, 6]);
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn start_blocking(self) -> Result<BlockingJob> {
        BlockingJob::start("start_blocking", "`start().await`", self.start())
    }

    /// The definition; handles to its streams are then of no use any more.
    fn into_graph(self) -> Graph {
        let mut graph = lock(&self.graph);
        let origin = graph.origin;
        std::mem::replace(&mut *graph, Graph::new(String::new(), origin))
    }
}
