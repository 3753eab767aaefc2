//! Several edges into one input: the lowest watermark of the active ones, and barriers aligned.
//!
//! [`Alignment`] is the state machine, without any input or output; [`Merger`] reads the edges for it.

use super::edge::Receiver;
use crate::element::{Barrier, Element};
use crate::error::{Error, ErrorKind};
use crate::time;
use std::task::{Context, Poll};

/// How often in a row an input that is behind the others is waited for, by letting the other tasks run: each of them on its core once.
const PATIENCE: u32 = 8;

/// How many elements in a row are taken from inputs that are behind: one whose watermark stands still keeps the others out no longer.
const FAVOURS: u32 = 64;

/// What is known of one edge.
#[derive(Clone, Debug)]
struct Input {
    watermark: i64,
    /// The last one before that of the end of time.
    before_end: i64,
    idle: bool,
    ended: bool,
    /// A barrier came from it: nothing is taken from it until it has come from all.
    held: bool,
}

impl Input {
    fn raise(&mut self, watermark: i64) {
        self.watermark = self.watermark.max(watermark);
        if watermark < time::MAX {
            self.before_end = self.before_end.max(watermark);
        }
    }
}

/// Merges the control of several edges.
#[derive(Debug)]
struct Alignment {
    inputs: Vec<Input>,
    watermark: i64,
    idle: bool,
    /// All have become idle, and only the watermark that goes with it was handed on.
    idle_follows: bool,
}

impl Alignment {
    fn new(inputs: usize) -> Self {
        let input = Input { watermark: time::MIN, before_end: time::MIN, idle: false, ended: false, held: false };
        Self { inputs: vec![input; inputs], watermark: time::MIN, idle: false, idle_follows: false }
    }

    /// Whether the next element of the edge may be taken.
    fn takes(&self, from: usize) -> bool {
        let input = &self.inputs[from];
        !input.ended && !input.held
    }

    /// How far the edges have come from which something may come: those that have come further need not be served now.
    fn hindmost(&self) -> i64 {
        let may_come = self.inputs.iter().filter(|input| !input.idle && !input.ended && !input.held);
        may_come.map(|input| input.watermark).min().unwrap_or(time::MAX)
    }

    /// The lowest watermark of the edges that count, but `except`. An edge that was stopped (and not read to its end) still
    /// holds time back: its windows are not to fire.
    fn lowest(&self, except: Option<usize>) -> i64 {
        let active = self.inputs.iter().enumerate().filter(|(at, input)| Some(*at) != except && !input.idle);
        active.map(|(_, input)| input.watermark).min().unwrap_or(time::MAX)
    }

    /// Whether the end of time would pass by an edge that is idle, leaving `except` out of account: what it brings later would all be late.
    fn is_passed_by(&self, except: Option<usize>) -> bool {
        self.inputs.iter().enumerate().any(|(at, input)| Some(at) != except && input.watermark != time::MAX)
    }

    /// Takes an element from an edge; gives what is to be handed on, if anything.
    fn merge<T: 'static>(&mut self, from: usize, element: Element<T>) -> Option<Element<T>> {
        if matches!(element, Element::Batch(_) | Element::Watermark(_)) {
            self.inputs[from].idle = false;
            self.idle = false;
        }
        match element {
            Element::Batch(mut batch) => {
                let after = batch.after();
                if self.inputs.len() > 1 {
                    batch.clamp_marks(self.watermark, self.lowest(Some(from)));
                    if batch.after() == time::MAX && self.is_passed_by(Some(from)) {
                        batch.set_after(batch.marks().last().copied().unwrap_or(self.watermark));
                    }
                }
                self.inputs[from].raise(after);
                self.watermark = self.watermark.max(batch.after());
                Some(Element::Batch(batch))
            }
            Element::Watermark(watermark) => {
                self.inputs[from].raise(watermark);
                self.advance().map(Element::Watermark)
            }
            Element::Idle => {
                self.inputs[from].idle = true;
                self.idle_or_advance()
            }
            Element::Barrier(barrier) => {
                self.inputs[from].held = true;
                self.aligned(barrier)
            }
            Element::End => {
                self.inputs[from].ended = true;
                if self.inputs.iter().all(|input| input.ended) { Some(Element::End) } else { self.idle_or_advance() }
            }
            Element::Partition(split, state) => Some(Element::Partition(split, state)),
        }
    }

    /// The new watermark, if it has moved on. When all are idle there is none.
    fn advance(&mut self) -> Option<i64> {
        if self.inputs.iter().all(|input| input.idle) {
            return None;
        }
        let lowest = self.lowest(None);
        if lowest == time::MAX && self.is_passed_by(None) {
            return None;
        }
        (lowest > self.watermark).then(|| {
            self.watermark = lowest;
            lowest
        })
    }

    fn idle_or_advance<T: 'static>(&mut self) -> Option<Element<T>> {
        // An edge that has ended says nothing any more; whether it holds time back is in its watermark.
        if self.inputs.iter().all(|input| input.idle || (input.ended && input.watermark == time::MAX)) {
            return (!std::mem::replace(&mut self.idle, true)).then(|| self.all_idle());
        }
        self.advance().map(Element::Watermark)
    }

    /// None is waited for, so time is where the furthest is: there it would be had that one become idle last. Other tasks, which read the same edges
    /// in another order, are then as far as this one, and what waits for them in the stead of an idle task does not pass its windows by.
    fn all_idle<T: 'static>(&mut self) -> Element<T> {
        let furthest = self.inputs.iter().map(|input| input.before_end).max();
        match furthest.filter(|&furthest| furthest > self.watermark) {
            Some(furthest) => {
                (self.watermark, self.idle_follows) = (furthest, true);
                Element::Watermark(furthest)
            }
            None => Element::Idle,
        }
    }

    fn aligned<T: 'static>(&mut self, barrier: Barrier) -> Option<Element<T>> {
        if !self.inputs.iter().all(|input| input.held || input.ended) {
            return None;
        }
        for input in &mut self.inputs {
            input.held = false;
        }
        Some(Element::Barrier(barrier))
    }
}

