//! The stages over Redis, for streams of any pipeline.

use crate::lookup::Lookup;
use crate::questions::Asks;
use crate::sequence::Sequence;
use flow::connector::Gauges;
use flow::{MapAsync, Stream};
use serde::Serialize;

/// Stages over Redis, for streams of any pipeline.
///
/// In `pipeline!` they stand in an `apply`: `-> apply(|orders| orders.number(redis.sequence("orders"), |order, n| …))`.
pub trait RedisStages<T>: Sized {
    /// Gives each record a number of a sequence, in the order of the stream.
    ///
    /// Numbers are taken by the batch, with one INCRBY for as many records as are there, so that this costs a request for a batch and
    /// not for a record. No number is given twice, not even by another process or after a crash; a server that
    /// forgets what it has counted when it crashes (unless `appendfsync always` is set) gives those numbers again. With a parallelism each task gives
    /// its own records ascending numbers.
    ///
    /// # Delivery
    /// Numbers are lost, and so the sequence has gaps, when an answer is lost with its connection, when the job fails or is
    /// stopped behind it, and when records are read again after a failure: these are given new numbers. Without any of this there
    /// are no gaps.
    ///
    /// # Errors
    /// When the key holds anything but an integer, or the server is away for longer than [`Redis::patience`](crate::Redis::patience),
    /// the records go the way of the pipeline's error policy.
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

    /// Makes each record, with what Redis has for it, into another. `key` says what is asked about: a key for `get`, key and field for
    /// `hget`, a list of keys for `mget`; `make` is given the record and an `Option` of the value, or a list of them, as text, bytes or
    /// a number: its type says which.
    ///
    /// A batch of records asks with one MGET, or one HMGET for each hash, about each key once.
    ///
    /// # Delivery
    /// Nothing is written. A record that is read again after a failure is looked up again, and may find another value.
    ///
    /// # Errors
    /// A record whose value cannot be read as what `make` takes goes the way of the pipeline's error policy; so do all of a batch when the
    /// server is away for longer than [`Redis::patience`](crate::Redis::patience), or refuses the question.
    ///
    /// ```no_run
    /// use flow::prelude::*;
    /// use flow_redis::{Otherwise, Redis, RedisStages};
    /// use std::time::Duration;
    /// let redis = Redis::url("redis://localhost:6379");
    /// let tiers = redis.get().cache(10_000, Duration::from_secs(60)).timeout(Duration::from_secs(1)).on_miss(Otherwise::Skip);
    /// let pipeline = pipeline! {
    ///     name = "tiers";
    ///     source(sources::iter([(1, "ann"), (2, "bob")]))
    ///         -> apply(|orders| orders.lookup(
    ///                tiers,
    ///                |order| format!("tier:{}", order.1),
    ///                |order, tier: Option<String>| (order.0, tier)))
    ///         -> sink(sinks::null());
    /// };
    /// # Ok::<(), flow::Error>(())
    /// ```
    #[track_caller]
    fn lookup<C, Q, A, U>(
        self,
        lookup: Lookup<C>,
        key: impl Fn(&T) -> Q + Send + Sync + 'static,
        make: impl Fn(T, A) -> U + Send + Sync + 'static,
    ) -> Stream<U>
    where
        C: Asks<Q, A>,
        Q: 'static,
        A: Send + 'static,
        U: Send + 'static;
}

impl<T: Serialize + Send + 'static> RedisStages<T> for Stream<T> {
    #[track_caller]
    fn number<U: Send + 'static>(
        self,
        sequence: Sequence,
        make: impl Fn(T, u64) -> U + Send + Sync + 'static,
    ) -> Stream<U> {
        let gauges = Gauges::default();
        let numbers = sequence.numbers(&gauges);
        // One request at a time: of several, one that is sent again would give earlier records later numbers.
        self.enrich(MapAsync::ordered(1), move |records| numbers.clone().take(records.len()), make).with_gauges(&gauges)
    }

    #[track_caller]
    fn lookup<C, Q, A, U>(
        self,
        lookup: Lookup<C>,
        key: impl Fn(&T) -> Q + Send + Sync + 'static,
        make: impl Fn(T, A) -> U + Send + Sync + 'static,
    ) -> Stream<U>
    where
        C: Asks<Q, A>,
        Q: 'static,
        A: Send + 'static,
        U: Send + 'static,
    {
        let gauges = Gauges::default();
        let finder = lookup.finder(&gauges);
        let ask = move |records: &[T]| {
            let questions = records.iter().map(|record| C::places(key(record))).collect();
            finder.clone().find::<C, Q, A>(questions)
        };
        if lookup.skips() {
            let made = self.enrich(lookup.how(), ask, move |record, said: Option<A>| Some(make(record, said?)));
            return made.with_gauges(&gauges).filter_map(|row| row);
        }
        let all = move |records: &[T]| {
            let said = ask(records);
            async move {
                let each = said.await?.into_iter();
                Ok(each.map(|said| said.and_then(|said| said.ok_or_else(|| "left out".to_owned()))).collect())
            }
        };
        self.enrich(lookup.how(), all, make).with_gauges(&gauges)
    }
}
