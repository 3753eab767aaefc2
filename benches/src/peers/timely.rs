//! Timely dataflow: its time is the watermark, and windows close as the frontier passes their end.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use timely::ExchangeData;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::{Exchange, Pipeline};
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::Operator;
use timely::dataflow::{InputHandle, StreamVec};
use timely::worker::Worker;

use super::steps::Timed;
use crate::sink::{Checked, Taken};

/// The handle through which a worker puts its records in.
pub(super) type Input<T> = InputHandle<i64, CapacityContainerBuilder<Vec<T>>>;

/// Runs a dataflow with a worker for each part of the input, and joins what they found.
pub(super) fn run<I: Send + 'static, R: Checked>(
    parts: Vec<I>,
    empty: &Taken<R>,
    work: impl Fn(&mut Worker, I, Taken<R>) -> Taken<R> + Send + Sync + 'static,
) -> Taken<R> {
    let config = match parts.len() {
        1 => timely::Config::thread(),
        workers => timely::Config::process(workers),
    };
    let parts = Mutex::new(parts.into_iter().map(Some).collect::<Vec<_>>());
    let (mut all, empty) = (empty.like(), empty.like());
    let work = move |worker: &mut Worker| {
        let part = parts.lock().unwrap_or_else(PoisonError::into_inner)[worker.index()].take();
        work(worker, part.expect("a worker starts once"), empty.like())
    };
    for taken in timely::execute(config, work).expect("timely starts").join() {
        all.join(taken.expect("a worker ends well"));
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

/// State with windows, each key's at one worker.
pub(super) fn windows<'scope, W>(
    input: StreamVec<'scope, i64, W::In>,
    mut state: W,
    key: impl Fn(&W::In) -> i64 + 'static,
) -> StreamVec<'scope, i64, W::Out>
where
    W: Timed<In: ExchangeData, Out: 'static>,
{
    // Neighbouring numbers go to different workers.
    let by_key = Exchange::new(move |item: &W::In| key(item) as u64);
    input.unary_frontier::<CapacityContainerBuilder<Vec<W::Out>>, _, _, _>(by_key, "windows", |_, _| {
        let mut rows = Vec::new();
        // What lets the open windows give rows, at the earliest of their times.
        let mut held: Option<Capability<i64>> = None;
        move |(input, frontier), output| {
            input.for_each(|capability, items| {
                if held.is_none() {
                    held = capability.retain_least(output.output_index());
                }
                for item in items.drain(..) {
                    state.add(item);
                }
            });
            let watermark = frontier.frontier().first().copied().unwrap_or(i64::MAX);
            state.close(watermark, &mut rows);
            let Some(capability) = &mut held else { return };
            if !rows.is_empty() {
                output.session(capability).give_iterator(rows.drain(..));
            }
            if !state.is_open() {
                held = None;
            } else if watermark > *capability.time() {
                capability.downgrade(&watermark);
            }
        }
    })
}

/// The sink of a worker, and what it takes.
pub(super) fn sink<R: Checked>(rows: StreamVec<'_, i64, R>, empty: Taken<R>) -> Rc<RefCell<Taken<R>>> {
    let taken = Rc::new(RefCell::new(empty));
    let taking = Rc::clone(&taken);
    rows.sink(Pipeline, "sink", move |(input, _)| {
        input.for_each(|_, rows| taking.borrow_mut().take(rows));
    });
    taken
}
