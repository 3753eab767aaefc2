//! Numbers from Redis: each record has its own.

use crate::arg::Command;
use crate::ask::Asker;
use crate::options::Redis;
use flow::connector::Gauges;
use flow::{Error, ErrorKind, MapAsync, Result, Stream};
use redis::{Pipeline, Value};
use serde::Serialize;
use std::sync::Arc;

/// Numbers that a key of Redis counts, from 1 on. Made by [`Redis::sequence`].
#[derive(Clone, Debug)]
pub struct Sequence {
    redis: Redis,
    key: Arc<str>,
}

impl Redis {
    /// The numbers that this key counts: 1, 2, 3 and so on, whoever takes them. [`RedisStages::number`] gives each record one.
    #[must_use]
    pub fn sequence(&self, key: impl Into<Arc<str>>) -> Sequence {
        Sequence { redis: self.clone(), key: key.into() }
    }
}

/// Stages over Redis, for streams of any pipeline.
///
/// In `pipeline!` they stand in an `apply`: `-> apply(|orders| orders.number(redis.sequence("orders"), |order, n| …))`.
pub trait RedisStages<T>: Sized {
    /// Gives each record a number of a sequence, in the order of the stream.
    ///
    /// Numbers are taken by the batch, with one INCRBY for as many records as are there, so that this costs a request for a batch and
    /// not for a record. No number is given twice, not even by another process or after a crash. With a parallelism each task gives
    /// its own records ascending numbers.
    ///
    /// # Delivery
    /// Numbers are lost, and so the sequence has gaps, when an answer is lost with its connection, when the job fails or is
    /// stopped behind it, and when records are read again after a failure: these are given new numbers. Without any of this there
    /// are no gaps.
    ///
    /// # Errors
    /// When the key holds anything but an integer, or the server is away for longer than [`Redis::patience`], the records go the way
    /// of the pipeline's error policy.
    ///
    /// ```no_run
    /// use flow::prelude::*;
    /// use flow_redis::{Redis, RedisStages};
    /// let redis = Redis::url("redis://localhost:6379");
    /// let numbered = pipeline! {
    ///     name = "numbered";
    ///     source(sources::iter(["a", "b", "c"]))
    ///         -> apply(|words| words.number(redis.sequence("words"), |word, n| format!("{n}: {word}")))
    ///         -> sink(sinks::console());
    /// };
    /// numbered.run_blocking()?;
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    fn number<U: Send + 'static>(
        self,
        sequence: Sequence,
        make: impl Fn(T, u64) -> U + Send + Sync + 'static,
    ) -> Stream<U>;
}

impl<T: Serialize + Send + 'static> RedisStages<T> for Stream<T> {
    #[track_caller]
    fn number<U: Send + 'static>(
        self,
        sequence: Sequence,
        make: impl Fn(T, u64) -> U + Send + Sync + 'static,
    ) -> Stream<U> {
        let gauges = Gauges::default();
        let asker = Asker::new(&sequence.redis, &gauges);
        // One request at a time: of several, one that is sent again would give earlier records later numbers.
        self.enrich(
            MapAsync::ordered(1),
            move |records| {
                let (asker, key, count) = (asker.clone(), Arc::clone(&sequence.key), records.len());
                async move { take(&asker, &key, count).await }
            },
            make,
        )
    }
}

/// So many numbers, one after the other.
async fn take(asker: &Asker, key: &str, count: usize) -> Result<Vec<Result<u64>>> {
    let mut batch = Pipeline::with_capacity(1);
    batch.add_command(Command::new("INCRBY").arg(key).arg(count).cmd);
    let answers = asker.ask(&batch).await?;
    let last = match answers.first() {
        Some(Value::Int(last)) => *last,
        other => return Err(wrong(key, &format!("INCRBY was answered {other:?}"))),
    };
    let first = last.checked_sub_unsigned(count as u64).and_then(|before| u64::try_from(before + 1).ok());
    let first = first.ok_or_else(|| wrong(key, "it counts below zero"))?;
    Ok((first..).take(count).map(Ok).collect())
}

fn wrong(key: &str, why: &str) -> Error {
    Error::new(ErrorKind::Config, format!("the sequence `{key}` gives no numbers: {why}"))
        .help("a sequence is a key of its own, which nothing else counts")
}
