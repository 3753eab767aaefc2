//! A sink that counts and checksums the rows that it is given, and drops them.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use flow::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter, WriteBatch};

/// A row that can be checked without its order.
pub trait Checked: Send + 'static {
    /// A number of the row's content; the numbers of all rows are added.
    fn check(&self) -> u64;
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

/// The sink, and the answer that it gathers.
#[must_use]
pub fn checking<T: Checked>() -> (CheckSink<T>, Arc<Mutex<Answer>>) {
    let answer = Arc::default();
    (CheckSink { answer: Arc::clone(&answer), rows: std::marker::PhantomData }, answer)
}

/// Made by [`checking`].
pub struct CheckSink<T> {
    answer: Arc<Mutex<Answer>>,
    rows: std::marker::PhantomData<fn(T)>,
}

impl<T> fmt::Debug for CheckSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("checking")
    }
}

#[async_trait::async_trait]
impl<T: Checked> Sink for CheckSink<T> {
    type Item = T;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("checking", "it is for benchmarks only")
    }

    fn delivery(&self) -> Delivery {
        Delivery::AtMostOnce
    }

    async fn open(&mut self, _: &SinkContext) -> flow::Result<Box<dyn SinkWriter<T>>> {
        Ok(Box::new(Writer { answer: Arc::clone(&self.answer), gathered: Answer::default() }))
    }
}

struct Writer {
    answer: Arc<Mutex<Answer>>,
    gathered: Answer,
}

#[async_trait::async_trait]
impl<T: Checked> SinkWriter<T> for Writer {
    async fn write(&mut self, batch: &mut WriteBatch<T>) -> flow::Result<()> {
        self.gathered.take(&mut batch.rows);
        Ok(())
    }

    async fn flush(&mut self) -> flow::Result<()> {
        let mut answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        let gathered = std::mem::take(&mut self.gathered);
        answer.rows += gathered.rows;
        answer.checksum = answer.checksum.wrapping_add(gathered.checksum);
        Ok(())
    }
}
