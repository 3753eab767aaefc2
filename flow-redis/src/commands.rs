//! The commands that rows are written with: a constructor each.

use crate::arg::{Arg, Command};
use crate::kinds::{HSet, Incr, LPush, Publish, SAdd, Script, Set, XAdd, ZAdd, millis};
use crate::options::Redis;
use crate::sink::RedisSink;

/// # Sinks
///
/// The closure of each takes a row and says what the command is to be told. It is written before its stream is known, so that the
/// row's type stands in it: `|order: Order| …`.
impl Redis {
    /// Counts the row's key up by one.
    ///
    /// # Delivery
    /// At least once: rows whose answers were lost with their connection, and rows that are read again after a failure, count twice.
    ///
    /// # Errors
    /// Of the job, when the key holds anything but an integer.
    ///
    /// ```no_run
    /// use flow::prelude::*;
    /// use flow_redis::Redis;
    /// let redis = Redis::url("redis://localhost:6379");
    /// let clicks = pipeline! {
    ///     name = "clicks";
    ///     source(sources::iter(["home", "cart", "home"]))
    ///         -> sink(redis.incr(|page: &str| format!("clicks:{page}")));
    /// };
    /// clicks.run_blocking()?;
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn incr<T, K: Arg>(&self, key: impl Fn(T) -> K + Send + Sync + 'static) -> RedisSink<T, Incr> {
        self.incr_by(move |row| (key(row), 1))
    }

    /// Counts the row's key up by the row's number.
    ///
    /// # Delivery
    /// At least once: rows whose answers were lost with their connection, and rows that are read again after a failure, count twice.
    ///
    /// # Errors
    /// Of the job, when the key holds anything but an integer, or the sum is no `i64`.
    ///
    /// ```no_run
    /// use flow::prelude::*;
    /// use flow_redis::Redis;
    /// let redis = Redis::url("redis://localhost:6379");
    /// let pipeline = Pipeline::new("totals");
    /// pipeline
    ///     .source(sources::iter([("north", 30), ("south", 5)]))
    ///     .sink(redis.incr_by(|(region, amount): (&str, i64)| (format!("total:{region}"), amount)));
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn incr_by<T, K: Arg>(&self, row: impl Fn(T) -> (K, i64) + Send + Sync + 'static) -> RedisSink<T, Incr> {
        RedisSink::new(self, Incr, move |it, _| {
            let (key, by) = row(it);
            Command::new("INCRBY").arg(key).arg(by)
        })
    }

    /// Sets the row's key to the row's value, for [ever](RedisSink::ttl) or for a time.
    ///
    /// # Delivery
    /// Idempotent by key: a row that comes twice changes nothing, and a key's last value is right.
    pub fn set<T, K: Arg, V: Arg>(&self, row: impl Fn(T) -> (K, V) + Send + Sync + 'static) -> RedisSink<T, Set> {
        RedisSink::new(self, Set::default(), move |it, set: &Set| {
            let (key, value) = row(it);
            let command = Command::new("SET").arg(key).arg(value);
            match set.ttl {
                Some(ttl) => command.arg("PX").arg(millis(ttl)),
                None => command,
            }
        })
    }

    /// Sets a field of the row's hash: key, field, value.
    ///
    /// # Delivery
    /// Idempotent by key: a row that comes twice changes nothing, and a field's last value is right.
    pub fn hset<T, K: Arg, F: Arg, V: Arg>(
        &self,
        row: impl Fn(T) -> (K, F, V) + Send + Sync + 'static,
    ) -> RedisSink<T, HSet> {
        RedisSink::new(self, HSet, move |it, _| {
            let (key, field, value) = row(it);
            Command::new("HSET").arg(key).arg(field).arg(value)
        })
    }

    /// Adds a member to the row's set: key, member.
    ///
    /// # Delivery
    /// Idempotent by key: a set has a member once.
    pub fn sadd<T, K: Arg, M: Arg>(&self, row: impl Fn(T) -> (K, M) + Send + Sync + 'static) -> RedisSink<T, SAdd> {
        RedisSink::new(self, SAdd, move |it, _| {
            let (key, member) = row(it);
            Command::new("SADD").arg(key).arg(member)
        })
    }

