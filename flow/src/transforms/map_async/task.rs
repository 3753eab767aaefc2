//! The task: takes records, keeps requests going, hands on what comes of them.

use super::MapAsync;
use super::flight::{Beside, Flight};
use super::request::{Done, Failed, Request};
use crate::element::{Batch, Element, Item};
use crate::error::Result;
use crate::operator::{Ledger, Rejected, StageContext, StageInfo};
use crate::task::{Chain, Control, Merger, Task};
use crate::time::Timestamp;
use crate::transforms::try_map::as_json;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use serde::Serialize;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

type MakeRequest<T, U> = Box<dyn Fn(u64, T) -> Request<T, U> + Send>;

/// Makes requests for records, several at a time.
pub(super) struct AsyncTask<T: 'static, U: 'static> {
    name: String,
    merger: Merger<T>,
    chain: Chain<U>,
    stage: (Arc<StageInfo>, Arc<Ledger>),
    make: MakeRequest<T, U>,
    concurrency: usize,
    flight: Flight<U>,
    requests: FuturesUnordered<Request<T, U>>,
    /// The records of a batch for which no request was made yet.
    waiting: Option<Waiting<T>>,
    /// Control that waits until nothing is in flight; while it does, nothing more is taken.
    held: Option<Element<T>>,
}

/// A batch that is being taken in.
struct Waiting<T> {
    items: std::vec::IntoIter<Item<T>>,
    split: u32,
    timed: bool,
    after: i64,
}

enum Step<T: 'static, U: 'static> {
    /// Results to hand on.
    Push(Element<U>),
    /// Control that nothing in flight stands before any more.
    Control(Element<T>),
    Timer(Timestamp),
}

impl<T, U> AsyncTask<T, U>
where
    T: Clone + Serialize + Send + 'static,
    U: Send + 'static,
{
    pub(super) fn new(
        name: String,
        merger: Merger<T>,
        chain: Chain<U>,
        stage: (Arc<StageInfo>, Arc<Ledger>),
        make: MakeRequest<T, U>,
        how: MapAsync,
        batch_size: usize,
    ) -> Self {
        Self {
            name,
            merger,
            chain,
            stage,
            make,
            concurrency: how.concurrency,
            flight: Flight::new(how.ordered, batch_size),
            requests: FuturesUnordered::new(),
            waiting: None,
            held: None,
        }
    }

    /// What is to be done next. Nothing is made before there is room behind for what was made.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Result<Step<T, U>>> {
        ready!(self.chain.poll_flush(cx, false))?;
        if let Poll::Ready(now) = self.chain.poll_timer(cx) {
            return Poll::Ready(Ok(Step::Timer(now)));
        }
        loop {
            self.begin();
            let finished = match self.requests.poll_next_unpin(cx) {
                Poll::Ready(Some(done)) => {
                    self.finish(done)?;
                    true
                }
                _ => false,
            };
            if let Some(element) = self.flight.take(false) {
                return Poll::Ready(Ok(Step::Push(element)));
            }
            if !finished && !self.poll_input(cx)? {
                break;
            }
        }
        // Nothing more is ready: what is there is not to wait for more.
        if let Some(element) = self.flight.take(true) {
            return Poll::Ready(Ok(Step::Push(element)));
        }
        if self.is_empty()
            && let Some(control) = self.held.take()
        {
            return Poll::Ready(Ok(Step::Control(control)));
        }
        match self.chain.poll_flush(cx, true) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Pending,
        }
    }

    fn is_empty(&self) -> bool {
        self.flight.len() == 0 && self.waiting.is_none()
    }

    /// Makes requests for waiting records, as many as there may be.
    fn begin(&mut self) {
        while self.flight.len() < self.concurrency
            && let Some(waiting) = &mut self.waiting
        {
            let Some(Item { value, time, mark, offset }) = waiting.items.next() else {
                self.flight.passed(waiting.after);
                self.waiting = None;
                return;
            };
            let beside = Beside { time, mark, offset, split: waiting.split, timed: waiting.timed };
            let number = self.flight.begin(beside);
            self.requests.push((self.make)(number, value));
        }
    }

    /// Takes what a request came to.
    fn finish(&mut self, (number, result): Done<T, U>) -> Result<()> {
        let (info, ledger) = &self.stage;
        match result {
            Ok(result) => {
                ledger.passed(1);
                self.flight.done(number, Some(result));
                Ok(())
            }
            Err(Failed::Panicked(error)) => Err(error.at(&info.reference)),
            Err(Failed::GivenUp { record, kind, reason, attempts }) => {
                let beside = self.flight.beside(number);
                let (split, offset) = beside.map_or((u32::MAX, None), |beside| (beside.split, beside.offset));
                let mut cx = StageContext { stage: info, ledger, task: &mut self.chain.cx };
                let rejected = Rejected { kind, reason, attempts, split, offset, original: || as_json(&record) };
                cx.reject(rejected).map_err(|error| error.at(&info.reference))?;
                self.flight.done(number, None);
                self.chain.bury()
            }
        }
    }

    /// Takes the next element, if nothing else is to be done before it. False if there is none.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Result<bool> {
        if self.waiting.is_some() || self.held.is_some() {
            return Ok(false);
        }
        let Poll::Ready(element) = self.merger.poll_next(cx) else { return Ok(false) };
        match element? {
            Element::Batch(batch) => self.take(batch),
            Element::Watermark(watermark) => self.flight.passed(watermark),
            control => self.held = Some(control),
        }
        Ok(true)
    }

    fn take(&mut self, mut batch: Batch<T>) {
        self.stage.1.entered(batch.len());
        let (split, timed, after) = (batch.split(), batch.is_timed(), batch.after());
        let items = batch.drain().collect::<Vec<_>>().into_iter();
        self.waiting = Some(Waiting { items, split, timed, after });
    }

    async fn work(mut self, control: Control) -> Result<()> {
        loop {
            match poll_fn(|cx| self.poll_step(cx)).await? {
                Step::Timer(now) => self.chain.on_timer(now)?,
                Step::Push(element) => {
                    match &element {
                        Element::Batch(batch) => {
                            self.stage.1.emitted(batch.len());
                            self.stage.1.set_watermark(batch.after());
                        }
                        Element::Watermark(watermark) => self.stage.1.set_watermark(*watermark),
                        _ => {}
                    }
                    self.chain.push(element)?;
                }
                Step::Control(element) => {
                    let Ok(element) = element.control::<U>() else { continue };
                    match element {
                        Element::Barrier(barrier) => {
                            self.chain.pass_barrier(element, barrier.epoch, &control).await?;
                        }
                        Element::End => {
                            self.chain.push(element)?;
                            return poll_fn(|cx| self.chain.poll_flush(cx, true)).await;
                        }
                        element => self.chain.push(element)?,
                    }
                }
            }
            tokio::task::coop::consume_budget().await;
        }
    }
}

impl<T, U> Task for AsyncTask<T, U>
where
    T: Clone + Serialize + Send + 'static,
    U: Send + 'static,
{
    fn name(&self) -> String {
        self.name.clone()
    }

    fn run(self: Box<Self>, control: Control) -> BoxFuture<'static, Result<()>> {
        Box::pin(self.work(control))
    }
}
