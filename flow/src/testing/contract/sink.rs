//! The promises of a sink.

use super::breach::{Breaches, Findings, difference};
use super::drive::{Dice, at_most, runtime, sink_context, within};
use crate::connector::{Delivery, Sink, SinkWriter, SinkWriters, WriteBatch};
use crate::error::Result;
use std::fmt::{self, Debug};
use std::time::Duration;
use tokio::runtime::Runtime;

/// Puts a sink through everything that [`Sink`](crate::connector::Sink) and its writer promise, by the delivery that it declares.
///
/// `make` gives a sink at an empty place, and a function that reads what can be seen at that place, from its beginning; a new place
/// each time. `rows` are written, and `expected` is what is then to be read there.
///
/// # Errors
/// Every promise that was found broken.
///
/// ```
/// use flow::prelude::*;
/// let make = || {
///     let (rows, sink) = sinks::collect();
///     (sink, move || rows.rows())
/// };
/// flow::testing::check_sink(make, vec![1, 2, 3], vec![1, 2, 3])?;
/// # Ok::<(), flow::testing::Breaches>(())
/// ```
pub fn check_sink<S, R, Row>(make: impl Fn() -> (S, R), rows: Vec<S::Item>, expected: Vec<Row>) -> Result<(), Breaches>
where
    S: Sink,
    S::Item: Clone,
    R: FnMut() -> Vec<Row>,
    Row: Debug,
{
    SinkContract::new(make, rows).expects(expected).check()
}

/// A sink's promises, and what is known of the sink: a check with settings. See [`check_sink`].
pub struct SinkContract<M, T> {
    make: M,
    rows: Vec<T>,
    expected: Vec<String>,
    virtual_time: bool,
    patience: Duration,
}

impl<M, T> Debug for SinkContract<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkContract").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

const ARRIVES: &str = "what is written and committed can be read";
const HIDDEN: &str = "rows of a transactional sink are not seen before the commit";
const TAKEN_BACK: &str = "abort takes back what was not committed";
const FLUSHED: &str = "flush returns when the rows are where they are to be";
const EPOCHS: &str = "each epoch's rows appear once, by its own commit";
const DROPPED: &str = "a write that is dropped writes no row twice and none that it was not given";
const AGAIN: &str = "rows that come twice change nothing in a sink that is idempotent by key";
const OPENS: &str = "a sink can be opened and written to";

