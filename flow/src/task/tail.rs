//! The end of a chain: puts what comes out of it on the edges to the next tasks.

use super::edge::Sender;
use crate::element::{Batch, Combine, Element};
use crate::error::{Error, Result, StageRef};
use crate::operator::{Push, TaskContext};
use crate::state::{KEY_GROUPS, task_of};
use crate::time::{self, Timestamp};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

/// Computes the key group of each record, or of those at some places.
pub(crate) type GroupsOf<T> = Arc<dyn Fn(&[T], Option<&[u32]>, &mut Vec<u16>) + Send + Sync>;

/// Which of the next tasks a record goes to.
pub(crate) enum Exchange<T> {
    /// There is one.
    Forward,
    /// Batches go to each in turn.
    Rebalance,
    /// Records go to the task that holds their key group.
    Hash(GroupsOf<T>),
}

impl<T> Clone for Exchange<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Forward => Self::Forward,
            Self::Rebalance => Self::Rebalance,
            Self::Hash(groups) => Self::Hash(Arc::clone(groups)),
        }
    }
}

/// A batch that is not full waits for more this many pushes, so that a task that is sent little still hears of time.
const PATIENCE: u32 = 16;

/// The way to one of the next tasks.
struct Target<T: 'static> {
    sender: Sender<T>,
    /// Records on their way into a full batch.
    gathered: Option<Batch<T>>,
    /// A watermark that nothing that was sent has told yet.
    watermark: i64,
    told: i64,
    age: u32,
    ready: VecDeque<Element<T>>,
}

impl<T: Send + 'static> Target<T> {
    fn gather(&mut self, batch: Batch<T>, batch_size: usize) {
        let rest = match &mut self.gathered {
            Some(gathered) if gathered.len() + batch.len() <= batch_size => gathered.append(batch),
            _ => Some(batch),
        };
        if let Some(batch) = rest {
            self.seal();
            self.gathered = Some(batch);
        }
        self.grow_old(batch_size);
    }

    fn grow_old(&mut self, batch_size: usize) {
        self.age += 1;
        let full = self.gathered.as_ref().is_some_and(|gathered| gathered.len() * 2 > batch_size);
        if full || self.age >= PATIENCE {
            self.seal();
        }
    }

    /// Makes what was gathered ready to be sent.
    fn seal(&mut self) {
        self.age = 0;
        if let Some(mut batch) = self.gathered.take().filter(|batch| !batch.is_empty()) {
            batch.set_after(batch.after().max(self.watermark));
            self.told = self.told.max(batch.after());
            self.ready.push_back(Element::Batch(batch));
        }
        if self.watermark > self.told {
            self.told = self.watermark;
            self.ready.push_back(Element::Watermark(self.watermark));
        }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        while !self.ready.is_empty() {
            std::task::ready!(self.sender.poll_send(cx, &mut self.ready))?;
        }
        Poll::Ready(Ok(()))
    }
}

/// Sends to the next tasks.
pub(crate) struct Tail<T: 'static> {
    targets: Vec<Target<T>>,
    exchange: Exchange<T>,
    /// For a hash exchange: gathers records before it.
    combine: Option<Box<dyn Combine<T>>>,
    batch_size: usize,
    /// The stage behind the edges, whose closures are called here.
    to: StageRef,
    /// For a rebalance: whose turn it is.
    turn: usize,
    /// For a hash exchange: the groups of a batch's records, then their tasks; and the task of each group.
    groups: Vec<u16>,
    tasks: Vec<u16>,
}

