//! Watches over the tasks of a job: the first failure ends all, sinks commit together, snapshots are put together.

use super::commits::{CommitClock, Passed};
use super::job::{Job, Shared};
use super::metrics::Meters;
use super::report::Report;
use crate::connector::Delivery;
use crate::error::{Error, ErrorKind, Result};
use crate::state::Snapshot;
use crate::task::{Command, Control, Decision, Mode, SplitNames, Task, TaskEvent};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The tasks of a job that is not started yet.
#[derive(Default)]
pub(super) struct TaskSet {
    tasks: Vec<(Box<dyn Task>, bool)>,
}

impl TaskSet {
    pub(super) fn add(&mut self, task: Box<dyn Task>, is_sink: bool) {
        self.tasks.push((task, is_sink));
    }

    /// Lets the sinks among them take back what they have begun.
    pub(super) async fn abandon(self) {
        let cancel = CancellationToken::new();
        cancel.cancel();
        let (_command, command) = watch::channel(Command::default());
        let (_decision, decision) = watch::channel(Decision::Open);
        let (events, _events) = mpsc::channel(1);
        for (task, _) in self.tasks.into_iter().filter(|(_, is_sink)| *is_sink) {
            let control = Control {
                task: 0,
                command: command.clone(),
                cancel: cancel.clone(),
                events: events.clone(),
                decision: decision.clone(),
            };
            // It ends with the cancellation that it was told of.
            let _cancelled = task.run(control).await;
        }
    }
}

/// Someone who wants a snapshot.
pub(super) type SnapshotRequest = oneshot::Sender<Result<Snapshot>>;

/// A snapshot that is being put together.
struct Pending {
    epoch: u64,
    request: SnapshotRequest,
    snapshot: Snapshot,
    passed: HashSet<usize>,
}

/// Watches over the tasks of a job.
pub(super) struct Supervisor {
    name: String,
    tasks: JoinSet<(usize, Result<()>)>,
    count: usize,
    ended: usize,
    /// How far everything is out of the sinks; a sink that has prepared its last epoch is past all.
    passed: Passed,
    /// Sinks that have committed.
    committed: usize,
    clock: CommitClock,
    meters: Arc<Meters>,
    delivery: Delivery,
    cancel: CancellationToken,
    command: Arc<watch::Sender<Command>>,
    decision: watch::Sender<Decision>,
    events: mpsc::Receiver<TaskEvent>,
    requests: mpsc::Receiver<SnapshotRequest>,
    pending: Option<Pending>,
    epoch: u64,
    splits: SplitNames,
    ambiguous: Option<Error>,
    failure: Option<Error>,
    started: Instant,
}

impl Supervisor {
    /// Starts the tasks, and the one that watches over them.
    pub(super) fn start(
        name: String,
        tasks: TaskSet,
        meters: Meters,
        (delivery, commits): (Delivery, bool),
        (epoch, splits): (u64, SplitNames),
        ambiguous: Option<Error>,
    ) -> Job {
        let cancel = CancellationToken::new();
        let (command, commands) = watch::channel(Command { mode: Mode::Run, epoch, out: epoch });
        let (decision, decisions) = watch::channel(Decision::Open);
        let (event, events) = mpsc::channel(64);
        let (request, requests) = mpsc::channel(1);
        let count = tasks.tasks.len();
        let sinks = tasks.tasks.iter().enumerate().filter(|(_, (_, is_sink))| *is_sink).map(|(at, _)| at);
        let passed = Passed::new(sinks, epoch);
        let mut running = JoinSet::new();
        for (at, (task, is_sink)) in tasks.tasks.into_iter().enumerate() {
            let control = Control {
                task: at,
                command: commands.clone(),
                cancel: cancel.clone(),
                events: event.clone(),
                decision: decisions.clone(),
            };
            running.spawn(run(at, task, is_sink, control));
        }
        let (command, meters) = (Arc::new(command), Arc::new(meters));
        let supervisor = Self {
            name,
            tasks: running,
            count,
            ended: 0,
            passed,
            committed: 0,
            clock: CommitClock::new(commits),
            meters: Arc::clone(&meters),
            delivery,
            cancel: cancel.clone(),
            command: Arc::clone(&command),
            decision,
            events,
            requests,
            pending: None,
            epoch,
            splits,
            ambiguous,
            failure: None,
            started: Instant::now(),
        };
        let done = tokio::spawn(supervisor.watch());
        Job::new(Shared { meters, command, cancel, requests: request }, done)
    }