impl<S, R, Row, M> SinkContract<M, S::Item>
where
    S: Sink,
    S::Item: Clone,
    R: FnMut() -> Vec<Row>,
    Row: Debug,
    M: Fn() -> (S, R),
{
    /// The contract of the sinks that `make` makes, with rows that are written to each.
    pub fn new(make: M, rows: Vec<S::Item>) -> Self {
        Self { make, rows, expected: Vec::new(), virtual_time: false, patience: Duration::from_secs(10) }
    }

    /// What is to be read when the rows were written.
    #[must_use]
    pub fn expects(self, rows: Vec<Row>) -> Self {
        Self { expected: texts(rows), ..self }
    }

    /// Lets tokio's clock jump when everything waits. Not for a sink that waits for something outside of the process.
    #[must_use]
    pub fn virtual_time(self) -> Self {
        Self { virtual_time: true, ..self }
    }

    /// How long a call may take before it counts as hanging; 10 seconds if this is not called.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Checks all promises.
    ///
    /// # Errors
    /// Every promise that was found broken.
    pub fn check(self) -> Result<(), Breaches> {
        let mut findings = Findings::default();
        let runtime = match runtime(self.virtual_time) {
            Ok(runtime) => runtime,
            Err(error) => {
                findings.add(OPENS, error.to_string());
                return findings.finish();
            }
        };
        let checks = [Self::ends_well, Self::ends_badly, Self::epochs, Self::dropped, Self::twice, Self::several];
        for check in checks {
            if let Err(error) = check(&self, &runtime, &mut findings) {
                findings.add(OPENS, error.to_string());
            }
        }
        findings.finish()
    }

    /// A sink at a new place, its writer, and how to read there.
    fn place(&self, runtime: &Runtime) -> Result<(Place<S::Item, R>, Delivery)> {
        let (mut sink, read) = (self.make)();
        let delivery = sink.delivery();
        let writer = runtime.block_on(within(self.patience, sink.open(&sink_context(0, 1))))?;
        Ok((Place { writer, read, patience: self.patience }, delivery))
    }

    fn batches(&self, length: usize) -> Vec<Vec<S::Item>> {
        let mut batches: Vec<_> = self.rows.chunks(length.max(1)).map(<[_]>::to_vec).collect();
        batches.push(Vec::new());
        batches
    }

    fn wrong(&self, found: &[String], delivery: Delivery) -> Option<String> {
        if delivery == Delivery::AtMostOnce { beyond(found, &self.expected) } else { difference(found, &self.expected) }
    }

    fn ends_well(&self, runtime: &Runtime, findings: &mut Findings) -> Result<()> {
        for length in [1, 7, self.rows.len()] {
            let (mut place, delivery) = self.place(runtime)?;
            runtime.block_on(place.write(self.batches(length)))?;
            runtime.block_on(place.flush())?;
            let seen = place.seen();
            if delivery < Delivery::MarkerAtomic {
                findings.wrong(FLUSHED, self.wrong(&seen, delivery));
            }
            runtime.block_on(place.prepare(1))?;
            if delivery == Delivery::Transactional {
                findings.wrong(HIDDEN, beyond(&place.seen(), &[]));
            }
            runtime.block_on(place.commit(1))?;
            runtime.block_on(within(self.patience, place.writer.close()))?;
            findings.wrong(ARRIVES, self.wrong(&place.seen(), delivery));
        }
        Ok(())
    }

    /// A job that fails at any step.
    fn ends_badly(&self, runtime: &Runtime, findings: &mut Findings) -> Result<()> {
        for (written, prepared, aborted) in
            [(false, false, true), (true, false, true), (true, true, true), (true, false, false), (true, true, false)]
        {
            let (mut place, delivery) = self.place(runtime)?;
            if written {
                runtime.block_on(place.write(self.batches(7)))?;
            }
            if prepared {
                runtime.block_on(place.flush())?;
                runtime.block_on(place.prepare(1))?;
            }
            if aborted {
                runtime.block_on(within(self.patience, place.writer.abort(1)))?;
            }
            // Without an abort: the process that a job runs in drops everything.
            let Place { writer, mut read, .. } = place;
            drop(writer);
            if delivery == Delivery::Transactional {
                findings.wrong(TAKEN_BACK, beyond(&texts(read()), &[]));
            }
        }
        Ok(())
    }

    /// Several epochs, one after the other, the last of which fails.
    fn epochs(&self, runtime: &Runtime, findings: &mut Findings) -> Result<()> {
        let (mut place, delivery) = self.place(runtime)?;
        let half = self.rows.len() / 2;
        for (epoch, rows) in [(1, &self.rows[..half]), (2, &[]), (3, &self.rows[half..])] {
            runtime.block_on(place.write(vec![rows.to_vec()]))?;
            runtime.block_on(place.flush())?;
            runtime.block_on(place.prepare(epoch))?;
            runtime.block_on(place.commit(epoch))?;
        }
        findings.wrong(EPOCHS, self.wrong(&place.seen(), delivery));
        if delivery == Delivery::Transactional {
            runtime.block_on(place.write(vec![self.rows.clone()]))?;
            runtime.block_on(place.prepare(4))?;
            runtime.block_on(within(self.patience, place.writer.abort(4)))?;
            findings.wrong(TAKEN_BACK, self.wrong(&place.seen(), delivery));
        }
        Ok(())
    }

    /// Writes that are dropped at some poll, as when a job is cancelled.
    fn dropped(&self, runtime: &Runtime, findings: &mut Findings) -> Result<()> {
        let mut dice = Dice(0x2545_F491);
        for _ in 0..10 {
            let (mut place, delivery) = self.place(runtime)?;
            runtime.block_on(async {
                for rows in self.batches(3) {
                    let mut batch = WriteBatch { rows, times: Vec::new() };
                    let work = at_most(dice.roll(3) + 1, place.writer.write(&mut batch));
                    if within(self.patience, async { Ok(work.await) }).await?.is_none() {
                        break;
                    }
                }
                within(self.patience, place.writer.abort(1)).await
            })?;
            let seen = place.seen();
            if delivery == Delivery::Transactional {
                findings.wrong(TAKEN_BACK, beyond(&seen, &[]));
            } else if delivery != Delivery::IdempotentByKey {
                // Of a table, what is seen depends on how far the writing came.
                findings.wrong(DROPPED, beyond(&seen, &self.expected));
            }
        }
        Ok(())
    }

    fn twice(&self, runtime: &Runtime, findings: &mut Findings) -> Result<()> {
        let (mut place, delivery) = self.place(runtime)?;
        if delivery == Delivery::IdempotentByKey {
            for epoch in [1, 2] {
                runtime.block_on(place.write(self.batches(7)))?;
                runtime.block_on(place.flush())?;
                runtime.block_on(place.prepare(epoch))?;
                runtime.block_on(place.commit(epoch))?;
            }
            findings.wrong(AGAIN, difference(&place.seen(), &self.expected));
        }
        Ok(())
    }

    /// As many writers as there are tasks, if the sink says that it can have them.
    fn several(&self, runtime: &Runtime, findings: &mut Findings) -> Result<()> {
        let (mut sink, mut read) = (self.make)();
        if sink.writers() == SinkWriters::One || sink.delivery() == Delivery::IdempotentByKey {
            return Ok(());
        }
        let half = self.rows.len() / 2;
        runtime.block_on(within(self.patience, async {
            let mut writers = vec![sink.open(&sink_context(0, 2)).await?, sink.open(&sink_context(1, 2)).await?];
            for (writer, rows) in writers.iter_mut().zip([&self.rows[..half], &self.rows[half..]]) {
                writer.write(&mut WriteBatch { rows: rows.to_vec(), times: Vec::new() }).await?;
                writer.flush().await?;
                writer.prepare(1).await?;
            }
            for writer in &mut writers {
                writer.commit(1).await?;
                writer.close().await?;
            }
            Ok(())
        }))?;
        let (mut seen, mut wanted) = (texts(read()), self.expected.clone());
        seen.sort();
        wanted.sort();
        let wrong =
            if sink.delivery() == Delivery::AtMostOnce { beyond(&seen, &wanted) } else { difference(&seen, &wanted) };
        findings.wrong(ARRIVES, wrong);
        Ok(())
    }
}