impl<T: Send + 'static> Tail<T> {
    pub(crate) fn new(
        senders: Vec<Sender<T>>,
        (exchange, combine): (Exchange<T>, Option<Box<dyn Combine<T>>>),
        batch_size: usize,
        to: StageRef,
    ) -> Self {
        let tasks = (0..KEY_GROUPS).map(|group| task_of(group, senders.len()) as u16).collect();
        let target = |sender| Target {
            sender,
            gathered: None,
            watermark: time::MIN,
            told: time::MIN,
            age: 0,
            ready: VecDeque::new(),
        };
        Self {
            targets: senders.into_iter().map(target).collect(),
            exchange,
            combine,
            batch_size,
            to,
            turn: 0,
            groups: Vec::new(),
            tasks,
        }
    }

    /// Gathers what can be gathered of a batch, and spreads the rest.
    fn exchange(&mut self, mut batch: Batch<T>) {
        if let Some(combine) = &mut self.combine {
            batch = combine.take(batch);
        }
        let after = batch.after();
        if batch.is_empty() {
            self.advance(after);
        } else {
            self.give(after);
            self.spread(batch);
        }
    }

    /// Sends what was gathered of windows that end by then; no target hears of a later watermark before that.
    fn give(&mut self, watermark: i64) {
        let Self { targets, combine: Some(combine), tasks, .. } = self else { return };
        if combine.is_due(watermark) {
            combine.give(watermark, tasks, &mut |task, gathered| {
                let target = &mut targets[task];
                target.seal();
                target.ready.push_back(Element::Batch(Batch::carrying(gathered, target.told)));
            });
        }
    }

    fn advance(&mut self, watermark: i64) {
        self.give(watermark);
        for target in &mut self.targets {
            target.watermark = target.watermark.max(watermark);
            target.grow_old(self.batch_size);
        }
    }

    /// Spreads the batch over the targets in one pass; every target hears of its watermark.
    fn spread(&mut self, batch: Batch<T>) {
        let Exchange::Hash(groups_of) = &self.exchange else { return };
        self.groups.clear();
        self.groups.reserve(batch.len());
        groups_of(batch.items(), batch.kept(), &mut self.groups);
        for group in &mut self.groups {
            *group = self.tasks[usize::from(*group)];
        }
        let (alike, after) = (batch.alike(), batch.after());
        let gathered = self.targets.iter_mut().map(|target| {
            if target.gathered.as_ref().is_some_and(|gathered| !gathered.is_empty() && gathered.alike() != alike) {
                target.seal();
            }
            target.watermark = target.watermark.max(after);
            let gathered = target.gathered.get_or_insert_with(|| batch.empty_like());
            gathered.set_split(batch.split());
            gathered.set_after(after);
            gathered
        });
        let mut gathered: Vec<&mut Batch<T>> = gathered.collect();
        batch.scatter(&self.groups, &mut gathered);
        for target in &mut self.targets {
            target.grow_old(self.batch_size);
        }
    }
}

