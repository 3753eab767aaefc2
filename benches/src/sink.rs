//! A sink that counts and checksums the rows that it is given, and drops them; or keeps them, to be shown.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use flow::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter, WriteBatch};
use rustc_hash::FxHasher;

/// A row that can be checked without its order.
pub trait Checked: Send + 'static {
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

/// What becomes of rows.
pub trait Takes<T>: Default + Send + 'static {
    /// Takes the rows of a batch, and leaves none.
    fn take(&mut self, rows: &mut Vec<T>);

    /// Adds what another one has taken.
    fn join(&mut self, other: Self);
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

impl<T: Checked> Takes<T> for Answer {
    fn take(&mut self, rows: &mut Vec<T>) {
        Self::take(self, rows);
    }

    fn join(&mut self, other: Self) {
        self.rows += other.rows;
        self.checksum = self.checksum.wrapping_add(other.checksum);
    }
}

impl<T: Send + 'static> Takes<T> for Vec<T> {
    fn take(&mut self, rows: &mut Self) {
        self.append(rows);
    }

    fn join(&mut self, mut other: Self) {
        self.append(&mut other);
    }
}

/// The sink, and the answer that it gathers.
#[must_use]
pub fn checking<T: Checked>() -> (TakingSink<T, Answer>, Arc<Mutex<Answer>>) {
    taking()
}

/// The sink, and what it has taken when the job has ended.
#[must_use]
pub fn taking<T, G: Takes<T>>() -> (TakingSink<T, G>, Arc<Mutex<G>>) {
    let taken = Arc::default();
    (TakingSink { taken: Arc::clone(&taken), rows: std::marker::PhantomData }, taken)
}

/// Made by [`taking`].
pub struct TakingSink<T, G> {
    taken: Arc<Mutex<G>>,
    rows: std::marker::PhantomData<fn(T)>,
}

impl<T, G> fmt::Debug for TakingSink<T, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("taking")
    }
}

#[async_trait::async_trait]
impl<T: Send + 'static, G: Takes<T>> Sink for TakingSink<T, G> {
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("taking", "it is for benchmarks only")
    }

    fn delivery(&self) -> Delivery {
        Delivery::AtMostOnce
    }

    async fn open(&mut self, _: &SinkContext) -> flow::Result<Box<dyn SinkWriter<T>>> {
        Ok(Box::new(Writer { all: Arc::clone(&self.taken), taken: G::default() }))
    }
}

struct Writer<G> {
    all: Arc<Mutex<G>>,
    taken: G,
}

#[async_trait::async_trait]
impl<T: Send + 'static, G: Takes<T>> SinkWriter<T> for Writer<G> {
    async fn write(&mut self, batch: &mut WriteBatch<T>) -> flow::Result<()> {
        self.taken.take(&mut batch.rows);
        Ok(())
    }

    async fn flush(&mut self) -> flow::Result<()> {
        let taken = std::mem::take(&mut self.taken);
        self.all.lock().unwrap_or_else(PoisonError::into_inner).join(taken);
        Ok(())
    }
}
