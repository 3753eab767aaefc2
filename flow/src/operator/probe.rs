//! Drives one operator by hand, for the tests of this crate: elements in, what came out of each side, snapshots.

use super::context::{ErrorPolicy, RejectedRecord, TaskContext};
use super::contract::Operator;
use super::ledger::{Counts, Ledger};
use super::push::Push;
use super::stage::{Stage, StageInfo};
use crate::element::{Barrier, Batch, Element, Item};
use crate::error::{Origin, Result, StageRef};
use crate::state::{KEY_GROUPS, KeyGroups, OperatorState};
use crate::time::{Clock, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// Keeps what is pushed into it.
struct Collected<T: 'static>(Arc<Mutex<Vec<Element<T>>>>);

impl<T: Send + 'static> Push<T> for Collected<T> {
    fn push(&mut self, element: Element<T>, _: &mut TaskContext) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(element);
        Ok(())
    }

    fn poll_flush(&mut self, _: &mut Context<'_>, _: bool) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn next_timer(&self) -> Option<Timestamp> {
        None
    }

    fn on_timer(&mut self, _: Timestamp, _: &mut TaskContext) -> Result<()> {
        Ok(())
    }
}

type Shared<T> = Arc<Mutex<Vec<Element<T>>>>;

/// One operator in its [`Stage`], with outputs that keep what comes.
pub(crate) struct Probe<O: Operator> {
    stage: Stage<O>,
    main: Shared<O::Out>,
    sides: Vec<Shared<O::Side>>,
    task: TaskContext,
    ledger: Arc<Ledger>,
}

fn taken<T: 'static>(shared: &Shared<T>) -> Vec<Element<T>> {
    std::mem::take(&mut *shared.lock().unwrap_or_else(PoisonError::into_inner))
}

fn rows_of<T: 'static>(elements: Vec<Element<T>>) -> Vec<Item<T>> {
    let batches = elements.into_iter().filter_map(|element| element.control::<T>().err());
    batches.flat_map(|mut batch| batch.drain().collect::<Vec<_>>()).collect()
}

impl<O: Operator> Probe<O> {
    /// The operator, with this many takers of its side outputs.
    pub(crate) fn new(operator: O, sides: usize) -> Self {
        let (main, ledger) = (Shared::default(), Arc::default());
        let sides: Vec<Shared<O::Side>> = (0..sides).map(|_| Arc::default()).collect();
        let reference = StageRef { name: "probed".into(), origin: Origin::here() };
        let info = Arc::new(StageInfo { name: "probed".into(), id: "probed".into(), reference });
        let takers = sides.iter().map(|side| Box::new(Collected(Arc::clone(side))) as Box<dyn Push<_>>).collect();
        let taker = Box::new(Collected(Arc::clone(&main)));
        let stage = Stage::new(operator, taker, takers, info, Arc::clone(&ledger), 4);
        let task = TaskContext::new(Clock::starting_at(Timestamp::from_millis(0)), ErrorPolicy::Fail);
        Self { stage, main, sides, task, ledger }
    }

    /// The operator with the state of these key groups.
    pub(crate) fn restored(mut operator: O, sides: usize, state: &OperatorState, groups: KeyGroups) -> Result<Self> {
        operator.restore(&state.reader(groups))?;
        Ok(Self::new(operator, sides))
    }

    /// What becomes of records that are rejected.
    pub(crate) fn policy(mut self, policy: ErrorPolicy) -> Self {
        self.task.policy = policy;
        self
    }

    pub(crate) fn push(&mut self, element: Element<O::In>) -> Result<()> {
        self.stage.push(element, &mut self.task)
    }

    /// A batch of records, each with its event time and the watermark before it, and the watermark after the last.
    pub(crate) fn batch(&mut self, rows: impl IntoIterator<Item = (O::In, i64, i64)>, after: i64) -> Result<()> {
        let mut batch = Batch::new();
        rows.into_iter().for_each(|(value, time, mark)| batch.push_timed(value, time, mark));
        batch.set_after(after);
        self.push(Element::Batch(batch))
    }

    /// A batch of records without times.
    pub(crate) fn untimed(&mut self, items: impl IntoIterator<Item = O::In>) -> Result<()> {
        self.push(Element::Batch(Batch::untimed(items.into_iter().collect())))
    }

    pub(crate) fn watermark(&mut self, watermark: i64) -> Result<()> {
        self.push(Element::Watermark(watermark))
    }

    pub(crate) fn end(&mut self) -> Result<()> {
        self.push(Element::End)
    }

    /// Tells the operator that the clock shows this time.
    pub(crate) fn timer(&mut self, now: Timestamp) -> Result<()> {
        self.stage.on_timer(now, &mut self.task)
    }

    pub(crate) fn next_timer(&self) -> Option<Timestamp> {
        self.stage.next_timer()
    }

    /// Everything that came out since the last look.
    pub(crate) fn elements(&mut self) -> Vec<Element<O::Out>> {
        taken(&self.main)
    }

    /// The records that came out since the last look, each with its time and the watermark before it.
    pub(crate) fn rows(&mut self) -> Vec<Item<O::Out>> {
        rows_of(taken(&self.main))
    }

    /// Like [`rows`](Self::rows), of a side output.
    pub(crate) fn side(&mut self, side: usize) -> Vec<Item<O::Side>> {
        rows_of(taken(&self.sides[side]))
    }

    /// The records that were rejected since the last look.
    pub(crate) fn rejected(&mut self) -> Vec<RejectedRecord> {
        std::mem::take(&mut self.task.rejected)
    }

    pub(crate) fn counts(&self) -> Counts {
        self.ledger.counts()
    }

    /// What the operator writes at a barrier; its outputs see the barrier too.
    pub(crate) fn snapshot(&mut self) -> Result<OperatorState> {
        self.push(Element::Barrier(Barrier { epoch: 1 }))?;
        let mut snapshot = std::mem::take(&mut self.task.snapshot);
        Ok(snapshot.operators.remove("probed").unwrap_or_default())
    }
}

/// The key groups of a task that is alone.
pub(crate) const ALL_GROUPS: KeyGroups = 0..KEY_GROUPS;

/// How many cases a law is tried with: `FLOW_CASES`, by default 1,000.
pub(crate) fn cases() -> u32 {
    std::env::var("FLOW_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000)
}
