//! What each sink is: its command, its promise, its options.

use crate::sink::{Does, RedisSink};
use flow::connector::{Delivery, Endpoint};
use std::sync::Arc;
use std::time::Duration;

macro_rules! plain {
    ($($(#[$doc:meta])* $name:ident $command:literal $delivery:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Does for $name {
            const NAME: &'static str = $command;

            fn delivery(&self) -> Delivery {
                Delivery::$delivery
            }
        }
    )* };
}

plain! {
    /// Counts a key up: [`incr`](crate::Redis::incr), [`incr_by`](crate::Redis::incr_by).
    Incr "INCRBY" AtLeastOnce;
    /// Sets a field: [`hset`](crate::Redis::hset).
    HSet "HSET" IdempotentByKey;
    /// Adds to a set: [`sadd`](crate::Redis::sadd).
    SAdd "SADD" IdempotentByKey;
    /// Sets a score: [`zadd`](crate::Redis::zadd).
    ZAdd "ZADD" IdempotentByKey;
    /// Puts in front of a list: [`lpush`](crate::Redis::lpush).
    LPush "LPUSH" AtLeastOnce;
    /// Tells subscribers: [`publish`](crate::Redis::publish).
    Publish "PUBLISH" AtMostOnce;
}

/// Sets a key: [`set`](crate::Redis::set).
#[derive(Clone, Copy, Debug, Default)]
pub struct Set {
    pub(crate) ttl: Option<Duration>,
}

impl Does for Set {
    const NAME: &'static str = "SET";

    fn delivery(&self) -> Delivery {
        Delivery::IdempotentByKey
    }

    fn describe(&self, endpoint: Endpoint) -> Endpoint {
        match self.ttl {
            Some(ttl) => endpoint.option("ttlMs", millis(ttl)),
            None => endpoint,
        }
    }
}

impl<T> RedisSink<T, Set> {
    /// Lets each key expire so long after it was set, at least a millisecond.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.does.ttl = Some(ttl);
        self
    }
}

/// Adds to a Stream: [`xadd`](crate::Redis::xadd).
#[derive(Clone, Copy, Debug, Default)]
pub struct XAdd {
    pub(crate) most: Option<u64>,
}

impl Does for XAdd {
    const NAME: &'static str = "XADD";

    fn delivery(&self) -> Delivery {
        Delivery::AtLeastOnce
    }

    fn describe(&self, endpoint: Endpoint) -> Endpoint {
        match self.most {
            Some(most) => endpoint.option("maxLength", most),
            None => endpoint,
        }
    }
}

impl<T> RedisSink<T, XAdd> {
    /// Keeps about so many entries in each Stream, and a few more: older ones are removed.
    pub fn max_length(mut self, entries: u64) -> Self {
        self.does.most = Some(entries);
        self
    }
}

/// Runs a script: [`script`](crate::Redis::script).
#[derive(Clone, Debug)]
pub struct Script {
    source: Arc<str>,
    pub(crate) hash: Arc<str>,
    idempotent: bool,
}

impl Script {
    pub(crate) fn new(source: &str) -> Self {
        let hash = redis::Script::new(source).get_hash().into();
        Self { source: source.into(), hash, idempotent: false }
    }
}

impl Does for Script {
    const NAME: &'static str = "EVALSHA";

    fn delivery(&self) -> Delivery {
        if self.idempotent { Delivery::IdempotentByKey } else { Delivery::AtLeastOnce }
    }

    fn script(&self) -> Option<Arc<str>> {
        Some(Arc::clone(&self.source))
    }
}

impl<T> RedisSink<T, Script> {
    /// Promises that a row that comes twice changes nothing: the script sets, and does not add.
    pub fn idempotent(mut self) -> Self {
        self.does.idempotent = true;
        self
    }
}

/// A time for Redis, which takes none of zero, and none that ends after its clock does.
pub(crate) fn millis(time: Duration) -> u64 {
    const MOST: u64 = i64::MAX as u64 / 2;
    u64::try_from(time.as_millis()).map_or(MOST, |millis| millis.clamp(1, MOST))
}
