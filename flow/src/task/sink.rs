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
            let ready = poll_fn(|cx| match self.merger.poll_next(cx) {
                Poll::Pending if !clean && !self.merger.waits_its_turn() => Poll::Ready(None),
                polled => polled.map(Some),
            });
            let Some(element) = ready.await else {
                // Nothing more is ready: no row is to wait for the next one.
                self.writer.flush().await?;
                clean = true;
                continue;
            };
            match element? {
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
