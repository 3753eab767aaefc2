//! Gathers rows and has them written while the next ones are gathered.

use super::target::{Part, Target};
use crate::connector::{Blocking, SinkWriter, WriteBatch};
use crate::error::{Error, ErrorKind, Result};
use crate::formats::{Print, WriteFormat};
use async_trait::async_trait;
use futures::future::BoxFuture;

/// How many bytes are gathered before they are written.
const GATHERED: usize = 256 << 10;

/// Writes rows to a part of a file.
pub(super) struct Writer<P> {
    format: &'static str,
    printer: P,
    gathered: Vec<u8>,
    /// The buffer that is gathered into next, while the other is written.
    spare: Vec<u8>,
    target: Target,
    state: State,
    blocking: Blocking,
}

enum State {
    /// Nothing is under way.
    Ready(Part),
    /// Bytes are being written, or brought to the disk. Kept here, so that nothing is lost when a call is dropped.
    Writing(BoxFuture<'static, Result<(Part, Vec<u8>)>>),
    /// The part has taken its place; the next row begins another.
    Published,
    /// A write has failed, or the part was taken back.
    Gone,
}

impl<P: Print> Writer<P> {
    pub(super) fn new<F>(format: &F, target: Target, part: Part, blocking: Blocking) -> Self
    where
        F: WriteFormat<Printer = P>,
    {
        Self {
            format: format.name(),
            printer: format.printer(),
            gathered: Vec::new(),
            spare: Vec::new(),
            target,
            state: State::Ready(part),
            blocking,
        }
    }

    /// Waits for the write that is under way, and takes the part out; a new one, if the last was published.
    async fn part(&mut self) -> Result<Part> {
        if let State::Writing(writing) = &mut self.state {
            let written = writing.await;
            self.state = State::Gone;
            let (part, spare) = written?;
            self.spare = spare;
            return Ok(part);
        }
        match std::mem::replace(&mut self.state, State::Gone) {
            State::Ready(part) => Ok(part),
            State::Published => {
                let target = self.target.clone();
                self.blocking.run(move || target.go_on()).await?
            }
            State::Writing(_) | State::Gone => Err(Error::new(
                ErrorKind::Io,
                "this file cannot be written any more: an earlier call failed or was cut off",
            )),
        }
    }

    /// Starts to write what was gathered.
    async fn start(&mut self) -> Result<()> {
        let mut part = self.part().await?;
        let mut bytes = std::mem::replace(&mut self.gathered, std::mem::take(&mut self.spare));
        let target = self.target.clone();
        self.state = State::Writing(Box::pin(flatten(self.blocking.start(move || {
            part.write(&bytes).map_err(|error| target.failed(&error))?;
            bytes.clear();
            Ok((part, bytes))
        }))));
        Ok(())
    }
}

async fn flatten<T>(call: impl Future<Output = Result<Result<T>>>) -> Result<T> {
    call.await?
}

#[async_trait]
impl<P: Print> SinkWriter<P::Item> for Writer<P> {
    async fn write(&mut self, batch: &mut WriteBatch<P::Item>) -> Result<()> {
        let printed = self.printer.print(&batch.rows, &mut self.gathered);
        printed.map_err(|reason| {
            Error::new(ErrorKind::User, format!("a row cannot be written as {}: {reason}", self.format))
        })?;
        batch.rows.clear();
        if self.gathered.len() >= GATHERED { self.start().await } else { Ok(()) }
    }

    /// Nothing: no row is seen before it is committed, and `prepare` writes them all.
    async fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    async fn prepare(&mut self, _: u64) -> Result<()> {
        if matches!(self.state, State::Published) && self.gathered.is_empty() {
            return Ok(());
        }
        self.start().await?;
        let mut part = self.part().await?;
        let (target, spare) = (self.target.clone(), std::mem::take(&mut self.spare));
        self.state = State::Writing(Box::pin(flatten(self.blocking.start(move || {
            part.finish().map_err(|error| target.failed(&error))?;
            Ok((part, spare))
        }))));
        self.state = State::Ready(self.part().await?);
        Ok(())
    }

    async fn commit(&mut self, _: u64) -> Result<()> {
        if matches!(self.state, State::Published) {
            return Ok(());
        }
        let (part, target) = (self.part().await?, self.target.clone());
        self.blocking.run(move || target.publish(part)).await??;
        self.state = State::Published;
        Ok(())
    }

    async fn abort(&mut self, _: u64) -> Result<()> {
        self.gathered.clear();
        if matches!(self.state, State::Published | State::Gone) {
            return Ok(());
        }
        // A part whose write has failed is removed already.
        let Ok(part) = self.part().await else { return Ok(()) };
        let target = self.target.clone();
        self.blocking.run(move || part.remove().map_err(|error| target.failed(&error))).await?
    }
}
