//! A sink that counts and checksums the rows that it is given, and drops them; or keeps them, to be shown.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use flow::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter, WriteBatch};
use rustc_hash::FxHasher;

/// A row that can be checked without its order.
pub trait Checked: Send + Sync + 'static {
    /// A number of the row's content; the numbers of all rows are added.
    fn check(&self) -> u64;
}

/// The number of what can be hashed.
#[inline]
pub fn hashed<T: Hash>(row: &T) -> u64 {
    let mut hasher = FxHasher::default();
    row.hash(&mut hasher);
    hasher.finish()
}

/// What came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// How many rows.
    pub rows: u64,
    /// The sum of their numbers, wrapping.
    pub checksum: u64,
}

impl Answer {
    /// Takes the rows of a batch into account, and drops them.
    pub fn take<T: Checked>(&mut self, rows: &mut Vec<T>) {
        self.rows += rows.len() as u64;
        for row in rows.drain(..) {
            self.checksum = self.checksum.wrapping_add(row.check());
        }
    }
}

/// What a sink has taken.
#[derive(Clone, Debug)]
pub struct Taken<R> {
    /// What is known of the rows.
    pub answer: Answer,
    /// The rows themselves, if they are kept.
    pub kept: Option<Vec<R>>,
}

impl<R> Default for Taken<R> {
    /// Rows are dropped.
    fn default() -> Self {
        Self { answer: Answer::default(), kept: None }
    }
}

impl<R: Checked> Taken<R> {
    /// Rows are kept.
    #[must_use]
    pub fn keeping() -> Self {
        Self { answer: Answer::default(), kept: Some(Vec::new()) }
    }

    /// Nothing taken, and to be kept as here.
    #[must_use]
    pub fn like(&self) -> Self {
        if self.kept.is_some() { Self::keeping() } else { Self::default() }
    }

    /// Takes the rows of a batch, and leaves none.
    #[inline]
    pub fn take(&mut self, rows: &mut Vec<R>) {
        match &mut self.kept {
            None => self.answer.take(rows),
            Some(kept) => kept.append(rows),
        }
    }

    /// Adds what another one has taken.
    pub fn join(&mut self, other: Self) {
        self.answer.rows += other.answer.rows;
        self.answer.checksum = self.answer.checksum.wrapping_add(other.answer.checksum);
        match &mut self.kept {
            Some(kept) => kept.extend(other.kept.into_iter().flatten()),
            None => self.kept = other.kept,
        }
    }
}

/// The sink, and what it has taken when the job has ended.
#[must_use]
pub fn checking<T: Checked>() -> (TakingSink<T>, Arc<Mutex<Taken<T>>>) {
    taking(Taken::default())
}

/// The same, with the rows kept or not.
#[must_use]
pub fn taking<T: Checked>(empty: Taken<T>) -> (TakingSink<T>, Arc<Mutex<Taken<T>>>) {
    let taken = Arc::new(Mutex::new(empty));
    (TakingSink(Arc::clone(&taken)), taken)
}

/// What is in it, when the job has ended.
#[must_use]
pub fn answer<T>(taken: &Mutex<Taken<T>>) -> Answer {
    taken.lock().unwrap_or_else(PoisonError::into_inner).answer
}

/// Made by [`taking`].
pub struct TakingSink<T>(Arc<Mutex<Taken<T>>>);

impl<T> fmt::Debug for TakingSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("taking")
    }
}

#[async_trait::async_trait]
impl<T: Checked> Sink for TakingSink<T> {
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("taking", "it is for benchmarks only")
    }

    fn delivery(&self) -> Delivery {
        Delivery::AtMostOnce
    }

    async fn open(&mut self, _: &SinkContext) -> flow::Result<Box<dyn SinkWriter<T>>> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).like();
        Ok(Box::new(Writer { all: Arc::clone(&self.0), taken }))
    }
}

struct Writer<T> {
    all: Arc<Mutex<Taken<T>>>,
    taken: Taken<T>,
}

#[async_trait::async_trait]
impl<T: Checked> SinkWriter<T> for Writer<T> {
    async fn write(&mut self, batch: &mut WriteBatch<T>) -> flow::Result<()> {
        self.taken.take(&mut batch.rows);
        Ok(())
    }

    async fn flush(&mut self) -> flow::Result<()> {
        let fresh = self.taken.like();
        let taken = std::mem::replace(&mut self.taken, fresh);
        self.all.lock().unwrap_or_else(PoisonError::into_inner).join(taken);
        Ok(())
    }
}