impl<T: Send + 'static> Push<T> for Tail<T> {
    fn push(&mut self, element: Element<T>, _: &mut TaskContext) -> Result<()> {
        match element {
            Element::Batch(batch) => match &self.exchange {
                Exchange::Hash(_) if self.targets.len() > 1 => {
                    // Nothing that a panic leaves half-done is looked at again: the job ends.
                    let exchanged = catch_unwind(AssertUnwindSafe(|| self.exchange(batch)));
                    exchanged.map_err(|payload| Error::from_panic(&*payload).at(&self.to))?;
                }
                _ => {
                    let (turn, after) = (self.turn, batch.after());
                    self.turn = (turn + 1) % self.targets.len();
                    for (at, target) in self.targets.iter_mut().enumerate() {
                        if at != turn {
                            target.watermark = target.watermark.max(after);
                            target.grow_old(self.batch_size);
                        }
                    }
                    self.targets[turn].gather(batch, self.batch_size);
                }
            },
            Element::Watermark(watermark) => self.advance(watermark),
            control => {
                // What a barrier finds gathered belongs to the epoch before it.
                self.give(time::MAX);
                if matches!(control, Element::Idle) {
                    // The others do not wait for this task now: its next records may be late, and are judged one by one.
                    self.combine = None;
                }
                for target in &mut self.targets {
                    target.seal();
                    target.ready.push_back(control.copy(Batch::empty_like));
                }
            }
        }
        Ok(())
    }

    fn takes_sparse(&self) -> bool {
        matches!(self.exchange, Exchange::Hash(_)) && self.targets.len() > 1
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>, all: bool) -> Poll<Result<()>> {
        let mut ready = true;
        for target in &mut self.targets {
            if all {
                target.seal();
            }
            ready &= target.poll_send(cx)?.is_ready();
        }
        if ready { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn next_timer(&self) -> Option<Timestamp> {
        None
    }

    fn on_timer(&mut self, _: Timestamp, _: &mut TaskContext) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::edge::{EdgeStats, Receiver, edge};
    use super::*;
    use crate::element::{Barrier, Gathered};
    use crate::error::{Origin, StageRef};
    use crate::operator::ErrorPolicy;
    use crate::time::Clock;
    use std::task::Waker;

    /// Takes every record, and gives their number to the first task.
    #[derive(Default)]
    struct All(usize);

    impl Combine<i64> for All {
        fn take(&mut self, mut batch: Batch<i64>) -> Batch<i64> {
            self.0 += batch.len();
            batch.retain(|_| false);
            batch
        }
        fn is_due(&self, watermark: i64) -> bool {
            self.0 > 0 && watermark >= 100
        }
        fn give(&mut self, _: i64, _: &[u16], each: &mut dyn FnMut(usize, Gathered)) {
            let records = std::mem::take(&mut self.0);
            each(0, Gathered::new((), records, 1));
        }
    }

    /// What came over an edge.
    fn received(receiver: &mut Receiver<i64>) -> Vec<String> {
        let cx = &mut Context::from_waker(Waker::noop());
        let elements = std::iter::from_fn(|| match receiver.poll_receive(cx) {
            Poll::Ready(element) => element,
            Poll::Pending => None,
        });
        let said = elements.map(|element| match element {
            Element::Batch(batch) => format!("{} of {} upto {}", batch.len(), batch.stands_for(), batch.after()),
            other => format!("{other:?}"),
        });
        said.collect()
    }

    #[test]
    fn what_was_gathered_goes_before_what_would_make_it_late() {
        let (senders, mut receivers): (Vec<_>, Vec<_>) = (0..2).map(|_| edge(Arc::new(EdgeStats::new(100)))).unzip();
        let groups: GroupsOf<i64> = Arc::new(|records, places, groups| {
            assert!(places.is_none(), "nothing was left out of these batches");
            groups.extend(records.iter().map(|_| 0));
        });
        let to = StageRef { name: "sums".into(), origin: Origin::here() };
        let combine: Box<dyn Combine<i64>> = Box::new(All::default());
        let mut tail = Tail::new(senders, (Exchange::Hash(groups), Some(combine)), 1024, to);
        let mut task = TaskContext::new(Clock::start(), ErrorPolicy::Fail);
        let mut check = |element: Element<i64>, expected: &[&str]| {
            tail.push(element, &mut task).unwrap();
            let cx = &mut Context::from_waker(Waker::noop());
            assert!(matches!(tail.poll_flush(cx, true), Poll::Ready(Ok(()))));
            assert_eq!(received(&mut receivers[0]), expected);
            received(&mut receivers[1]);
        };
        let batch = |after: i64| {
            let mut batch = Batch::new();
            batch.push_timed(7, 7, after);
            batch.set_after(after);
            Element::Batch(batch)
        };
        check(batch(5), &["Watermark(5)"]);
        check(batch(6), &["Watermark(6)"]);
        check(batch(100), &["0 of 3 upto 6", "Watermark(100)"]);
        check(batch(101), &["0 of 1 upto 100", "Watermark(101)"]);
        check(Element::Barrier(Barrier { epoch: 1 }), &["Barrier(Barrier { epoch: 1 })"]);
        check(Element::Idle, &["Idle"]);
        // Behind idleness time may have gone on without this task: records are judged one by one.
        check(batch(102), &["1 of 1 upto 102"]);
    }
}
