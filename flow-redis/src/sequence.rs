//! Numbers from Redis: each record has its own.

use crate::arg::Command;
use crate::ask::Asker;
use crate::options::Redis;
use flow::connector::Gauges;
use flow::{Error, ErrorKind, Result};
use redis::{Pipeline, Value};
use std::sync::Arc;

/// Numbers that a key of Redis counts, from 1 on. Made by [`Redis::sequence`].
#[derive(Clone, Debug)]
pub struct Sequence {
    redis: Redis,
    key: Arc<str>,
}

/// # Sequences
impl Redis {
    /// The numbers that this key counts: 1, 2, 3 and so on, whoever takes them.
    /// [`RedisStages::number`](crate::RedisStages::number) gives each record one.
    #[must_use]
    pub fn sequence(&self, key: impl Into<Arc<str>>) -> Sequence {
        Sequence { redis: self.clone(), key: key.into() }
    }
}

impl Sequence {
    /// What takes numbers, for all tasks of a stage.
    pub(crate) fn numbers(&self, gauges: &Gauges) -> Numbers {
        Numbers { asker: Asker::new(&self.redis, gauges), key: Arc::clone(&self.key) }
    }
}

#[derive(Clone)]
pub(crate) struct Numbers {
    asker: Asker,
    key: Arc<str>,
}

impl Numbers {
    /// So many numbers, one after the other.
    pub(crate) async fn take(self, count: usize) -> Result<Vec<Result<u64>>> {
        let mut batch = Pipeline::with_capacity(1);
        batch.add_command(Command::new("INCRBY").arg(&*self.key).arg(count).cmd);
        let last = match self.asker.ask(&batch).await?.first() {
            Some(Value::Int(last)) => *last,
            other => return Err(self.wrong(&format!("INCRBY was answered {other:?}"))),
        };
        let first = last.checked_sub_unsigned(count as u64).and_then(|before| u64::try_from(before + 1).ok());
        let first = first.filter(|first| *first > 0).ok_or_else(|| self.wrong("it counts below zero"))?;
        Ok((first..).take(count).map(Ok).collect())
    }

    fn wrong(&self, why: &str) -> Error {
        Error::new(ErrorKind::Config, format!("the sequence `{}` gives no numbers: {why}", self.key))
            .help("a sequence is a key of its own, which nothing else counts")
    }
}
