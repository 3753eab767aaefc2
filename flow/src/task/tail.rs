//! The end of a chain: puts what comes out of it on the edges to the next tasks.

use super::edge::Sender;
use crate::element::{Batch, Element};
use crate::error::Result;
use crate::operator::{Push, TaskContext};
use crate::state::{KEY_GROUPS, task_of};
use crate::time::{self, Timestamp};
use std::collections::VecDeque;
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
    batch_size: usize,
    /// For a rebalance: whose turn it is.
    turn: usize,
    /// For a hash exchange: the groups of a batch's records, then their tasks; and the task of each group.
    groups: Vec<u16>,
    tasks: Vec<u16>,
}

impl<T: Send + 'static> Tail<T> {
    pub(crate) fn new(senders: Vec<Sender<T>>, exchange: Exchange<T>, batch_size: usize) -> Self {
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
            batch_size,
            turn: 0,
            groups: Vec::new(),
            tasks,
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
                Exchange::Hash(_) if self.targets.len() > 1 => self.spread(batch),
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
            Element::Watermark(watermark) => {
                for target in &mut self.targets {
                    target.watermark = target.watermark.max(watermark);
                    target.grow_old(self.batch_size);
                }
            }
            control => {
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