    async fn watch(mut self) -> Result<Report> {
        loop {
            tokio::select! {
                biased;
                Some(event) = self.events.recv() => self.on_event(event),
                joined = self.tasks.join_next() => match joined {
                    Some(joined) => self.on_end(joined),
                    None => break,
                },
                Some(request) = self.requests.recv(), if self.pending.is_none() => self.on_request(request),
                () = self.clock.due(), if self.passed.all() == self.epoch => {
                    self.begin_epoch();
                }
            }
        }
        self.refuse_pending();
        match self.failure {
            Some(error) => Err(error),
            None => Ok(Report {
                pipeline: self.name,
                elapsed: self.started.elapsed(),
                metrics: self.meters.read(),
                delivery: self.delivery,
            }),
        }
    }

    fn on_event(&mut self, event: TaskEvent) {
        match event {
            TaskEvent::Prepared { task } => {
                self.note(task, u64::MAX);
                if self.passed.all() == u64::MAX && self.failure.is_none() && !self.cancel.is_cancelled() {
                    self.decision.send_replace(Decision::Commit);
                }
            }
            TaskEvent::Finished { task } => self.on_finished(task),
            TaskEvent::CommitSoon => self.clock.soon(),
            TaskEvent::Passed { task, epoch, part } => {
                self.note(task, epoch);
                let Some(pending) = self.pending.as_mut().filter(|pending| pending.epoch == epoch) else { return };
                pending.passed.insert(task);
                for (operator, state) in part.operators {
                    pending.snapshot.add(&operator, state);
                }
                if pending.passed.len() == self.count
                    && let Some(pending) = self.pending.take()
                {
                    // Whoever asked may have gone.
                    let _unwanted = pending.request.send(Ok(pending.snapshot));
                }
            }
        }
    }

    fn on_end(&mut self, joined: Result<(usize, Result<()>), tokio::task::JoinError>) {
        let (task, result) = match joined {
            Ok(ended) => ended,
            Err(error) if error.is_panic() => (usize::MAX, Err(Error::from_panic(&*error.into_panic()))),
            Err(error) => (usize::MAX, Err(Error::new(ErrorKind::Cancelled, error.to_string()))),
        };
        if let Err(error) = result {
            // One task's failure makes its neighbours fail too: the cause is the one that is no cancellation.
            let better = self.failure.as_ref().is_none_or(|first| first.kind() == ErrorKind::Cancelled);
            if better && (self.failure.is_none() || error.kind() != ErrorKind::Cancelled) {
                self.failure = Some(error);
            }
            self.cancel.cancel();
        }
        if self.passed.is_sink(task) && self.failure.is_none() {
            self.committed += 1;
            if self.committed == self.passed.sinks() {
                self.decision.send_replace(Decision::Committed);
            }
        }
        self.on_finished(task);
    }

    /// A task that passes no more barriers: a snapshot that waits for it comes to nothing.
    fn on_finished(&mut self, task: usize) {
        self.ended += 1;
        if self.pending.as_ref().is_some_and(|pending| !pending.passed.contains(&task)) {
            self.refuse_pending();
        }
    }

    /// Tells the sources how far everything is out.
    fn note(&mut self, task: usize, epoch: u64) {
        // A command wakes every source, so it is given only where one listens.
        if self.passed.note(task, epoch) && self.clock.runs() {
            let out = self.passed.all();
            self.command.send_modify(|command| command.out = out);
        }
    }

    fn begin_epoch(&mut self) -> u64 {
        self.epoch += 1;
        let epoch = self.epoch;
        self.command.send_modify(|command| command.epoch = epoch);
        epoch
    }

    fn on_request(&mut self, request: SnapshotRequest) {
        let refusal = match &self.ambiguous {
            Some(error) => Some(error.clone()),
            None => (self.ended > 0).then(ended),
        };
        if let Some(refusal) = refusal {
            // Whoever asked may have gone.
            let _unwanted = request.send(Err(refusal));
            return;
        }
        let splits = self.splits.all();
        let epoch = self.begin_epoch();
        let snapshot = Snapshot { epoch, splits, ..Snapshot::default() };
        self.pending = Some(Pending { epoch, request, snapshot, passed: HashSet::new() });
    }

    fn refuse_pending(&mut self) {
        if let Some(pending) = self.pending.take() {
            // Whoever asked may have gone.
            let _unwanted = pending.request.send(Err(ended()));
        }
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Snapshot, "the job is ending: a part of it has ended already")
}

/// Runs a task until it ends or the job is cancelled. A sink is told of that itself, for it has to take things back.
async fn run(at: usize, task: Box<dyn Task>, is_sink: bool, control: Control) -> (usize, Result<()>) {
    let cancel = control.cancel.clone();
    tracing::debug!(task = at, stages = task.name(), "task starts");
    let work = task.run(control);
    let result = if is_sink {
        work.await
    } else {
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Error::new(ErrorKind::Cancelled, "the job was cancelled")),
            result = work => result,
        }
    };
    (at, result)
}
