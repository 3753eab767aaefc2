//! The interval join: records of equal keys whose times lie within bounds of each other.
//!
//! A pair comes out when its second record arrives. A record is kept for as long as a partner that is not late can come: one
//! of the left side until the watermark has reached its time plus the upper bound, one of the right side until it has
//! reached its time less the lower bound. A record that is late itself is not left out: it meets those that are still kept,
//! and is kept for as long as any other. (So does the interval join of Flink's SQL, except that it gives memory back later, so
//! that there a late record may find more.)

use super::half::Half;
use super::side::{Make, Side, Tagged, outer};
use crate::element::Batch;
use crate::error::Result;
use crate::ir::window::JoinKind;
use crate::operator::{Nothing, Operator, Output, Outputs, StageContext};
use crate::state::{Data, Key, StateReader, StateWriter};
use crate::time;

/// Joins by key and time: `lower <= right time - left time <= upper`.
pub(crate) struct IntervalJoin<K, L, R, O> {
    left: Half<K, L>,
    right: Half<K, R>,
    outer: (bool, bool),
    make: Make<L, R, O>,
    watermark: i64,
}

impl<K, L, R, O> IntervalJoin<K, L, R, O>
where
    K: Key,
    L: Data + Clone,
    R: Data + Clone,
    O: Send + 'static,
{
    /// `lower` is not above `upper`.
    pub(crate) fn new((lower, upper): (i64, i64), kind: JoinKind, make: Make<L, R, O>) -> Self {
        let left = Half::new("left", lower, upper);
        let right = Half::new("right", upper.saturating_neg(), lower.saturating_neg());
        Self { left, right, outer: outer(kind), make, watermark: time::MIN }
    }

    /// Takes a record. False if it is late, and has come to nothing.
    fn arrive(&mut self, Tagged { key, side }: Tagged<K, L, R>, time: i64, out: &mut Output<O>) -> bool {
        let make = self.make;
        let (until, met, outer) = match side {
            Side::Left(record) => {
                let partners = self.left.partners(time);
                let met = self.right.meet(&key, partners, |other, at| {
                    put(out, make(Some(record.clone()), Some(other.clone())), time.max(at));
                });
                if partners.1 > self.watermark {
                    self.left.keep(key, time, record, met);
                } else if !met {
                    put(out, make(Some(record), None), time);
                }
                (partners.1, met, self.outer.0)
            }
            Side::Right(record) => {
                let partners = self.right.partners(time);
                let met = self.left.meet(&key, partners, |other, at| {
                    put(out, make(Some(other.clone()), Some(record.clone())), time.max(at));
                });
                if partners.1 > self.watermark {
                    self.right.keep(key, time, record, met);
                } else if !met {
                    put(out, make(None, Some(record)), time);
                }
                (partners.1, met, self.outer.1)
            }
        };
        met || outer || until > self.watermark || time > self.watermark
    }

    /// Moves the watermark on: what no partner can come for any more is given up. What that makes has the time at which that
    /// was sure, for its own time is long past.
    fn advance(&mut self, watermark: i64, out: &mut Output<O>) {
        if watermark <= self.watermark {
            return;
        }
        let make = self.make;
        while let Some(until) = self.left.next().into_iter().chain(self.right.next()).min() {
            if until > watermark {
                break;
            }
            // A watermark passes every moment on its way: what is sure at one stands before it.
            out.advance(until.saturating_sub(1));
            self.left.give_up(until, |record, time| put(out, make(Some(record), None), time.max(until)));
            self.right.give_up(until, |record, time| put(out, make(None, Some(record)), time.max(until)));
        }
        self.watermark = watermark;
        out.advance(watermark);
    }
}

fn put<O: Send + 'static>(out: &mut Output<O>, row: Option<O>, time: i64) {
    if let Some(row) = row {
        out.emit(row, time);
    }
}

impl<K, L, R, O> Operator for IntervalJoin<K, L, R, O>
where
    K: Key,
    L: Data + Clone,
    R: Data + Clone,
    O: Send + 'static,
{
    type In = Tagged<K, L, R>;
    type Out = O;
    type Side = Nothing;

    fn on_batch(
        &mut self,
        mut batch: Batch<Self::In>,
        out: &mut Outputs<O, Nothing>,
        cx: &mut StageContext<'_>,
    ) -> Result<()> {
        let (entered, mut late) = (batch.len(), 0);
        for item in batch.drain() {
            self.advance(item.mark, &mut out.main);
            late += usize::from(!self.arrive(item.value, item.time, &mut out.main));
        }
        self.advance(batch.after(), &mut out.main);
        cx.absorbed(entered - late);
        cx.late(late);
        Ok(())
    }

    fn on_watermark(&mut self, watermark: i64, out: &mut Outputs<O, Nothing>, _: &mut StageContext<'_>) -> Result<()> {
        self.advance(watermark, &mut out.main);
        Ok(())
    }

    fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        state.plain("watermark", &self.watermark)?;
        self.left.snapshot(state)?;
        self.right.snapshot(state)
    }

    fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        self.watermark = state.plain("watermark")?.into_iter().min().unwrap_or(time::MIN);
        self.left.restore(state)?;
        self.right.restore(state)
    }
}
