//! The task: takes records, keeps requests going, hands on what comes of them. `map_async` makes a request for each record, `enrich` for
//! as many as are there.

use super::MapAsync;
use super::flight::{Beside, Flight};
use super::request::{Done, GivenUp, Request};
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
use smallvec::SmallVec;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Makes a request for some records, given the number of the first.
pub(in crate::transforms) type MakeRequest<T, U> = Box<dyn Fn(u64, Records<T>) -> Request<T, U> + Send>;

/// The records of a request: one stands by itself.
pub(in crate::transforms) type Records<T> = SmallVec<[T; 1]>;

/// Makes requests for records, several at a time.
pub(in crate::transforms) struct AsyncTask<T: 'static, U: 'static> {
    name: String,
    merger: Merger<T>,
    chain: Chain<U>,
    stage: (Arc<StageInfo>, Arc<Ledger>),
    make: MakeRequest<T, U>,
    concurrency: usize,
    /// How many records a request is for, at most.
    together: usize,
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
    T: Serialize + Send + 'static,
    U: Send + 'static,
{
    pub(in crate::transforms) fn new(
        name: String,
        merger: Merger<T>,
        chain: Chain<U>,
        stage: (Arc<StageInfo>, Arc<Ledger>),
        make: MakeRequest<T, U>,
        how: MapAsync,
        (together, batch_size): (usize, usize),
    ) -> Self {
        Self {
            name,
            merger,
            chain,
            stage,
            make,
            concurrency: how.concurrency,
            together,
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
        while self.may_begin()
            && let Some(waiting) = &mut self.waiting
        {
            let (mut first, mut records) = (None, Records::new());
            for Item { value, time, mark, offset } in waiting.items.by_ref().take(self.together) {
                let beside = Beside { time, mark, offset, split: waiting.split, timed: waiting.timed };
                let number = self.flight.begin(beside);
                first.get_or_insert(number);
                records.push(value);
            }
            let Some(first) = first else {
                self.flight.passed(waiting.after);
                self.waiting = None;
                return;
            };
            self.requests.push((self.make)(first, records));
        }
    }

    /// A record that waits for one before it counts, too.
    fn may_begin(&self) -> bool {
        self.requests.len() < self.concurrency && self.flight.len() < self.concurrency.saturating_mul(self.together)
    }

    /// Takes what a request came to.
    fn finish(&mut self, (first, outcomes): Done<T, U>) -> Result<()> {
        let outcomes = outcomes.map_err(|error| error.at(&self.stage.0.reference))?;
        for (number, outcome) in (first..).zip(outcomes) {
            match outcome {
                Ok(result) => {
                    self.stage.1.passed(1);
                    self.flight.done(number, Some(result));
                }
                Err(given_up) => self.give_up(number, given_up)?,
            }
        }
        Ok(())
    }

    /// Lets a record go the way of the error policy.
    fn give_up(&mut self, number: u64, given_up: GivenUp<T>) -> Result<()> {
        let (info, ledger) = &self.stage;
        let GivenUp { record, kind, reason, attempts } = given_up;
        let beside = self.flight.beside(number);
        let (split, offset) = beside.map_or((u32::MAX, None), |beside| (beside.split, beside.offset));
        let mut cx = StageContext { stage: info, ledger, task: &mut self.chain.cx };
        let rejected = Rejected { kind, reason, attempts, split, offset, original: || as_json(&record) };
        cx.reject(rejected).map_err(|error| error.at(&info.reference))?;
        self.flight.done(number, None);
        self.chain.bury()
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
    T: Serialize + Send + 'static,
    U: Send + 'static,
{
    fn name(&self) -> String {
        self.name.clone()
    }

    fn run(self: Box<Self>, control: Control) -> BoxFuture<'static, Result<()>> {
        Box::pin(self.work(control))
    }
}