    /// Gives a member of the row's sorted set a score: key, member, score.
    ///
    /// # Delivery
    /// Idempotent by key: a member's last score is right.
    pub fn zadd<T, K: Arg, M: Arg>(
        &self,
        row: impl Fn(T) -> (K, M, f64) + Send + Sync + 'static,
    ) -> RedisSink<T, ZAdd> {
        RedisSink::new(self, ZAdd, move |it, _| {
            let (key, member, score) = row(it);
            Command::new("ZADD").arg(key).arg(score).arg(member)
        })
    }

    /// Puts a value in front of the row's list: key, value.
    ///
    /// # Delivery
    /// At least once: a row that comes twice stands in the list twice.
    pub fn lpush<T, K: Arg, V: Arg>(&self, row: impl Fn(T) -> (K, V) + Send + Sync + 'static) -> RedisSink<T, LPush> {
        RedisSink::new(self, LPush, move |it, _| {
            let (key, value) = row(it);
            Command::new("LPUSH").arg(key).arg(value)
        })
    }

    /// Adds an entry to the row's Stream: key, and fields with their values.
    ///
    /// # Delivery
    /// At least once: a row that comes twice is two entries.
    pub fn xadd<T, K: Arg, F: Arg, V: Arg, E: IntoIterator<Item = (F, V)>>(
        &self,
        row: impl Fn(T) -> (K, E) + Send + Sync + 'static,
    ) -> RedisSink<T, XAdd> {
        RedisSink::new(self, XAdd::default(), move |it, xadd: &XAdd| {
            let (key, entry) = row(it);
            let mut command = Command::new("XADD").arg(key);
            if let Some(most) = xadd.most {
                command = command.arg("MAXLEN").arg("~").arg(most);
            }
            let fields = entry.into_iter();
            fields.fold(command.arg("*"), |command, (field, value)| command.arg(field).arg(value))
        })
    }

    /// Publishes the row: channel, message.
    ///
    /// # Delivery
    /// At most once: only who listens at the moment hears it, and what was on its way when a connection is lost is not sent again.
    pub fn publish<T, K: Arg, M: Arg>(
        &self,
        row: impl Fn(T) -> (K, M) + Send + Sync + 'static,
    ) -> RedisSink<T, Publish> {
        RedisSink::new(self, Publish, move |it, _| {
            let (channel, message) = row(it);
            Command::new("PUBLISH").arg(channel).arg(message)
        })
    }

    /// Runs a Lua script for each row, with keys and arguments: `KEYS` and `ARGV`.
    ///
    /// The server is taught the script once, and again when it has forgotten it.
    ///
    /// # Delivery
    /// At least once; idempotent by key, if the sink is [told so](RedisSink::idempotent).
    ///
    /// # Errors
    /// Of the job, when the script cannot be compiled, or fails.
    ///
    /// ```no_run
    /// use flow::prelude::*;
    /// use flow_redis::Redis;
    /// const HIGHEST: &str = "local old = tonumber(redis.call('GET', KEYS[1]) or '-inf')
    ///     if tonumber(ARGV[1]) > old then redis.call('SET', KEYS[1], ARGV[1]) end";
    /// let redis = Redis::url("redis://localhost:6379");
    /// let pipeline = Pipeline::new("highest");
    /// pipeline
    ///     .source(sources::iter([("north", 30_i64), ("north", 5)]))
    ///     .sink(redis.script(HIGHEST, |(region, amount): (&str, i64)| ([format!("max:{region}")], [amount])).idempotent());
    /// # Ok::<(), flow::Error>(())
    /// ```
    pub fn script<T, K: Arg, A: Arg, Ks: IntoIterator<Item = K>, As: IntoIterator<Item = A>>(
        &self,
        source: &str,
        row: impl Fn(T) -> (Ks, As) + Send + Sync + 'static,
    ) -> RedisSink<T, Script> {
        RedisSink::new(self, Script::new(source), move |it, script: &Script| {
            let (keys, args) = row(it);
            let keys: Vec<K> = keys.into_iter().collect();
            let command = Command::new("EVALSHA").arg(&*script.hash).arg(keys.len());
            let command = keys.into_iter().fold(command, Command::arg);
            args.into_iter().fold(command, Command::arg)
        })
    }
}
