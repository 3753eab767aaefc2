//! The one interface between neighbours in a task.

use super::context::TaskContext;
use crate::element::Element;
use crate::error::Result;
use crate::time::Timestamp;
use std::task::{Context, Poll};

/// Takes elements: an operator with everything behind it, or the end of a task, where they go on an edge.
///
/// Pushing never waits. What the ends of a task gather is bounded by what one element makes, for the task calls
/// [`poll_flush`](Self::poll_flush) before it takes the next.
pub(crate) trait Push<T: 'static>: Send {
    /// Takes an element.
    fn push(&mut self, element: Element<T>, cx: &mut TaskContext) -> Result<()>;

    /// Whether it takes sparse batches.
    fn takes_sparse(&self) -> bool {
        false
    }

    /// Makes room in the edges behind: full batches are sent, and with `all` also those that are not full.
    fn poll_flush(&mut self, cx: &mut Context<'_>, all: bool) -> Poll<Result<()>>;

    /// The earliest moment in processing time that something behind waits for.
    fn next_timer(&self) -> Option<Timestamp>;

    /// Tells everything behind that the clock has moved.
    fn on_timer(&mut self, now: Timestamp, cx: &mut TaskContext) -> Result<()>;
}

/// Hands every element to several takers.
pub(crate) struct Tee<T: 'static>(pub(crate) Vec<Box<dyn Push<T>>>);

impl<T: Clone + Send + 'static> Push<T> for Tee<T> {
    fn push(&mut self, element: Element<T>, cx: &mut TaskContext) -> Result<()> {
        let Some((last, others)) = self.0.split_last_mut() else { return Ok(()) };
        for taker in others {
            taker.push(element.copy(Clone::clone), cx)?;
        }
        last.push(element, cx)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>, all: bool) -> Poll<Result<()>> {
        poll_all(self.0.iter_mut().map(|taker| taker.poll_flush(cx, all)))
    }

    fn next_timer(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(|taker| taker.next_timer()).min()
    }

    fn on_timer(&mut self, now: Timestamp, cx: &mut TaskContext) -> Result<()> {
        self.0.iter_mut().try_for_each(|taker| taker.on_timer(now, cx))
    }
}

/// Ready when all are; the first error of any.
pub(crate) fn poll_all(polls: impl Iterator<Item = Poll<Result<()>>>) -> Poll<Result<()>> {
    let mut ready = true;
    for poll in polls {
        match poll {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => ready = false,
        }
    }
    if ready { Poll::Ready(Ok(())) } else { Poll::Pending }
}
