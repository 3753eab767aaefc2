//! Where an operator puts what it makes.

use super::context::TaskContext;
use super::push::Push;
use crate::element::{Batch, Element};
use crate::error::Result;
use crate::time;
use std::task::{Context, Poll};

/// The outputs of an operator: the main one, and side outputs by their number.
pub struct Outputs<O: 'static, S: 'static> {
    /// The main output.
    pub main: Output<O>,
    /// The side outputs, in the order in which the stage names them. Empty when nobody takes them.
    pub sides: Vec<Output<S>>,
}

impl<O: Send + 'static, S: Send + 'static> Outputs<O, S> {
    /// Says that the watermark has moved on, so that rows emitted from now on stand after it.
    pub fn advance(&mut self, watermark: i64) {
        self.main.advance(watermark);
        for side in &mut self.sides {
            side.advance(watermark);
        }
    }

    /// Says that nothing is to be expected for now, so that watermarks need not wait for this task. The next record or
    /// watermark ends that.
    pub fn idle(&mut self) {
        self.main.idle = true;
        for side in &mut self.sides {
            side.idle = true;
        }
    }
}

impl<O, S> std::fmt::Debug for Outputs<O, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outputs").finish_non_exhaustive()
    }
}

/// One output: whole batches are handed straight on, single rows are gathered into batches.
pub struct Output<T: 'static> {
    next: Box<dyn Push<T>>,
    gathered: Batch<T>,
    /// The event time of the rows that were gathered last, and the watermark before them: both are written down for many rows at once.
    last: Option<(i64, i64)>,
    /// The watermark that stands after all that was put here, and the last one that was handed on.
    watermark: i64,
    told: i64,
    capacity: usize,
    /// Full batches of gathered rows: an operator's emitting cannot fail, so they wait for the engine to hand them on.
    full: Vec<Batch<T>>,
    emitted: usize,
    idle: bool,
}

impl<T> std::fmt::Debug for Output<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output")
            .field("gathered", &self.gathered.len())
            .field("watermark", &self.watermark)
            .finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Output<T> {
    pub(crate) fn new(next: Box<dyn Push<T>>, capacity: usize) -> Self {
        Self {
            next,
            gathered: Batch::new(),
            last: None,
            watermark: time::MIN,
            told: time::MIN,
            capacity,
            full: Vec::new(),
            emitted: 0,
            idle: false,
        }
    }

    /// Hands on a whole batch, with the times and watermarks that it carries. All outputs of a record's kind — whole batches
    /// or single rows — may be mixed; order is kept.
    ///
    /// A [sparse](Batch::kept) batch stays so if what comes behind takes it; otherwise its records are moved together.
    pub fn batch(&mut self, mut batch: Batch<T>) {
        if !self.next.takes_sparse() {
            batch.settle();
        }
        self.emitted += batch.len();
        self.watermark = self.watermark.max(batch.after());
        self.seal();
        self.full.push(batch);
    }

    /// Puts a row with its event time, after the watermark that [`advance`](Self::advance) last set.
    #[inline]
    pub fn emit(&mut self, row: T, time: i64) {
        let last = Some((time, self.watermark));
        if self.last != last {
            self.stamp();
            self.last = last;
        }
        self.gathered.push(row);
        if self.gathered.len() >= self.capacity {
            self.seal();
        }
    }

    /// Puts a row that has no event time, for a stream that is not timed.
    pub fn emit_untimed(&mut self, row: T) {
        self.gathered.push(row);
        if self.gathered.len() >= self.capacity {
            self.seal();
        }
    }

    /// Says that the watermark has moved on, so that rows emitted from now on stand after it.
    #[inline]
    pub fn advance(&mut self, watermark: i64) {
        self.watermark = self.watermark.max(watermark);
    }

    /// The watermark after all that was put here.
    #[must_use]
    pub fn watermark(&self) -> i64 {
        self.watermark
    }

    /// Writes down what stands beside the rows that were gathered last.
    fn stamp(&mut self) {
        if let Some((time, mark)) = self.last.take() {
            self.gathered.stamp(time, mark);
        }
    }

    fn seal(&mut self) {
        if !self.gathered.is_empty() {
            self.stamp();
            self.emitted += self.gathered.len();
            let next = self.gathered.empty_like();
            let mut batch = std::mem::replace(&mut self.gathered, next);
            batch.set_after(self.watermark);
            self.full.push(batch);
        }
    }

    /// Hands on all that was put here, and the watermark. Says how many records those were.
    pub(crate) fn hand_on(&mut self, cx: &mut TaskContext) -> Result<usize> {
        self.seal();
        for batch in self.full.drain(..) {
            self.told = self.told.max(batch.after());
            if !batch.is_empty() {
                self.next.push(Element::Batch(batch), cx)?;
            } else if batch.after() > time::MIN {
                self.next.push(Element::Watermark(batch.after()), cx)?;
            }
        }
        if self.watermark > self.told {
            self.told = self.watermark;
            self.next.push(Element::Watermark(self.watermark), cx)?;
        }
        if std::mem::take(&mut self.idle) {
            self.next.push(Element::Idle, cx)?;
        }
        Ok(std::mem::take(&mut self.emitted))
    }

    pub(crate) fn push(&mut self, element: Element<T>, cx: &mut TaskContext) -> Result<()> {
        self.next.push(element, cx)
    }

    pub(crate) fn next(&self) -> &dyn Push<T> {
        &*self.next
    }

    pub(crate) fn next_mut(&mut self) -> &mut dyn Push<T> {
        &mut *self.next
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>, all: bool) -> Poll<Result<()>> {
        self.next.poll_flush(cx, all)
    }
}
