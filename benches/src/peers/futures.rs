//! A chain of `futures::Stream` combinators, driven by one thread.

use std::cell::RefCell;
use std::future::ready;
use std::rc::Rc;

use futures::executor::block_on;
use futures::stream::{self, Stream, StreamExt};

use super::steps::Step;
use crate::events::feed::Batches;
use crate::sink::{Checked, Taken};

/// The input, record by record.
pub(super) fn source<T>(batches: Batches<T>) -> impl Stream<Item = T> {
    stream::iter(batches.flatten())
}

/// An operator that gives no row for most records, and many at times.
pub(super) fn stage<S: Step>(input: impl Stream<Item = S::In>, step: S) -> impl Stream<Item = S::Out> {
    // Both closures need it: the records', and that of the end.
    let step = Rc::new(RefCell::new(step));
    let ending = Rc::clone(&step);
    let rows = input.filter_map(move |item| {
        let mut out = Vec::new();
        step.borrow_mut().one(item, &mut out);
        ready((!out.is_empty()).then_some(out))
    });
    let end = stream::once(async move {
        let mut out = Vec::new();
        ending.borrow_mut().end(&mut out);
        out
    });
    rows.chain(end).flat_map(stream::iter)
}

/// The sink, to the end of the stream.
pub(super) fn sink<R: Checked>(rows: impl Stream<Item = R>, empty: &Taken<R>) -> Taken<R> {
    let (mut taken, mut one) = (empty.like(), Vec::with_capacity(1));
    block_on(rows.for_each(|row| {
        one.push(row);
        taken.take(&mut one);
        ready(())
    }));
    taken
}
