//! An operator in its chain: everything around it that is the same for all.

use super::context::{StageContext, TaskContext};
use super::contract::Operator;
use super::ledger::Ledger;
use super::output::{Output, Outputs};
use super::push::{Push, poll_all};
use crate::element::{Barrier, Element};
use crate::error::{Error, Result, StageRef};
use crate::state::StateWriter;
use crate::time::{self, Timestamp};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};

/// What is known of a stage, in every task.
#[derive(Clone, Debug)]
pub(crate) struct StageInfo {
    /// The name for people and metrics; unique in its pipeline.
    pub(crate) name: Arc<str>,
    /// The id that its state is stored under.
    pub(crate) id: Arc<str>,
    pub(crate) reference: StageRef,
}

/// One operator with its outputs, counting, catching panics and handing control on.
pub(crate) struct Stage<O: Operator> {
    operator: O,
    out: Outputs<O::Out, O::Side>,
    info: Arc<StageInfo>,
    ledger: Arc<Ledger>,
}

impl<O: Operator> Stage<O> {
    pub(crate) fn new(
        operator: O,
        main: Box<dyn Push<O::Out>>,
        sides: Vec<Box<dyn Push<O::Side>>>,
        info: Arc<StageInfo>,
        ledger: Arc<Ledger>,
        batch_size: usize,
    ) -> Self {
        let sides = sides.into_iter().map(|side| Output::new(side, batch_size)).collect();
        Self { operator, out: Outputs { main: Output::new(main, batch_size), sides }, info, ledger }
    }

    /// Calls the operator; a panic in it becomes an error that names the stage.
    fn call<R>(
        &mut self,
        task: &mut TaskContext,
        f: impl FnOnce(&mut O, &mut Outputs<O::Out, O::Side>, &mut StageContext<'_>) -> Result<R>,
    ) -> Result<R> {
        let Self { operator, out, info, ledger } = self;
        let mut cx = StageContext { stage: info, ledger, task };
        // Nothing that a panic leaves half-done is looked at again: the job ends.
        catch_unwind(AssertUnwindSafe(|| f(operator, out, &mut cx)))
            .unwrap_or_else(|payload| Err(Error::from_panic(&*payload)))
            .map_err(|error| error.at(&info.reference))
    }

    /// Hands on a watermark that came in, unless the operator makes its own.
    fn advance(&mut self, watermark: i64) {
        if watermark == time::MAX || self.operator.hands_watermarks_on() {
            self.out.advance(watermark);
        }
    }

    fn hand_on(&mut self, task: &mut TaskContext) -> Result<()> {
        let mut emitted = self.out.main.hand_on(task)?;
        for side in &mut self.out.sides {
            emitted += side.hand_on(task)?;
        }
        self.ledger.emitted(emitted);
        self.ledger.set_watermark(self.out.main.watermark());
        Ok(())
    }

    fn barrier(&mut self, barrier: Barrier, task: &mut TaskContext) -> Result<()> {
        let mut writer = StateWriter::default();
        self.operator.snapshot(&mut writer).map_err(|error| error.at(&self.info.reference))?;
        task.keep(&self.info.id, writer.finish());
        self.control(task, || Element::Barrier(barrier), || Element::Barrier(barrier))
    }

    fn control(
        &mut self,
        task: &mut TaskContext,
        main: impl FnOnce() -> Element<O::Out>,
        side: impl Fn() -> Element<O::Side>,
    ) -> Result<()> {
        self.out.main.push(main(), task)?;
        self.out.sides.iter_mut().try_for_each(|output| output.push(side(), task))
    }
}

impl<O: Operator> Push<O::In> for Stage<O> {
    fn push(&mut self, element: Element<O::In>, task: &mut TaskContext) -> Result<()> {
        match element {
            Element::Batch(batch) => {
                let after = batch.after();
                self.ledger.entered(batch.stands_for());
                self.call(task, |operator, out, cx| operator.on_batch(batch, out, cx))?;
                self.advance(after);
                self.hand_on(task)
            }
            Element::Watermark(watermark) => {
                self.call(task, |operator, out, cx| operator.on_watermark(watermark, out, cx))?;
                self.advance(watermark);
                self.hand_on(task)
            }
            Element::Partition(split, state) => {
                let on = self.call(task, |operator, out, cx| operator.on_partition(split, state, out, cx))?;
                self.hand_on(task)?;
                if on {
                    self.control(task, || Element::Partition(split, state), || Element::Partition(split, state))?;
                }
                Ok(())
            }
            Element::Barrier(barrier) => self.barrier(barrier, task),
            Element::Idle => self.control(task, || Element::Idle, || Element::Idle),
            Element::End => {
                self.call(task, |operator, out, cx| operator.on_end(out, cx))?;
                self.hand_on(task)?;
                self.control(task, || Element::End, || Element::End)
            }
        }
    }

    fn takes_sparse(&self) -> bool {
        O::SPARSE
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>, all: bool) -> Poll<Result<()>> {
        let main = self.out.main.poll_flush(cx, all);
        poll_all(std::iter::once(main).chain(self.out.sides.iter_mut().map(|side| side.poll_flush(cx, all))))
    }

    fn next_timer(&self) -> Option<Timestamp> {
        let behind = self.out.sides.iter().filter_map(|side| side.next().next_timer());
        self.operator.next_timer().into_iter().chain(self.out.main.next().next_timer()).chain(behind).min()
    }

    fn on_timer(&mut self, now: Timestamp, task: &mut TaskContext) -> Result<()> {
        if self.operator.next_timer().is_some_and(|at| at <= now) {
            self.call(task, |operator, out, cx| operator.on_timer(now, out, cx))?;
            self.hand_on(task)?;
        }
        self.out.main.next_mut().on_timer(now, task)?;
        self.out.sides.iter_mut().try_for_each(|side| side.next_mut().on_timer(now, task))
    }
}
