//! A task that reads a source.

use super::chain::Chain;
use super::commit::ToCommit;
use super::control::{Control, Decision, Mode, Task, TaskEvent};
use crate::connector::{Event, Malformed, Position, ReadBuffer, ReadState, SourceReader, Split};
use crate::element::{Barrier, Element, PartitionState};
use crate::error::{Error, ErrorKind, Result};
use crate::operator::{Ledger, Rejected, StageContext, StageInfo};
use crate::state::StateWriter;
use crate::time;
use futures::FutureExt;
use futures::future::BoxFuture;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// One partition that the task reads.
pub(crate) struct SourceSplit {
    /// Its number in the job.
    pub(crate) number: u32,
    pub(crate) split: Split,
    /// When it last had something, not counting the time that the task waited for room.
    active: Instant,
    state: PartitionState,
}

impl SourceSplit {
    pub(crate) fn new(number: u32, split: Split) -> Self {
        Self { number, split, active: Instant::now(), state: PartitionState::Active }
    }
}

/// Reads some partitions of a source and hands on what it reads.
pub(crate) struct SourceTask<T: Send + 'static> {
    pub(crate) reader: Box<dyn SourceReader<T>>,
    pub(crate) splits: Vec<SourceSplit>,
    pub(crate) chain: Chain<T>,
    pub(crate) buffer: ReadBuffer<T>,
    pub(crate) info: Arc<StageInfo>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) idle_timeout: Option<Duration>,
    /// The last watermark that the source itself has set.
    pub(crate) watermark: i64,
    /// The last epoch whose barrier was sent.
    pub(crate) epoch: u64,
    /// What is to be committed, if the source keeps positions.
    pub(crate) commits: Option<ToCommit>,
}

