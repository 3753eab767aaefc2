//! A task that writes to a sink.

use super::control::{Control, Decision, Task, TaskEvent};
use super::merge::Merger;
use crate::connector::{SinkWriter, WriteBatch};
use crate::element::Element;
use crate::error::{Error, ErrorKind, Result};
use crate::operator::{Ledger, StageInfo};
use crate::state::Snapshot;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Poll;

/// Writes what its edges bring.
pub(crate) struct SinkTask<T: Send + 'static> {
    pub(crate) merger: Merger<T>,
    pub(crate) writer: Box<dyn SinkWriter<T>>,
    pub(crate) info: Arc<StageInfo>,
    pub(crate) ledger: Arc<Ledger>,
    /// The epoch that is being written.
    pub(crate) epoch: u64,
}

impl<T: Send + 'static> SinkTask<T> {
    async fn work(mut self, mut control: Control) -> Result<()> {
        let cancel = control.cancel.clone();
        let written = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(Error::new(ErrorKind::Cancelled, "the job was cancelled")),
            written = guarded(self.write(&control)) => written,
        };
        let decided = match written {
            Ok(()) => {
                control.tell(TaskEvent::Prepared { task: control.task }).await;
                tokio::select! {
                    biased;
                    decided = control.decision.wait_for(|decision| *decision != Decision::Open) => {
                        decided.map(|_| ()).map_err(|_| Error::new(ErrorKind::Cancelled, "the job is gone"))
                    }
                    () = cancel.cancelled() => Err(Error::new(ErrorKind::Cancelled, "the job was cancelled")),
                }
            }
            Err(error) => Err(error),
        };
        let reference = self.info.reference.clone();
        match decided {
            Ok(()) => {
                let ended = async {
                    self.writer.commit(self.epoch).await?;
                    self.writer.close().await
                };
                guarded(ended).await.map_err(|error| error.at(&reference))
            }
            Err(error) => {
                // What went wrong first is what the user has to hear; a sink that cannot tidy up says so in the log.
                if let Err(left) = guarded(self.writer.abort(self.epoch)).await {
                    tracing::error!(stage = %reference.name, error = %left, "the sink could not be taken back");
                }
                Err(error.at(&reference))
            }
        }
    }

    /// Writes until the end, and prepares the last epoch.
    async fn write(&mut self, control: &Control) -> Result<()> {
        let mut clean = true;
        loop {
            let Some(element) = self.next_or_flush(&mut clean).await? else { continue };
            match element {
                Element::Batch(batch) => {
                    let rows = batch.len();
                    self.ledger.entered(rows);
                    let times = batch.times().to_vec();
                    let mut batch = WriteBatch { rows: batch.into_items(), times };
                    self.writer.write(&mut batch).await?;
                    self.ledger.passed(rows);
                    clean = false;
                }
                Element::Barrier(barrier) => {
                    self.writer.flush().await?;
                    clean = true;
                    control.passed(barrier.epoch, Snapshot::default()).await;
                }
                Element::Watermark(watermark) => self.ledger.set_watermark(watermark),
                Element::Partition(..) | Element::Idle => {}
                Element::End => {
                    self.writer.flush().await?;
                    return self.writer.prepare(self.epoch).await;
                }
            }
            tokio::task::coop::consume_budget().await;
        }
    }

    /// What comes next. When nothing is ready, flushes what was written, for no row is to wait for the next one.
    async fn next_or_flush(&mut self, clean: &mut bool) -> Result<Option<Element<T>>> {
        let Self { merger, writer, .. } = self;
        if *clean {
            return poll_fn(|cx| merger.poll_next(cx)).await.map(Some);
        }
        if writer.flush_resumes() {
            tokio::select! {
                biased;
                element = poll_fn(|cx| merger.poll_next(cx)) => return element.map(Some),
                flushed = writer.flush() => flushed?,
            }
        } else {
            let ready = poll_fn(|cx| match merger.poll_next(cx) {
                Poll::Pending if !merger.waits_its_turn() => Poll::Ready(None),
                polled => polled.map(Some),
            });
            if let Some(element) = ready.await {
                return element.map(Some);
            }
            writer.flush().await?;
        }
        *clean = true;
        Ok(None)
    }
}

/// A panic in a user's code becomes an error.
async fn guarded(work: impl Future<Output = Result<()>>) -> Result<()> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|payload| Err(Error::from_panic(&*payload)))
}

impl<T: Send + 'static> Task for SinkTask<T> {
    fn name(&self) -> String {
        self.info.name.to_string()
    }

    fn run(self: Box<Self>, control: Control) -> BoxFuture<'static, Result<()>> {
        Box::pin(self.work(control))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::{Delivery, Endpoint, Sink, SinkContext};
    use crate::{Pipeline, sources};
    use async_trait::async_trait;
    use tokio::sync::mpsc;

    /// Its flush waits until the rows that it has written are three.
    struct Three {
        resumes: bool,
        written: usize,
        tells: mpsc::Sender<usize>,
    }

    #[async_trait]
    impl Sink for Three {
        type Item = i64;
        fn describe(&self) -> Endpoint {
            Endpoint::opaque("three", "nothing")
        }
        fn delivery(&self) -> Delivery {
            Delivery::AtLeastOnce
        }
        async fn open(&mut self, _: &SinkContext) -> Result<Box<dyn SinkWriter<i64>>> {
            Ok(Box::new(Self { resumes: self.resumes, written: 0, tells: self.tells.clone() }))
        }
    }

    #[async_trait]
    impl SinkWriter<i64> for Three {
        async fn write(&mut self, batch: &mut WriteBatch<i64>) -> Result<()> {
            self.written += batch.rows.len();
            self.tells.send(self.written).await.map_err(|_| Error::new(ErrorKind::Io, "nobody listens"))
        }
        async fn flush(&mut self) -> Result<()> {
            if self.written < 3 { std::future::pending().await } else { Ok(()) }
        }
        fn flush_resumes(&self) -> bool {
            self.resumes
        }
    }

    #[tokio::test(start_paused = true)]
    async fn rows_are_written_while_a_flush_that_can_be_resumed_waits() {
        for (resumes, wanted) in [(true, &[1, 2, 3][..]), (false, &[1])] {
            let (tells, mut written) = mpsc::channel(10);
            let (handle, source) = sources::channel(10);
            let pipeline = Pipeline::new("three");
            pipeline.source(source).sink(Three { resumes, written: 0, tells });
            let job = pipeline.start().await.unwrap();
            let mut seen = Vec::new();
            for row in 0..3 {
                handle.send(row).await.unwrap();
                let next = tokio::time::timeout(std::time::Duration::from_secs(1), written.recv()).await;
                seen.extend(next.ok().flatten());
            }
            assert_eq!(seen, wanted, "resumes: {resumes}");
            drop(handle);
            if resumes { drop(job.wait().await.unwrap()) } else { job.cancel() }
        }
    }
}