impl Findings {
    fn wrong(&mut self, promise: &'static str, wrong: Option<String>) {
        if let Some(found) = wrong {
            self.add(promise, found);
        }
    }
}

/// A writer, and how to read what it has written.
struct Place<T: Send + 'static, R> {
    writer: Box<dyn SinkWriter<T>>,
    read: R,
    patience: Duration,
}

impl<T: Send + 'static, R> Place<T, R> {
    async fn write(&mut self, batches: Vec<Vec<T>>) -> Result<()> {
        for rows in batches {
            let mut batch = WriteBatch { rows, times: Vec::new() };
            within(self.patience, self.writer.write(&mut batch)).await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        within(self.patience, self.writer.flush()).await
    }

    async fn prepare(&mut self, epoch: u64) -> Result<()> {
        within(self.patience, self.writer.prepare(epoch)).await
    }

    async fn commit(&mut self, epoch: u64) -> Result<()> {
        within(self.patience, self.writer.commit(epoch)).await
    }

    /// Outside of async code: reading may wait.
    fn seen<Row: Debug>(&mut self) -> Vec<String>
    where
        R: FnMut() -> Vec<Row>,
    {
        texts((self.read)())
    }
}

fn texts<Row: Debug>(rows: Vec<Row>) -> Vec<String> {
    rows.iter().map(|row| format!("{row:?}")).collect()
}

/// The rows that are seen and should not be: more often than they were expected at all.
fn beyond(seen: &[String], allowed: &[String]) -> Option<String> {
    let mut left = allowed.to_vec();
    let more: Vec<_> = seen
        .iter()
        .filter(|row| match left.iter().position(|allowed| allowed == *row) {
            Some(at) => {
                left.swap_remove(at);
                false
            }
            None => true,
        })
        .collect();
    more.first().map(|first| format!("{} of {} rows that are seen should not be, as `{first}`", more.len(), seen.len()))
}
