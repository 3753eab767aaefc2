//! The function of the pipeline: the highest bids of all, of those of each part.

use std::marker::PhantomData;

use flow::prelude::*;
use flow::state::{Data, Key, States, ValueState};
use flow::transforms::{Process, ProcessContext};

use super::super::BidLike;
use super::SIZE;
use super::highest::Highest;

/// The windows that are open, with their starts: two, most of the time.
type Open<B> = Vec<Closed<B>>;

/// What is kept of a window that is over, and its start.
pub(super) type Closed<B> = (i64, Highest<B>);

/// The window that starts here.
#[inline]
fn window<B: BidLike + Clone>(open: &mut Open<B>, start: i64) -> &mut Highest<B> {
    let at = open.iter().position(|window| window.0 == start).unwrap_or_else(|| {
        open.push((start, Highest::default()));
        open.len() - 1
    });
    &mut open[at].1
}

fn take<B>(open: &mut Open<B>, start: i64) -> Option<Closed<B>> {
    open.iter().position(|window| window.0 == start).map(|at| open.swap_remove(at))
}

/// Puts the parts of each window together, and looks back to the window before.
pub(super) struct Follow<B, R> {
    open: ValueState<Open<B>>,
    before: ValueState<(i64, i64)>,
    rows: PhantomData<fn() -> R>,
}

impl<B: Data, R> Follow<B, R> {
    pub(super) fn new() -> Self {
        Self { open: ValueState::new("open"), before: ValueState::new("before"), rows: PhantomData }
    }
}

impl<B, R> Clone for Follow<B, R> {
    fn clone(&self) -> Self {
        Self { open: self.open.clone(), before: self.before.clone(), rows: PhantomData }
    }
}

impl<K, B, R> Process<K, Closed<B>> for Follow<B, R>
where
    K: Key,
    B: BidLike + Data + Clone,
    R: From<B> + Send + 'static,
{
    type Out = R;

    fn states(&mut self, states: &mut States<'_, K>) {
        states.declare(&mut self.open);
        states.declare(&mut self.before);
    }

    fn on_record(&mut self, (start, part): Closed<B>, cx: &mut ProcessContext<'_, K, R>) -> flow::Result<()> {
        self.open.update(cx, |open| window(open, start).merge(part));
        cx.set_timer(Timestamp::from_millis(start + SIZE - 1));
        Ok(())
    }

    fn on_timer(&mut self, at: Timestamp, cx: &mut ProcessContext<'_, K, R>) -> flow::Result<()> {
        let (start, mut closed) = (at.millis() + 1 - SIZE, None);
        self.open.update(cx, |open| closed = take(open, start));
        if let Some((_, mut window)) = closed {
            let mut before = self.before.get(cx).copied();
            window.close(start, &mut before, |row| cx.emit(row));
            if let Some(before) = before {
                self.before.set(cx, before);
            }
        }
        Ok(())
    }
}
