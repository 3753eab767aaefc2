//! The state machine, and what a task gets of several edges.

use super::super::edge::{EdgeStats, Sender, edge};
use super::*;
use crate::element::Batch;
use crate::operator::probe::cases;
use proptest::prelude::*;
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

/// An edge with something on it.
fn filled(elements: Vec<Element<i64>>) -> (Sender<i64>, Receiver<i64>) {
    let (mut sender, receiver) = edge(Arc::new(EdgeStats::new(1000)));
    let mut cx = Context::from_waker(Waker::noop());
    let mut elements = VecDeque::from(elements);
    while !elements.is_empty() {
        assert!(sender.poll_send(&mut cx, &mut elements).is_ready());
    }
    (sender, receiver)
}

/// Two edges, what was put on each, and what a task that merges them gets, a poll each: `None` where it waits.
fn merged(on: [Vec<Element<i64>>; 2], polls: usize) -> Vec<Option<i64>> {
    let (senders, receivers): (Vec<_>, Vec<_>) = on.into_iter().map(filled).unzip();
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
fn when_all_are_idle_time_is_where_the_furthest_is() {
    let mut two = Alignment::new(2);
    assert!(two.merge::<i64>(0, Element::Watermark(100)).is_none());
    assert_eq!(marks(two.merge(1, Element::Watermark(50))), (vec![], 50));
    assert!(two.merge::<i64>(0, Element::Idle).is_none());
    assert_eq!(marks(two.merge(1, Element::Idle)), (vec![], 100), "as if the other had been idle first");
    assert!(std::mem::take(&mut two.idle_follows));
    assert!(two.merge::<i64>(1, Element::Idle).is_none());
    // The same, where the one that is further has ended meanwhile.
    let mut two = Alignment::new(2);
    for element in [Element::Watermark(100), Element::Idle, Element::Watermark(time::MAX), Element::End] {
        assert!(two.merge::<i64>(0, element).is_none());
    }
    assert_eq!(marks(two.merge(1, Element::Watermark(50))), (vec![], 50));
    assert_eq!(marks(two.merge(1, Element::Idle)), (vec![], 100));
}

#[test]
fn idleness_follows_its_watermark() {
    let (_first, one) = filled(vec![Element::Watermark(100), Element::Idle]);
    let (mut second, other) = filled(vec![Element::Watermark(50)]);
    let mut merger = Merger::new(vec![one, other]);
    let mut cx = Context::from_waker(Waker::noop());
    let mut got = || {
        let mut cx = Context::from_waker(Waker::noop());
        let next = std::iter::from_fn(|| match merger.poll_next(&mut cx) {
            Poll::Ready(Ok(Element::Watermark(watermark))) => Some(Some(watermark)),
            Poll::Ready(Ok(Element::Idle)) => Some(None),
            Poll::Ready(other) => panic!("{other:?}"),
            Poll::Pending => None,
        });
        Vec::from_iter(next)
    };
    // What is ahead is left for a few turns, for the other may come as far.
    let before: Vec<_> = (0..10).flat_map(|_| got()).collect();
    assert_eq!(before, [Some(50)]);
    assert!(second.poll_send(&mut cx, &mut VecDeque::from([Element::Idle])).is_ready());
    assert_eq!(got(), [Some(100), None]);
}

/// What is said on an edge: watermarks and idleness, idleness at the end; then, maybe, that it has ended.
fn said() -> impl Strategy<Value = (Vec<Option<i64>>, bool)> {
    let step = prop_oneof![3 => (0..50i64).prop_map(Some), 1 => Just(None)];
    (proptest::collection::vec(step, 0..8), any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    /// Tasks that read the same edges, each in an order of its own, are equally far when all edges are idle or have ended.
    #[test]
    fn idle_tasks_are_equally_far(
        said in proptest::collection::vec(said(), 1..4),
        orders in proptest::collection::vec(proptest::collection::vec(0..4usize, 60), 2),
    ) {
        prop_assume!(said.iter().any(|(_, ends)| !ends));
        let element = |said: Option<i64>| said.map_or(Element::Idle, Element::Watermark);
        let ends = orders.iter().map(|order| {
            let mut all = Alignment::new(said.len());
            let of = |(said, ends): &(Vec<Option<i64>>, bool)| {
                let end = [Element::Watermark(time::MAX), Element::End].into_iter().take(if *ends { 2 } else { 0 });
                said.iter().copied().chain([None]).map(element).chain(end).collect()
            };
            let mut rest: Vec<VecDeque<Element<i64>>> = said.iter().map(of).collect();
            let mut last = None;
            for from in order.iter().copied().chain((0..said.len()).flat_map(|from| [from; 12])) {
                let Some(next) = rest.get_mut(from).and_then(VecDeque::pop_front) else { continue };
                match all.merge(from, next) {
                    Some(Element::Watermark(watermark)) => last = last.max(Some(watermark)),
                    None | Some(Element::Idle) => {}
                    other => panic!("{other:?}"),
                }
            }
            assert!(rest.iter().all(VecDeque::is_empty));
            last
        });
        let ends: Vec<_> = ends.collect();
        let furthest = said.iter().flat_map(|(said, _)| said).copied().max().flatten();
        prop_assert_eq!(ends, [furthest, furthest]);
    }
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
    assert!(matches!(two.merge::<i64>(1, Element::End), Some(Element::Idle)), "what comes behind need not wait either");
    assert_eq!(marks(two.merge(0, batch(&[(9, 3)], 8))), (vec![5], 8), "no record of it is late for that");
    assert_eq!(marks(two.merge(0, Element::Watermark(time::MAX))), (vec![], time::MAX));
    assert!(matches!(two.merge::<i64>(0, Element::End), Some(Element::End)));
    // The same, where rows come with the end.
    let mut two = Alignment::new(2);
    assert!(two.merge::<i64>(0, Element::Idle).is_none());
    assert_eq!(marks(two.merge(1, batch(&[(6, 5), (8, 7)], time::MAX))), (vec![5, 7], 7));
    assert_eq!(marks(two.merge(0, batch(&[(9, 8)], time::MAX))), (vec![8], time::MAX));
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
