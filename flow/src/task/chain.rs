//! A chain of operators in its task: with the clock, and the way to the dead letters.

use super::control::{Control, SplitNames};
use crate::connector::DeadLetter;
use crate::element::{Batch, Element};
use crate::error::Result;
use crate::operator::{Push, TaskContext, poll_all};
use crate::time::Timestamp;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::time::Sleep;

/// What a task pushes its elements through.
pub(crate) struct Chain<T: 'static> {
    push: Box<dyn Push<T>>,
    dead: Option<Box<dyn Push<DeadLetter>>>,
    pub(crate) cx: TaskContext,
    splits: SplitNames,
    sleep: Option<(Timestamp, Pin<Box<Sleep>>)>,
}

impl<T: Send + 'static> Chain<T> {
    pub(crate) fn new(
        push: Box<dyn Push<T>>,
        dead: Option<Box<dyn Push<DeadLetter>>>,
        cx: TaskContext,
        splits: SplitNames,
    ) -> Self {
        Self { push, dead, cx, splits, sleep: None }
    }

    /// The number of a partition of a source.
    pub(crate) fn number(&self, source: &str, split: &Arc<str>) -> u32 {
        self.splits.add(source, split)
    }

    /// Pushes an element through, and what could not be worked on to the dead letters.
    pub(crate) fn push(&mut self, element: Element<T>) -> Result<()> {
        let control = matches!(element, Element::Barrier(_) | Element::End).then(|| element.copy(Batch::empty_like));
        self.push.push(element, &mut self.cx)?;
        self.bury()?;
        match (control.map(Element::control), &mut self.dead) {
            (Some(Ok(control)), Some(dead)) => dead.push(control, &mut self.cx),
            _ => Ok(()),
        }
    }

    /// Pushes a barrier through and tells the job what the operators wrote.
    pub(crate) async fn pass_barrier(&mut self, element: Element<T>, epoch: u64, control: &Control) -> Result<()> {
        self.push(element)?;
        let part = std::mem::take(&mut self.cx.snapshot);
        control.passed(epoch, part).await;
        Ok(())
    }

    /// Sends the dead letters on their way.
    pub(crate) fn bury(&mut self) -> Result<()> {
        if self.cx.rejected.is_empty() {
            return Ok(());
        }
        let mut letters = Batch::new();
        for record in std::mem::take(&mut self.cx.rejected) {
            letters.push(DeadLetter {
                original: record.original.into(),
                reason: record.reason,
                stage: record.stage.name.to_string(),
                partition: self.splits.get(record.split).map(|name| name.to_string()),
                offset: record.offset,
                time: record.time,
                attempts: record.attempts,
                attributes: record.attributes.into_iter().map(|(name, value)| (name, value.into())).collect(),
            });
        }
        match &mut self.dead {
            Some(dead) => dead.push(Element::Batch(letters), &mut self.cx),
            None => Ok(()),
        }
    }

    /// Makes room behind the chain; with `all`, batches that are not full are sent too.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>, all: bool) -> Poll<Result<()>> {
        let push = self.push.poll_flush(cx, all);
        poll_all(std::iter::once(push).chain(self.dead.as_mut().map(|dead| dead.poll_flush(cx, all))))
    }

    /// Ready when a timer of some operator is due, with the time now.
    pub(crate) fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<Timestamp> {
        let Some(at) = self.push.next_timer() else {
            self.sleep = None;
            return Poll::Pending;
        };
        if self.sleep.as_ref().is_none_or(|(armed, _)| *armed != at) {
            self.sleep = Some((at, Box::pin(tokio::time::sleep_until(self.cx.clock.instant_of(at)))));
        }
        let due = self.sleep.as_mut().is_some_and(|(_, sleep)| sleep.as_mut().poll(cx).is_ready());
        if !due {
            return Poll::Pending;
        }
        self.sleep = None;
        Poll::Ready(self.cx.clock.now().max(at))
    }

    /// Tells the operators that the clock has moved.
    pub(crate) fn on_timer(&mut self, now: Timestamp) -> Result<()> {
        self.push.on_timer(now, &mut self.cx)?;
        self.bury()
    }
}
