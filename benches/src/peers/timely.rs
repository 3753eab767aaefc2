//! Timely dataflow: its time is the watermark, and windows close as the frontier passes their end.

use std::cell::RefCell;
use std::rc::Rc;

use timely::ExchangeData;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::{Exchange, Pipeline};
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::Operator;
use timely::dataflow::{InputHandle, StreamVec};
use timely::worker::Worker;

use super::steps::{Gather, Windows};
use crate::sink::{Answer, Checked};

/// The handle through which a worker puts its records in.
pub(super) type Input<T> = InputHandle<i64, CapacityContainerBuilder<Vec<T>>>;

/// Runs a dataflow with so many workers, and adds up what they found.
pub(super) fn run(workers: usize, work: impl Fn(&mut Worker) -> Answer + Send + Sync + 'static) -> Answer {
    let config = if workers == 1 { timely::Config::thread() } else { timely::Config::process(workers) };
    let guards = timely::execute(config, work).expect("timely starts");
    let mut all = Answer::default();
    for answer in guards.join() {
        let answer = answer.expect("a worker ends well");
        all.rows += answer.rows;
        all.checksum = all.checksum.wrapping_add(answer.checksum);
    }
    all
}

/// Hands in a batch at the watermark before it, which then moves on.
pub(super) fn feed<T: Clone + 'static>(input: &mut Input<T>, mut batch: Vec<T>, delay: i64, time: impl Fn(&T) -> i64) {
    let newest = batch.iter().map(time).max().unwrap_or(i64::MIN);
    input.send_batch(&mut batch);
    input.advance_to(newest.saturating_sub(delay).max(*input.time()));
}

/// Works until nothing is left; every input must be closed.
pub(super) fn finish(worker: &mut Worker) {
    while worker.step() {}
}

/// Windows, each key at one worker.
pub(super) fn windows<'scope, G>(
    input: StreamVec<'scope, i64, G::In>,
    key: impl Fn(&G::In) -> i64 + 'static,
) -> StreamVec<'scope, i64, G::Out>
where
    G: Gather<In: ExchangeData, Out: 'static>,
{
    // Neighbouring numbers go to different workers.
    let by_key = Exchange::new(move |item: &G::In| key(item) as u64);
    input.unary_frontier::<CapacityContainerBuilder<Vec<G::Out>>, _, _, _>(by_key, "windows", |_, _| {
        let (mut windows, mut rows) = (Windows::<G>::new(), Vec::new());
        // What lets the open windows give rows, at the earliest of their times.
        let mut held: Option<Capability<i64>> = None;
        move |(input, frontier), output| {
            input.for_each(|capability, items| {
                if held.is_none() {
                    held = capability.retain_least(output.output_index());
                }
                for item in items.drain(..) {
                    windows.add(item);
                }
            });
            let watermark = frontier.frontier().first().copied().unwrap_or(i64::MAX);
            windows.close(watermark, &mut rows);
            let Some(capability) = &mut held else { return };
            if !rows.is_empty() {
                output.session(capability).give_iterator(rows.drain(..));
            }
            if windows.next_end().is_none() {
                held = None;
            } else if watermark > *capability.time() {
                capability.downgrade(&watermark);
            }
        }
    })
}

/// The sink of a worker, and what it finds.
pub(super) fn sink<T: Checked>(rows: StreamVec<'_, i64, T>) -> Rc<RefCell<Answer>> {
    let answer = Rc::new(RefCell::new(Answer::default()));
    let found = Rc::clone(&answer);
    rows.sink(Pipeline, "sink", move |(input, _)| {
        input.for_each(|_, rows| found.borrow_mut().take(rows));
    });
    answer
}
