//! What the nodes of a graph hold for the runtime, with the types of their records forgotten.

use crate::connector::{Sink, SinkContext, Source, SourceContext, Split, SplitStart};
use crate::error::Result;
use crate::operator::erased::Erased;
use crate::operator::{Ledger, Operator, Push, Stage, StageInfo};
use crate::state::{OperatorState, groups_of};
use crate::task::{Chain, ChainParts, SinkTask, SourceSplit, SourceTask, Task, ToCommit, Together};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Which task of a node this is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instance {
    pub(crate) task: usize,
    pub(crate) tasks: usize,
}

/// What every part of a job is given.
pub(crate) struct Wiring<'a> {
    pub(crate) instance: Instance,
    pub(crate) info: Arc<StageInfo>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) batch_size: usize,
    /// What the operator's tasks wrote before, when a job is rebuilt.
    pub(crate) state: Option<&'a OperatorState>,
}

/// Makes the operator of a node, for each of its tasks.
pub(crate) trait ChainBody: Send {
    /// A `Box<dyn Push<In>>` over the pushes behind it.
    fn build(&self, main: Erased, sides: Vec<Erased>, wiring: Wiring<'_>) -> Result<Erased>;
}

/// An operator is made by a function of its task.
pub(crate) struct OperatorBody<F>(pub(crate) F);

impl<O, F> ChainBody for OperatorBody<F>
where
    O: Operator,
    F: Fn(Instance) -> O + Send,
{
    fn build(&self, main: Erased, sides: Vec<Erased>, wiring: Wiring<'_>) -> Result<Erased> {
        let Wiring { instance, info, ledger, batch_size, state, .. } = wiring;
        let mut operator = (self.0)(instance);
        if let Some(state) = state {
            let groups = groups_of(instance.task, instance.tasks);
            operator.restore(&state.reader(groups)).map_err(|error| error.at(&info.reference))?;
        }
        let sides = sides.into_iter().map(Erased::take).collect();
        let stage = Stage::new(operator, main.take(), sides, info, ledger, batch_size);
        Ok(Erased::new::<Box<dyn Push<O::In>>>(Box::new(stage)))
    }
}

/// What a task that begins with something that waits is made of.
pub(crate) struct HeadParts {
    /// A `Merger<In>`.
    pub(crate) merger: Erased,
    /// A `Box<dyn Push<Out>>`.
    pub(crate) push: Erased,
    pub(crate) chain: ChainParts,
    pub(crate) name: String,
}

/// Makes the task of a node that waits.
pub(crate) trait HeadBody: Send {
    /// The task.
    fn build(&self, parts: HeadParts, wiring: Wiring<'_>) -> Result<Box<dyn Task>>;
}

/// Makes the tasks of a source.
#[async_trait]
pub(crate) trait SourceBody: Send {
    fn bounded(&self) -> bool;
    fn replays(&self) -> bool;
    fn keeps_positions(&self) -> bool;
    fn commits_together(&self) -> Option<String>;
    async fn splits(&mut self, cx: &SourceContext) -> Result<Vec<Split>>;
    /// `push` is a `Box<dyn Push<Item>>`.
    #[allow(clippy::too_many_arguments)]
    async fn open(
        &mut self,
        splits: Vec<(u32, SplitStart)>,
        cx: SourceContext,
        push: Erased,
        chain: ChainParts,
        info: Arc<StageInfo>,
        ledger: Arc<Ledger>,
        options: SourceOptions,
    ) -> Result<Box<dyn Task>>;
}

/// What a source's task is told of its pipeline.
#[derive(Clone, Debug)]
pub(crate) struct SourceOptions {
    pub(crate) idle_timeout: Option<Duration>,
    /// Whether records keep where they were read.
    pub(crate) locates: bool,
    /// Whether some stage of the pipeline holds what records have become.
    pub(crate) holds: bool,
    /// Where its last positions are gathered.
    pub(crate) together: Option<Arc<Together>>,
    pub(crate) epoch: u64,
}

pub(crate) struct SourceOf<S>(pub(crate) S);

#[async_trait]
impl<S: Source> SourceBody for SourceOf<S> {
    fn bounded(&self) -> bool {
        self.0.bounded()
    }

    fn replays(&self) -> bool {
        self.0.replays()
    }

    fn keeps_positions(&self) -> bool {
        self.0.keeps_positions()
    }

    fn commits_together(&self) -> Option<String> {
        self.0.commits_together()
    }

    async fn splits(&mut self, cx: &SourceContext) -> Result<Vec<Split>> {
        self.0.splits(cx).await
    }

    async fn open(
        &mut self,
        splits: Vec<(u32, SplitStart)>,
        cx: SourceContext,
        push: Erased,
        chain: ChainParts,
        info: Arc<StageInfo>,
        ledger: Arc<Ledger>,
        options: SourceOptions,
    ) -> Result<Box<dyn Task>> {
        let named = splits.iter().map(|(number, start)| SourceSplit::new(*number, start.split.clone()));
        let named = named.collect();
        let starts = splits.into_iter().map(|(_, start)| start).collect();
        let reader = self.0.open(starts, &cx).await.map_err(|error| error.at(&info.reference))?;
        let push: Box<dyn Push<S::Item>> = push.take();
        let chain: Chain<S::Item> = chain.chain(push);
        let commits = self.0.keeps_positions().then(|| ToCommit::new(cx.commits, options.holds, options.together));
        Ok(Box::new(SourceTask {
            reader,
            splits: named,
            chain,
            buffer: crate::connector::ReadBuffer::new(cx.batch_size, options.locates),
            info,
            ledger,
            idle_timeout: options.idle_timeout,
            watermark: crate::time::MIN,
            epoch: options.epoch,
            commits,
        }))
    }
}

/// Makes the tasks of a sink.
#[async_trait]
pub(crate) trait SinkBody: Send {
    fn delivery(&self) -> crate::connector::Delivery;
    /// `merger` is a `Merger<Item>`.
    async fn open(
        &mut self,
        merger: Erased,
        cx: SinkContext,
        info: Arc<StageInfo>,
        ledger: Arc<Ledger>,
        epoch: u64,
    ) -> Result<Box<dyn Task>>;
}

pub(crate) struct SinkOf<S>(pub(crate) S);

#[async_trait]
impl<S: Sink> SinkBody for SinkOf<S> {
    fn delivery(&self) -> crate::connector::Delivery {
        self.0.delivery()
    }

    async fn open(
        &mut self,
        merger: Erased,
        cx: SinkContext,
        info: Arc<StageInfo>,
        ledger: Arc<Ledger>,
        epoch: u64,
    ) -> Result<Box<dyn Task>> {
        let writer = self.0.open(&cx).await.map_err(|error| error.at(&info.reference))?;
        Ok(Box::new(SinkTask { merger: merger.take(), writer, info, ledger, epoch }))
    }
}
