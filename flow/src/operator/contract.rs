//! The contract of an operator.

use super::context::StageContext;
use super::output::Outputs;
use crate::element::{Batch, PartitionState};
use crate::error::Result;
use crate::state::{StateReader, StateWriter};
use crate::time::Timestamp;

/// The type of a side output that an operator does not have.
#[derive(Clone, Copy, Debug)]
pub enum Nothing {}

/// One step of a chain: takes batches of `In`, hands on `Out`, and on side outputs `Side`.
///
/// The engine calls it from one task at a time, in the order of its input. What an operator must do:
///
/// * Account for every record of a batch on the [`StageContext`]: passed, filtered, absorbed, late or rejected.
/// * Give the same answer wherever batches end: what a watermark in the middle of a batch fires, it fires there. An operator
///   that makes its own rows moves its outputs on with [`Outputs::advance`] as it passes the marks of a batch; the engine
///   does so for the batch's end, and hands watermarks on after [`on_watermark`](Self::on_watermark).
/// * Keep everything that later answers depend on in what [`snapshot`](Self::snapshot) writes.
pub trait Operator: Send + 'static {
    /// The records it takes.
    type In: Send + 'static;
    /// The records it hands on.
    type Out: Send + 'static;
    /// The records of its side outputs; [`Nothing`] if it has none.
    type Side: Send + 'static;

    /// Whether it takes batches that are [sparse](Batch::kept). If not, a filter before it moves records together.
    const SPARSE: bool = false;

    /// Takes a batch.
    ///
    /// # Errors
    /// What ends the job.
    fn on_batch(
        &mut self,
        batch: Batch<Self::In>,
        out: &mut Outputs<Self::Out, Self::Side>,
        cx: &mut StageContext<'_>,
    ) -> Result<()>;

    /// Takes a watermark that stands between batches. It never goes back, and is handed on afterwards.
    ///
    /// # Errors
    /// What ends the job.
    fn on_watermark(
        &mut self,
        watermark: i64,
        out: &mut Outputs<Self::Out, Self::Side>,
        cx: &mut StageContext<'_>,
    ) -> Result<()> {
        let _ = (watermark, out, cx);
        Ok(())
    }

    /// Whether the watermarks that come in go on behind what this makes of the records. A stage that makes watermarks of its own
    /// says no; only the last one, behind which nothing comes, goes on all the same.
    fn hands_watermarks_on(&self) -> bool {
        true
    }

    /// Takes what a source says of one of its partitions. True if that is to be handed on.
    ///
    /// # Errors
    /// What ends the job.
    fn on_partition(
        &mut self,
        split: u32,
        state: PartitionState,
        out: &mut Outputs<Self::Out, Self::Side>,
        cx: &mut StageContext<'_>,
    ) -> Result<bool> {
        let _ = (split, state, out, cx);
        Ok(true)
    }

    /// When [`on_timer`](Self::on_timer) wants to be called, in processing time.
    fn next_timer(&self) -> Option<Timestamp> {
        None
    }

    /// Called when the clock has reached [`next_timer`](Self::next_timer).
    ///
    /// # Errors
    /// What ends the job.
    fn on_timer(
        &mut self,
        now: Timestamp,
        out: &mut Outputs<Self::Out, Self::Side>,
        cx: &mut StageContext<'_>,
    ) -> Result<()> {
        let _ = (now, out, cx);
        Ok(())
    }

    /// Nothing comes any more. The watermark stands at its maximum before, unless the job was stopped.
    ///
    /// # Errors
    /// What ends the job.
    fn on_end(&mut self, out: &mut Outputs<Self::Out, Self::Side>, cx: &mut StageContext<'_>) -> Result<()> {
        let _ = (out, cx);
        Ok(())
    }

    /// Writes its state.
    ///
    /// # Errors
    /// When something refuses to be serialised.
    fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        let _ = state;
        Ok(())
    }

    /// Takes up the state that tasks of this operator wrote, before the first batch.
    ///
    /// # Errors
    /// When the bytes are of other types.
    fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        let _ = state;
        Ok(())
    }
}
