//! What a task and the job around it say to each other.

use crate::error::Result;
use crate::state::Snapshot;
use futures::future::BoxFuture;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Something that runs until its inputs have ended.
pub(crate) trait Task: Send {
    /// The names of its stages, for people.
    fn name(&self) -> String;

    /// Runs it. A task ends with an error only if it has one of its own; when it is cancelled it returns as it likes.
    fn run(self: Box<Self>, control: Control) -> BoxFuture<'static, Result<()>>;
}

/// What the sources are asked to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) mode: Mode,
    /// The last epoch that is to be ended by a barrier.
    pub(crate) epoch: u64,
    /// The last epoch that is out of all sinks.
    pub(crate) out: u64,
}

/// How far the sources are to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// To their ends.
    #[default]
    Run,
    /// No further; what is in flight comes out, open windows do not.
    Stop,
    /// No further; what is in flight comes out, and all windows fire.
    Drain,
}

/// What becomes of what the sinks have prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Open,
    Commit,
    /// All sinks have committed.
    Committed,
}

/// What a task tells the job.
pub(crate) enum TaskEvent {
    /// The barrier of this epoch has passed; this is what the task's operators wrote.
    Passed { task: usize, epoch: u64, part: Snapshot },
    /// A sink has everything ready to be committed.
    Prepared { task: usize },
    /// A source has nothing more, and waits until everything is out.
    Finished { task: usize },
    /// A source wants what it has read so far to be committed soon.
    CommitSoon,
}

/// A task's line to the job.
#[derive(Clone)]
pub(crate) struct Control {
    /// The task's number in its job.
    pub(crate) task: usize,
    pub(crate) command: watch::Receiver<Command>,
    pub(crate) cancel: CancellationToken,
    pub(crate) events: mpsc::Sender<TaskEvent>,
    pub(crate) decision: watch::Receiver<Decision>,
}

impl Control {
    /// Tells the job that a barrier has passed, and what the task's operators wrote.
    pub(crate) async fn passed(&self, epoch: u64, part: Snapshot) {
        self.tell(TaskEvent::Passed { task: self.task, epoch, part }).await;
    }

    /// Tells the job; a job that is gone needs to be told nothing.
    pub(crate) async fn tell(&self, event: TaskEvent) {
        if self.events.send(event).await.is_err() {
            self.cancel.cancel();
        }
    }
}

/// The source partitions of a job by the number that batches carry: each its source's id and its own name.
///
/// Snapshots keep the list, so that a partition has the same number in a job that is rebuilt.
#[derive(Clone, Debug, Default)]
pub(crate) struct SplitNames(Arc<RwLock<Vec<SplitName>>>);

/// A source's id, and a partition's own name.
type SplitName = (String, Arc<str>);

impl SplitNames {
    /// The number of a partition.
    pub(crate) fn add(&self, source: &str, name: &Arc<str>) -> u32 {
        let mut names = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let known = names.iter().position(|(of, known)| of == source && known == name);
        let at = known.unwrap_or_else(|| {
            names.push((source.to_owned(), Arc::clone(name)));
            names.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// Gives partitions the numbers that they had.
    pub(crate) fn add_all(&self, splits: &[(String, String)]) {
        for (source, name) in splits {
            self.add(source, &name.as_str().into());
        }
    }

    /// All of them, in the order of their numbers.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        names.iter().map(|(source, name)| (source.clone(), name.to_string())).collect()
    }

    /// The name of a partition.
    pub(crate) fn get(&self, split: u32) -> Option<Arc<str>> {
        let names = self.0.read().unwrap_or_else(PoisonError::into_inner);
        names.get(usize::try_from(split).ok()?).map(|(_, name)| Arc::clone(name))
    }
}
