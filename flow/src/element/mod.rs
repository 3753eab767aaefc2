//! What travels on an edge: batches of records, and control between them.

mod batch;
mod gathered;
mod marks;
mod pool;
mod sparse;
mod upsert;

pub use batch::{Batch, Drain, Item};
pub(crate) use gathered::{Combine, Combiner, Gathered};
pub(crate) use marks::Lagging;
pub use upsert::Upsert;

/// How many records a batch holds before it is passed on, unless the pipeline says otherwise.
pub const BATCH_SIZE: usize = 1024;

/// One thing on an edge. Order on an edge is kept, so control stands exactly between the records around it.
#[derive(Debug)]
pub enum Element<T: 'static> {
    /// Records, with what the watermark was before each of them.
    Batch(Batch<T>),
    /// No record with an earlier or equal event time is expected any more.
    Watermark(i64),
    /// A checkpoint's barrier: what stands before it belongs to the epoch, what comes after does not.
    Barrier(Barrier),
    /// What a source says of one of its partitions; a watermark stage takes it in, everything else hands it on.
    Partition(u32, PartitionState),
    /// Nothing is to be expected from this edge for now: watermarks do not wait for it. Anything else ends that.
    Idle,
    /// Nothing comes any more.
    End,
}

/// The mark between two epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Barrier {
    /// The number of the epoch that ends here, from 1.
    pub epoch: u64,
}

/// Whether a watermark has to wait for a source partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionState {
    /// It has, or will have, records.
    Active,
    /// It had nothing to read for the pipeline's idle time-out.
    Idle,
    /// It has been read to its end.
    Ended,
    /// It was taken away: another task or process reads it now.
    Gone,
}

impl<T: 'static> Element<T> {
    /// A copy, with batches copied by `batch`.
    pub(crate) fn copy(&self, batch: impl FnOnce(&Batch<T>) -> Batch<T>) -> Self {
        match self {
            Self::Batch(records) => Self::Batch(batch(records)),
            Self::Watermark(watermark) => Self::Watermark(*watermark),
            Self::Barrier(barrier) => Self::Barrier(*barrier),
            Self::Partition(split, state) => Self::Partition(*split, *state),
            Self::Idle => Self::Idle,
            Self::End => Self::End,
        }
    }

    /// The same control element for an edge of another type, if it is control.
    #[allow(clippy::result_large_err, reason = "a batch is no error, and is not passed up")]
    pub(crate) fn control<U: 'static>(self) -> Result<Element<U>, Batch<T>> {
        Ok(match self {
            Self::Batch(batch) => return Err(batch),
            Self::Watermark(watermark) => Element::Watermark(watermark),
            Self::Barrier(barrier) => Element::Barrier(barrier),
            Self::Partition(split, state) => Element::Partition(split, state),
            Self::Idle => Element::Idle,
            Self::End => Element::End,
        })
    }
}