impl<T: Send + 'static> SourceTask<T> {
    async fn work(mut self, mut control: Control) -> Result<()> {
        let mut all = true;
        // A watermark waits for every partition from the first record on, whichever is read first.
        for number in self.splits.iter().map(|split| split.number) {
            self.chain.push(Element::Partition(number, PartitionState::Active))?;
        }
        loop {
            self.flush(all).await?;
            if self.obey(&mut control).await? {
                return self.end(false, &mut control).await;
            }
            let deadline = self.idle_deadline();
            let Self { reader, buffer, chain, .. } = &mut self;
            let read = async {
                let mut read = pin!(AssertUnwindSafe(reader.read(buffer)).catch_unwind());
                let sent_or_read = |cx: &mut Context<'_>| match read.as_mut().poll(cx) {
                    // Nothing comes: no record is to wait in a batch that is not full for the next one.
                    Poll::Pending => match chain.poll_flush(cx, true) {
                        Poll::Ready(Err(error)) => Poll::Ready(Ok(Err(error))),
                        _ => Poll::Pending,
                    },
                    read => read,
                };
                poll_fn(sent_or_read).await
            };
            let read = tokio::select! {
                biased;
                changed = control.command.changed() => {
                    if changed.is_err() {
                        return Err(Error::new(ErrorKind::Cancelled, "the job is gone"));
                    }
                    // A read that was given up may have put records: they count as read, so they go before a barrier or the end.
                    self.hand_on(&control).await?;
                    continue;
                }
                read = read => read.unwrap_or_else(|payload| Err(Error::from_panic(&*payload))),
                () = sleep_until(deadline) => {
                    self.hand_on(&control).await?;
                    self.mark_idle()?;
                    all = true;
                    continue;
                }
            };
            let state = read.map_err(|error| error.at(&self.info.reference))?;
            // A reader that did not fill its buffer had nothing more ready: nothing is to wait for the next record.
            all = !self.buffer.is_full();
            self.hand_on(&control).await?;
            if state == ReadState::Finished {
                self.flush(true).await?;
                return self.end(true, &mut control).await;
            }
            tokio::task::coop::consume_budget().await;
        }
    }

    /// Makes room; the time that this takes makes no partition idle.
    async fn flush(&mut self, all: bool) -> Result<()> {
        let before = self.idle_timeout.map(|_| Instant::now());
        poll_fn(|cx| self.chain.poll_flush(cx, all)).await?;
        if let Some(before) = before {
            let waited = before.elapsed();
            for split in &mut self.splits {
                split.active += waited;
            }
        }
        Ok(())
    }

    /// Sends the barriers that are asked for. True if no more is to be read.
    async fn obey(&mut self, control: &mut Control) -> Result<bool> {
        let command = *control.command.borrow_and_update();
        while self.epoch < command.epoch {
            self.epoch += 1;
            let mut writer = StateWriter::default();
            writer.plain("positions", &self.positions()?)?;
            self.chain.cx.keep(&self.info.id, writer.finish());
            let epoch = self.epoch;
            self.keep_positions(epoch)?;
            self.chain.pass_barrier(Element::Barrier(Barrier { epoch }), epoch, control).await?;
            self.flush(true).await?;
        }
        if let Some(positions) = self.commits.as_mut().and_then(|commits| commits.take_out(command.out)) {
            self.commit(&positions).await?;
        }
        if command.mode == Mode::Drain {
            self.chain.push(Element::Watermark(time::MAX))?;
        }
        Ok(command.mode != Mode::Run)
    }

    fn positions(&self) -> Result<Vec<(String, Position)>> {
        let named = |(at, split): (usize, &SourceSplit)| Ok((split.split.name.to_string(), self.reader.position(at)?));
        self.splits.iter().enumerate().map(named).collect()
    }

    /// Notes what is to be committed when the epoch is out.
    fn keep_positions(&mut self, epoch: u64) -> Result<()> {
        if !self.commits.as_ref().is_some_and(ToCommit::as_it_goes) {
            return Ok(());
        }
        let positions = self.all_positions()?;
        if let Some(commits) = &mut self.commits {
            commits.keep(epoch, positions);
        }
        Ok(())
    }

    fn all_positions(&self) -> Result<Vec<(usize, Position)>> {
        (0..self.splits.len()).map(|at| Ok((at, self.reader.position(at)?))).collect()
    }

    async fn commit(&mut self, positions: &[(usize, Position)]) -> Result<()> {
        let committed = AssertUnwindSafe(self.reader.commit(positions)).catch_unwind().await;
        let committed = committed.unwrap_or_else(|payload| Err(Error::from_panic(&*payload)));
        committed.map_err(|error| error.at(&self.info.reference))
    }

    /// Ends what follows, commits what was read when all of it is out, and closes the reader.
    async fn end(mut self, complete: bool, control: &mut Control) -> Result<()> {
        let commits = self.commits_last(control);
        if commits {
            self.keep_last()?;
        } else {
            self.close().await?;
        }
        if complete {
            self.chain.push(Element::Watermark(time::MAX))?;
        }
        self.chain.push(Element::End)?;
        self.flush(true).await?;
        if !commits {
            return Ok(());
        }
        control.tell(TaskEvent::Finished { task: control.task }).await;
        let committed = control.decision.wait_for(|decision| *decision == Decision::Committed).await;
        committed.map_err(|_| Error::new(ErrorKind::Cancelled, "the job is gone"))?;
        // Another source may have been stopped since, with windows left open.
        if self.commits_last(control) {
            self.commit_last().await?;
        }
        self.close().await
    }

    /// Before the end is sent: who commits for all then finds what each has read.
    fn keep_last(&mut self) -> Result<()> {
        if let Some(together) = self.commits.as_ref().and_then(ToCommit::together) {
            let positions = self.all_positions()?;
            together.add(positions.into_iter().map(|(at, position)| (self.splits[at].split.clone(), position)));
        }
        Ok(())
    }

    async fn commit_last(&mut self) -> Result<()> {
        let Some(together) = self.commits.as_ref().and_then(ToCommit::together) else {
            return self.commit(&self.all_positions()?).await;
        };
        let positions = together.take();
        if positions.is_empty() {
            return Ok(());
        }
        let committed = AssertUnwindSafe(self.reader.commit_all(&positions)).catch_unwind().await;
        let committed = committed.unwrap_or_else(|payload| Err(Error::from_panic(&*payload)));
        committed.map_err(|error| error.at(&self.info.reference))
    }

    fn commits_last(&self, control: &Control) -> bool {
        let mode = control.command.borrow().mode;
        self.commits.as_ref().is_some_and(|commits| commits.at_end(mode))
    }

    async fn close(&mut self) -> Result<()> {
        self.reader.close().await.map_err(|error| error.at(&self.info.reference))
    }

    /// Hands on what the reader has put into the buffer.
    async fn hand_on(&mut self, control: &Control) -> Result<()> {
        for event in self.buffer.take() {
            match event {
                Event::Records { split, mut batch, .. } => {
                    self.wake(split)?;
                    if let Some(split) = self.splits.get(split) {
                        batch.set_split(split.number);
                    }
                    batch.clamp_marks(self.watermark, time::MAX);
                    self.ledger.entered(batch.len());
                    self.ledger.passed(batch.len());
                    self.ledger.emitted(batch.len());
                    self.chain.push(Element::Batch(batch))?;
                }
                Event::Malformed { split, record } => self.reject(split, record)?,
                Event::Watermark(watermark) => {
                    self.watermark = self.watermark.max(watermark.millis());
                    self.ledger.set_watermark(self.watermark);
                    self.chain.push(Element::Watermark(self.watermark))?;
                }
                Event::Partition { split, state } => self.set_state(split, state)?,
                Event::Split(split) => self.add(&split)?,
                Event::CommitSoon => control.tell(TaskEvent::CommitSoon).await,
            }
        }
        Ok(())
    }

    /// A partition that came while the job runs.
    fn add(&mut self, split: &Split) -> Result<()> {
        let number = self.chain.number(&self.info.id, &split.name);
        self.splits.push(SourceSplit::new(number, split.clone()));
        self.set_state(self.splits.len() - 1, PartitionState::Active)
    }

    fn reject(&mut self, split: usize, record: Malformed) -> Result<()> {
        self.wake(split)?;
        self.ledger.entered(1);
        let number = self.splits.get(split).map_or(u32::MAX, |split| split.number);
        let Malformed { original, reason, offset, attributes } = record;
        let place = match (self.splits.get(split), offset) {
            (Some(split), Some(offset)) => format!("{} at {offset}: ", split.split.name),
            (Some(split), None) => format!("{}: ", split.split.name),
            _ => String::new(),
        };
        // The place stands beside a dead letter; an error that ends the job has it in its text.
        let reason = if self.chain.cx.policy == crate::operator::ErrorPolicy::Fail { place + &reason } else { reason };
        let attributes = attributes.into_iter().map(|(name, value)| (name, value.to_vec())).collect();
        let mut cx = StageContext { stage: &self.info, ledger: &self.ledger, task: &mut self.chain.cx };
        let original = || original.to_vec();
        cx.reject_with(
            Rejected { kind: ErrorKind::BadRecord, reason, attempts: 1, split: number, offset, original },
            attributes,
        )
        .map_err(|error| {
            error
                .help("on_error = skip or dead_letter(…) lets a pipeline go on after a bad record")
                .at(&self.info.reference)
        })?;
        self.chain.bury()
    }

    /// A partition that has something again is waited for again.
    fn wake(&mut self, split: usize) -> Result<()> {
        if self.idle_timeout.is_none() {
            return Ok(());
        }
        let Some(entry) = self.splits.get_mut(split) else { return Ok(()) };
        entry.active = Instant::now();
        if entry.state == PartitionState::Idle { self.set_state(split, PartitionState::Active) } else { Ok(()) }
    }

    fn set_state(&mut self, split: usize, state: PartitionState) -> Result<()> {
        let Some(entry) = self.splits.get_mut(split) else { return Ok(()) };
        entry.state = state;
        let number = entry.number;
        self.chain.push(Element::Partition(number, state))?;
        let active = self.splits.iter().any(|split| split.state == PartitionState::Active);
        let idle = matches!(state, PartitionState::Idle | PartitionState::Gone) && !active;
        if idle { self.chain.push(Element::Idle) } else { Ok(()) }
    }

    /// When the next partition becomes idle, if nothing comes.
    fn idle_deadline(&self) -> Option<Instant> {
        let timeout = self.idle_timeout?;
        let active = self.splits.iter().filter(|split| split.state == PartitionState::Active);
        active.map(|split| split.active + timeout).min()
    }

    fn mark_idle(&mut self) -> Result<()> {
        let Some(timeout) = self.idle_timeout else { return Ok(()) };
        for at in 0..self.splits.len() {
            let split = &self.splits[at];
            if split.state == PartitionState::Active && split.active.elapsed() >= timeout {
                self.set_state(at, PartitionState::Idle)?;
            }
        }
        Ok(())
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

impl<T: Send + 'static> Task for SourceTask<T> {
    fn name(&self) -> String {
        self.info.name.to_string()
    }

    fn run(self: Box<Self>, control: Control) -> BoxFuture<'static, Result<()>> {
        Box::pin(self.work(control))
    }
}