/// Reads several edges as one.
///
/// Those that are behind the others come first, and are waited for a little: what came early would have to be kept until
/// they have come as far, the whole input of a source that is read faster. That is a preference, and never a promise: an edge that has nothing
/// may wait for this very task to take from another.
pub(crate) struct Merger<T: 'static> {
    edges: Vec<Receiver<T>>,
    alignment: Alignment,
    /// Where the next look begins, so that no edge is served before the others for ever.
    next: usize,
    /// How often in a row nothing was taken, for an edge that was behind.
    waited: u32,
    /// How many elements in a row were taken from edges that were behind.
    favoured: u32,
    /// The barrier that is being waited for, should the last edge without it end.
    barrier: Option<Barrier>,
}

impl<T: Send + 'static> Merger<T> {
    pub(crate) fn new(edges: Vec<Receiver<T>>) -> Self {
        let alignment = Alignment::new(edges.len());
        Self { edges, alignment, next: 0, waited: 0, favoured: 0, barrier: None }
    }

    /// The next element.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Element<T>, Error>> {
        if std::mem::take(&mut self.alignment.idle_follows) {
            return Poll::Ready(Ok(Element::Idle));
        }
        loop {
            let Some((from, element)) = self.poll_any(cx)? else { return Poll::Pending };
            if let Element::Barrier(barrier) = &element {
                self.barrier = Some(*barrier);
            }
            let ended = matches!(element, Element::End);
            let mut merged = self.alignment.merge(from, element);
            if let (true, None, Some(barrier)) = (ended, &merged, self.barrier) {
                merged = self.alignment.aligned(barrier);
            }
            if let Some(Element::Barrier(_)) = merged {
                self.barrier = None;
            }
            if let Some(element) = merged {
                return Poll::Ready(Ok(element));
            }
        }
    }

    /// Whether the last look has found something, and left it for an edge that is behind: the task is asked again at once.
    pub(crate) fn waits_its_turn(&self) -> bool {
        self.waited > 0
    }

    fn poll_any(&mut self, cx: &mut Context<'_>) -> Result<Option<(usize, Element<T>)>, Error> {
        let count = self.edges.len();
        let hindmost = if self.favoured < FAVOURS { self.alignment.hindmost() } else { time::MAX };
        let mut ahead = None;
        for step in 0..count {
            let from = (self.next + step) % count;
            if !self.alignment.takes(from) {
                continue;
            }
            if self.alignment.inputs[from].watermark <= hindmost {
                if let Poll::Ready(received) = self.edges[from].poll_receive(cx) {
                    self.favoured = if hindmost < time::MAX { self.favoured + 1 } else { 0 };
                    return self.taken(from, received).map(Some);
                }
            } else if ahead.is_none() && self.edges[from].poll_ready(cx).is_ready() {
                ahead = Some(from);
            }
        }
        let Some(from) = ahead else {
            self.waited = 0;
            return Ok(None);
        };
        if self.waited < PATIENCE {
            self.waited += 1;
            cx.waker().wake_by_ref();
            return Ok(None);
        }
        self.favoured = 0;
        match self.edges[from].poll_receive(cx) {
            Poll::Ready(received) => self.taken(from, received).map(Some),
            Poll::Pending => Ok(None),
        }
    }

    fn taken(&mut self, from: usize, received: Option<Element<T>>) -> Result<(usize, Element<T>), Error> {
        self.next = (from + 1) % self.edges.len();
        self.waited = 0;
        let gone = || Error::new(ErrorKind::Cancelled, "the stage before this one has failed");
        received.map(|element| (from, element)).ok_or_else(gone)
    }
}

#[cfg(test)]
mod tests;
