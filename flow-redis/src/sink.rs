//! A sink of one command for each row.

use crate::arg::Command;
use crate::flight::Flight;
use crate::link::Link;
use crate::options::Redis;
use async_trait::async_trait;
use flow::Result;
use flow::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter, SinkWriters, WriteBatch};
use redis::Pipeline;
use std::fmt;
use std::sync::Arc;

/// How many commands a batch has, at most, and how many bytes.
const BATCH: (usize, usize) = (1_000, 1 << 20);
/// How many batches are on their way, at most.
const IN_FLIGHT: usize = 4;

/// What a sink does, and how: the command's options.
pub trait Does: Clone + Send + Sync + fmt::Debug + 'static {
    /// The command's name.
    const NAME: &'static str;

    /// What the sink promises.
    fn delivery(&self) -> Delivery;

    /// What the IR says of it beside the command.
    fn describe(&self, endpoint: Endpoint) -> Endpoint {
        endpoint
    }

    /// A script that the server has to know.
    fn script(&self) -> Option<Arc<str>> {
        None
    }
}

/// Makes a row's command.
type Make<T, C> = dyn Fn(T, &C) -> Command + Send + Sync;

/// Writes each row with one command. [`Redis`] has a method for each kind.
///
/// Commands are gathered and sent together, `batch` of them or `bytes`, whichever comes first, or what is there when nothing more is
/// ready; `in_flight` such batches are on their way at a time. A full flight makes the pipeline wait.
///
/// # Delivery
/// A flush returns when the server has answered every command. When the connection is lost, commands that were sent and not answered
/// are sent again over a new one, in their order, unless their sink says otherwise: nobody knows whether they were done. Commands that
/// the server refuses for now (it is loading, a script is running) are sent again; what it refuses for good, as a key that holds
/// another kind of value, ends the job.
///
/// What the server has answered survives the server as its own settings say: with `appendonly yes` and `appendfsync always`, its crash;
/// otherwise up to a second of commands, or all since the last snapshot, are lost with it.
#[must_use = "a sink that no stream ends in writes nothing"]
pub struct RedisSink<T, C> {
    redis: Redis,
    make: Arc<Make<T, C>>,
    pub(crate) does: C,
    batch: usize,
    bytes: usize,
    in_flight: usize,
}

impl<T, C: Does> RedisSink<T, C> {
    pub(crate) fn new(redis: &Redis, does: C, make: impl Fn(T, &C) -> Command + Send + Sync + 'static) -> Self {
        let (batch, bytes) = BATCH;
        Self { redis: redis.clone(), make: Arc::new(make), does, batch, bytes, in_flight: IN_FLIGHT }
    }

    /// Sends at most so many commands together; 1,000 unless this is called.
    pub fn batch(mut self, commands: usize) -> Self {
        self.batch = commands.max(1);
        self
    }

    /// Sends commands as soon as they have so many bytes together; 1 MiB unless this is called. A larger command goes alone.
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Has at most so many batches on their way, 32 at most; 4 unless this is called.
    pub fn in_flight(mut self, batches: usize) -> Self {
        self.in_flight = batches;
        self
    }
}

impl<T, C: Does> fmt::Debug for RedisSink<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSink").field("redis", &self.redis).field("does", &self.does).finish_non_exhaustive()
    }
}

#[async_trait]
impl<T: Send + 'static, C: Does> Sink for RedisSink<T, C> {
    type Item = T;

    fn describe(&self) -> Endpoint {
        let command = C::NAME.to_ascii_lowercase();
        self.does.describe(Endpoint::described("redis").option("server", self.redis.shown()).option("command", command))
    }

    fn delivery(&self) -> Delivery {
        self.does.delivery()
    }

    fn writers(&self) -> SinkWriters {
        SinkWriters::Any
    }

    async fn open(&mut self, cx: &SinkContext) -> Result<Box<dyn SinkWriter<T>>> {
        let mut link = Link::new(self.redis.clone(), &cx.gauges, self.does.script());
        link.connect().await?;
        Ok(Box::new(Writer {
            make: Arc::clone(&self.make),
            does: self.does.clone(),
            gathered: Pipeline::new(),
            gathered_bytes: 0,
            batch: self.batch,
            bytes: self.bytes,
            flight: Flight::new(link, self.does.delivery(), self.in_flight, &cx.gauges),
        }))
    }
}

struct Writer<T, C> {
    make: Arc<Make<T, C>>,
    does: C,
    gathered: Pipeline,
    gathered_bytes: usize,
    batch: usize,
    bytes: usize,
    flight: Flight,
}

impl<T, C> Writer<T, C> {
    async fn send(&mut self) -> Result<()> {
        // What was gathered stays here as long as this waits.
        self.flight.room().await?;
        self.gathered_bytes = 0;
        let next = Pipeline::with_capacity(self.gathered.len());
        self.flight.send(std::mem::replace(&mut self.gathered, next));
        Ok(())
    }
}

#[async_trait]
impl<T: Send + 'static, C: Does> SinkWriter<T> for Writer<T, C> {
    async fn write(&mut self, batch: &mut WriteBatch<T>) -> Result<()> {
        for row in batch.rows.drain(..) {
            let Command { cmd, bytes } = (self.make)(row, &self.does);
            self.gathered.add_command(cmd);
            self.gathered_bytes += bytes;
            if self.gathered.len() >= self.batch || self.gathered_bytes >= self.bytes {
                self.send().await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        if !self.gathered.is_empty() {
            self.send().await?;
        }
        self.flight.settle().await
    }

    fn flush_resumes(&self) -> bool {
        true
    }
}
