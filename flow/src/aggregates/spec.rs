//! What a stage computes: one aggregate, or a tuple of them.

use super::describe::Described;
use crate::state::Data;
use crate::time::Timestamp;

/// What a stage computes over the records of a window or a key: one aggregate, or a tuple of up to twelve.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no aggregate over `{T}`",
    note = "give an aggregate such as `of.count()`, or a tuple of 1 to 12: `(of.count(), of.sum(|o| o.amount))`"
)]
pub trait AggregateSpec<T>: Send + Sync + 'static {
    /// What is kept between records.
    type Accumulator: Data + Clone;
    /// What it comes to.
    type Output;

    /// What is kept of the first record.
    fn start(&self, record: &T, time: Timestamp) -> Self::Accumulator;

    /// Adds a record.
    fn add(&self, accumulator: &mut Self::Accumulator, record: &T, time: Timestamp);

    /// Adds what was kept of other records.
    fn merge(&self, accumulator: &mut Self::Accumulator, other: Self::Accumulator);

    /// Whether what was merged can be taken out again, exactly: then a sliding window need not look at all of its records
    /// anew.
    const RETRACTS: bool = false;

    /// Takes out what was merged before, and is not all that there is. Called only if [`RETRACTS`](Self::RETRACTS).
    fn retract(&self, accumulator: &mut Self::Accumulator, merged: &Self::Accumulator) {
        let _ = (accumulator, merged);
    }

    /// What it comes to.
    fn result(&self, accumulator: &Self::Accumulator) -> Self::Output;

    /// The aggregates in it, for the IR.
    fn describe(&self) -> Vec<Described>;

    /// What these records come to, in this order; nothing, if there are none.
    fn of_all(&self, records: &[(T, Timestamp)]) -> Option<Self::Output> {
        let ((first, time), rest) = records.split_first()?;
        let mut accumulator = self.start(first, *time);
        rest.iter().for_each(|(record, time)| self.add(&mut accumulator, record, *time));
        Some(self.result(&accumulator))
    }
}
