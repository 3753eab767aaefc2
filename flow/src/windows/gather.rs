//! How the records of one window become its rows.

use super::grid::Number;
use super::time_window::TimeWindow;
use crate::element::Batch;
use crate::error::Result;
use crate::state::{Data, Key, StateReader, StateWriter};

/// What is kept of a key and a window, with the window's number.
pub(crate) type Kept<K, S> = (K, (Number, S));

/// How the records of one key in one window are gathered, and what rows they come to: an aggregate, a fold, the top few.
pub(crate) trait Gather<K, T>: Send + 'static {
    /// What is kept between records.
    type State: Data + Clone;
    /// The rows that a window comes to.
    type Row: Send + 'static;

    /// Whether the parts of a sliding window may be gathered once for all windows that share them, because merging them gives
    /// what gathering all records in the order of their coming would give.
    const SHARES: bool;

    /// What is kept of the first record.
    fn start(&self, record: &T, time: i64) -> Self::State;

    /// Adds a record.
    fn add(&self, state: &mut Self::State, record: &T, time: i64);

    /// Adds what was kept of a later part, or of a later session that has grown together with this one.
    fn merge(&self, state: &mut Self::State, other: Self::State);

    /// Whether what was merged can be taken out again, exactly.
    const RETRACTS: bool = false;

    /// Takes out what was merged before, and is not all that there is.
    fn retract(&self, state: &mut Self::State, merged: &Self::State) {
        let _ = (state, merged);
        unreachable!("only what says that it can is asked to");
    }

    /// Writes what tumbling and sliding windows keep to a snapshot: by its key, so that after a rebuild who has the key gets it.
    fn write<'a>(
        &self,
        name: &str,
        kept: impl Iterator<Item = (&'a K, (Number, &'a Self::State))>,
        state: &mut StateWriter,
    ) -> Result<()>
    where
        K: Key,
    {
        let kept: Vec<_> = kept.collect();
        state.keyed(name, kept.iter().map(|(key, kept)| (*key, kept)))
    }

    /// Reads what [`write`](Self::write) wrote: once for each key and window.
    fn read(&self, name: &str, state: &StateReader<'_>) -> Result<Vec<Kept<K, Self::State>>>
    where
        K: Key,
    {
        state.keyed(name)
    }

    /// What it comes to.
    fn rows(&self, key: &K, window: TimeWindow, state: &Self::State, emit: impl FnMut(Self::Row));
}

/// Where rows go.
pub(crate) trait Emit<R> {
    /// Rows from now on stand after this watermark.
    fn advance(&mut self, watermark: i64);

    /// Puts a row with its event time.
    fn emit(&mut self, row: R, time: i64);
}

/// The records of a batch, column by column.
#[derive(Debug)]
pub(crate) struct Columns<'a, K, T: 'static> {
    /// The key of each record, and the place of the record in the columns below.
    pub(crate) keys: &'a [K],
    pub(crate) places: &'a [u32],
    pub(crate) records: &'a [T],
    pub(crate) times: &'a [i64],
    /// The batch itself, which knows the watermark before each record if it has to.
    pub(crate) batch: &'a Batch<T>,
}

impl<'a, K, T> Columns<'a, K, T> {
    /// The records of a batch, with their keys. `all` holds 0, 1, 2, …, as many as were ever needed: the places of the records of
    /// a batch that is not sparse.
    pub(crate) fn new(batch: &'a Batch<T>, all: &'a mut Vec<u32>, keys: &'a [K]) -> Self {
        all.extend(all.len() as u32..keys.len() as u32);
        let places = batch.kept().unwrap_or(&all[..keys.len()]);
        Self { keys, places, records: batch.items(), times: batch.times(), batch }
    }

    /// The record that is the `at`-th of the batch: its key, itself, and its event time.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<(&'a K, &'a T, i64)> {
        let place = *self.places.get(at)? as usize;
        Some((self.keys.get(at)?, &self.records[place], self.times[place]))
    }

    /// Whether no record was left out of the batch.
    pub(crate) fn is_dense(&self) -> bool {
        self.batch.kept().is_none()
    }

    /// The records of a dense batch from the `at`-th on.
    #[inline]
    pub(crate) fn dense(&self, at: usize) -> impl Iterator<Item = (&'a K, &'a T, i64)> {
        let columns = self.keys[at..].iter().zip(&self.records[at..]).zip(&self.times[at..]);
        columns.map(|((key, record), &time)| (key, record, time))
    }

    /// The records from the `at`-th on.
    #[inline]
    pub(crate) fn sparse(&self, at: usize) -> impl Iterator<Item = (&'a K, &'a T, i64)> {
        let (records, times) = (self.records, self.times);
        let places = self.keys[at..].iter().zip(&self.places[at..]);
        places.map(move |(key, &place)| (key, &records[place as usize], times[place as usize]))
    }

    /// The watermark before the `at`-th.
    pub(crate) fn mark(&self, at: usize) -> i64 {
        self.batch.marks()[self.places[at] as usize]
    }

    /// The watermark after the last.
    #[inline]
    pub(crate) fn after(&self) -> i64 {
        self.batch.after()
    }
}
