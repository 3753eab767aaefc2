//! A task that reads edges and pushes what they bring through a chain.

use super::chain::Chain;
use super::control::{Control, Task};
use super::merge::Merger;
use crate::element::Element;
use crate::error::Result;
use crate::time::Timestamp;
use futures::future::BoxFuture;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};

/// Reads edges and pushes what they bring through a chain.
pub(crate) struct InputTask<T: 'static> {
    name: String,
    merger: Merger<T>,
    chain: Chain<T>,
}

enum Step<T: 'static> {
    Element(Element<T>),
    Timer(Timestamp),
}

impl<T: Send + 'static> InputTask<T> {
    pub(crate) fn new(name: String, merger: Merger<T>, chain: Chain<T>) -> Self {
        Self { name, merger, chain }
    }

    /// What comes next. Nothing is taken before there is room for what the last element made; while nothing comes, batches
    /// that are not full are sent.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Result<Step<T>>> {
        ready!(self.chain.poll_flush(cx, false))?;
        if let Poll::Ready(now) = self.chain.poll_timer(cx) {
            return Poll::Ready(Ok(Step::Timer(now)));
        }
        match self.merger.poll_next(cx) {
            Poll::Ready(element) => Poll::Ready(element.map(Step::Element)),
            Poll::Pending if self.merger.waits_its_turn() => Poll::Pending,
            Poll::Pending => match self.chain.poll_flush(cx, true) {
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                _ => Poll::Pending,
            },
        }
    }

    async fn work(mut self, control: Control) -> Result<()> {
        loop {
            match poll_fn(|cx| self.poll_step(cx)).await? {
                Step::Timer(now) => self.chain.on_timer(now)?,
                Step::Element(element @ Element::Barrier(barrier)) => {
                    self.chain.pass_barrier(element, barrier.epoch, &control).await?;
                }
                Step::Element(Element::End) => {
                    self.chain.push(Element::End)?;
                    return poll_fn(|cx| self.chain.poll_flush(cx, true)).await;
                }
                Step::Element(element) => self.chain.push(element)?,
            }
            // Edges know nothing of tokio's budget: a task that always finds work would never let others run.
            tokio::task::coop::consume_budget().await;
        }
    }
}

impl<T: Send + 'static> Task for InputTask<T> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn run(self: Box<Self>, control: Control) -> BoxFuture<'static, Result<()>> {
        Box::pin(self.work(control))
    }
}
