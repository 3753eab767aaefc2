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
    idle: bool,
    ended: bool,
    /// A barrier came from it: nothing is taken from it until it has come from all.
    held: bool,
}

/// Merges the control of several edges.
#[derive(Debug)]
struct Alignment {
    inputs: Vec<Input>,
    watermark: i64,
    idle: bool,
}

impl Alignment {
    fn new(inputs: usize) -> Self {
        let input = Input { watermark: time::MIN, idle: false, ended: false, held: false };
        Self { inputs: vec![input; inputs], watermark: time::MIN, idle: false }
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
                }
                self.inputs[from].watermark = self.inputs[from].watermark.max(after);
                self.watermark = self.watermark.max(batch.after());
                Some(Element::Batch(batch))
            }
            Element::Watermark(watermark) => {
                self.inputs[from].watermark = self.inputs[from].watermark.max(watermark);
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
        // The end of time is not for an idle input to be passed by: what it brings later would all be late.
        if lowest == time::MAX && self.inputs.iter().any(|input| input.watermark != time::MAX) {
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
            return (!std::mem::replace(&mut self.idle, true)).then_some(Element::Idle);
        }
        self.advance().map(Element::Watermark)
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
mod tests {
    use super::super::edge::{EdgeStats, edge};
    use super::*;
    use crate::element::Batch;
    use std::collections::VecDeque;
    use std::sync::Arc;
    use std::task::Waker;

    fn batch(rows: &[(i64, i64)], after: i64) -> Element<i64> {
        let mut batch = Batch::new();
        for &(time, mark) in rows {
            batch.push_timed(time, time, mark);
        }
        batch.set_after(after);
        Element::Batch(batch)
    }

    fn marks(element: Option<Element<i64>>) -> (Vec<i64>, i64) {
        match element {
            Some(Element::Batch(batch)) => (batch.marks().to_vec(), batch.after()),
            Some(Element::Watermark(watermark)) => (vec![], watermark),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_watermark_is_the_lowest_of_the_active_inputs() {
        let mut two = Alignment::new(2);
        assert!(two.merge::<i64>(0, Element::Watermark(5)).is_none());
        assert_eq!(marks(two.merge(1, batch(&[(9, 2), (9, 7)], 8))), (vec![2, 5], 5));
        assert_eq!(marks(two.merge(0, batch(&[(9, 5), (9, 9)], 20))), (vec![5, 8], 8));
        assert_eq!(marks(two.merge(1, Element::Idle)), (vec![], 20));
        assert_eq!(marks(two.merge(1, batch(&[(30, 10)], 25))), (vec![20], 20), "it never goes back");
        assert!(two.merge::<i64>(0, Element::End).is_none(), "a stopped input holds time back");
        assert!(two.merge::<i64>(1, Element::Watermark(99)).is_none());
        assert!(matches!(two.merge::<i64>(1, Element::End), Some(Element::End)));
    }

    /// Two edges, what was put on each, and what a task that merges them gets, a poll each: `None` where it waits.
    fn merged(on: [Vec<Element<i64>>; 2], polls: usize) -> Vec<Option<i64>> {
        let edge = |elements: Vec<Element<i64>>| {
            let (mut sender, receiver) = edge(Arc::new(EdgeStats::new(1000)));
            let mut cx = Context::from_waker(Waker::noop());
            let mut elements = VecDeque::from(elements);
            while !elements.is_empty() {
                assert!(sender.poll_send(&mut cx, &mut elements).is_ready());
            }
            (sender, receiver)
        };
        let (senders, receivers): (Vec<_>, Vec<_>) = on.into_iter().map(edge).unzip();
        let mut merger = Merger::new(receivers);
        let got = (0..polls).map(|_| match merger.poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(Element::Batch(batch))) => batch.items().first().copied(),
            Poll::Ready(other) => panic!("{other:?}"),
            Poll::Pending => None,
        });
        let got = got.collect();
        drop(senders);
        got
    }

    #[test]
    fn an_input_that_is_behind_comes_first() {
        let ahead = || vec![batch(&[(100, 0)], 100), batch(&[(200, 100)], 200)];
        let behind = (1..=5).map(|time| batch(&[(time, time - 1)], time)).collect();
        let got = merged([ahead(), behind], 6);
        assert_eq!(got, [Some(100), Some(1), Some(2), Some(3), Some(4), Some(5)]);
    }

    #[test]
    fn an_input_whose_watermark_stands_still_keeps_the_others_out_for_a_while_only() {
        let still = (1..=3 * i64::from(FAVOURS)).map(|time| batch(&[(time, 0)], 0)).collect();
        let got = merged([vec![batch(&[(-1, 0)], 100), batch(&[(-2, 100)], 200)], still], 3 * FAVOURS as usize);
        assert!(got.contains(&Some(-2)), "{got:?}");
        assert!(got.iter().all(Option::is_some), "nothing was waited for: {got:?}");
    }

    #[test]
    fn an_input_that_is_behind_is_waited_for_a_little_and_no_more() {
        let patience = PATIENCE as usize;
        let ahead = vec![batch(&[(1, 0)], 1), batch(&[(2, 1)], 2), batch(&[(3, 2)], 3)];
        let got = merged([ahead, vec![]], 3 + 2 * patience);
        let waiting = |count| std::iter::repeat_n(None, count);
        let expected = std::iter::once(Some(1)).chain(waiting(patience)).chain([Some(2)]).chain(waiting(patience));
        assert_eq!(got, Vec::from_iter(expected.chain([Some(3)])));
    }

    #[test]
    fn all_idle_is_said_once() {
        let mut two = Alignment::new(2);
        assert!(two.merge::<i64>(0, Element::Idle).is_none());
        assert!(matches!(two.merge::<i64>(1, Element::Idle), Some(Element::Idle)));
        assert!(two.merge::<i64>(1, Element::Idle).is_none());
        assert_eq!(marks(two.merge(0, Element::Watermark(3))), (vec![], 3));
    }

    #[test]
    fn a_barrier_does_not_wake_an_idle_input() {
        let mut two = Alignment::new(2);
        assert!(two.merge::<i64>(0, Element::Idle).is_none());
        for input in 0..2 {
            let _aligned = two.merge::<i64>(input, Element::Barrier(Barrier { epoch: 1 }));
        }
        assert_eq!(marks(two.merge(1, Element::Watermark(7))), (vec![], 7));
    }

    #[test]
    fn time_does_not_end_before_an_idle_input() {
        let mut two = Alignment::new(2);
        assert!(two.merge::<i64>(0, Element::Watermark(3)).is_none());
        assert!(two.merge::<i64>(0, Element::Idle).is_none());
        assert_eq!(marks(two.merge(1, Element::Watermark(5))), (vec![], 5));
        assert!(two.merge::<i64>(1, Element::Watermark(time::MAX)).is_none());
        assert!(
            matches!(two.merge::<i64>(1, Element::End), Some(Element::Idle)),
            "what comes behind need not wait either"
        );
        assert_eq!(marks(two.merge(0, batch(&[(9, 3)], 8))), (vec![5], 8), "no record of it is late for that");
        assert_eq!(marks(two.merge(0, Element::Watermark(time::MAX))), (vec![], time::MAX));
        assert!(matches!(two.merge::<i64>(0, Element::End), Some(Element::End)));
    }

    #[test]
    fn barriers_are_aligned() {
        let barrier = Barrier { epoch: 1 };
        let mut three = Alignment::new(3);
        assert!(three.merge::<i64>(0, Element::Barrier(barrier)).is_none());
        assert!(!three.takes(0) && three.takes(1));
        assert!(three.merge::<i64>(2, Element::End).is_none());
        assert!(matches!(three.merge::<i64>(1, Element::Barrier(barrier)), Some(Element::Barrier(b)) if b == barrier));
        assert!(three.takes(0) && three.takes(1) && !three.takes(2));
    }
}
