//! What a reader of a Stream asks, and what it is answered.

use crate::arg::Command;
use crate::entry::{Given, Id, entries, text};
use crate::kinds::millis;
use crate::passing;
use redis::Value;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// How long the server is let wait for new entries, at most.
const WAIT: Duration = Duration::from_secs(1);

/// How far a reader has come: how many entries it has handed on, the last one but for those that were taken over, and which of these
/// are not acknowledged.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) handed: u64,
    pub(crate) last: (u64, u64),
    pub(crate) taken: Vec<(u64, u64)>,
}

impl Place {
    pub(crate) fn last(&self) -> Id {
        Id(self.last.0, self.last.1)
    }
}

/// What a reader reads.
pub(crate) struct Whence {
    pub(crate) key: Arc<str>,
    pub(crate) group: Arc<str>,
    pub(crate) consumer: Arc<str>,
    /// As whom it takes over what others have left: apart, so that a reader that is restored knows what was taken over since.
    pub(crate) taker: Arc<str>,
    /// Whether the consumer's name is of this run only.
    pub(crate) passing: bool,
    pub(crate) claim_after: Duration,
    /// How long the server may wait for new entries.
    pub(crate) wait: Duration,
    /// Where to end.
    pub(crate) end: Option<Id>,
}

/// What is asked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// What this consumer has been given, and has not acknowledged, behind this id.
    Own(Id),
    /// What it has taken over, and has not acknowledged, behind this id.
    Taken(Id),
    /// What others have left behind, from this id on.
    Left(Id),
    /// Nothing: consumers are removed that others have left with nothing in them.
    Gone,
    New,
}

impl Whence {
    /// The command that asks, for so many entries at most; the server waits for new ones no longer than `until`.
    pub(crate) fn command(&self, asking: Asking, count: usize, until: Option<Duration>) -> Command {
        let Self { key, group, consumer, taker, claim_after, wait, end, .. } = self;
        let read_as = |consumer: &str| {
            Command::new("XREADGROUP").arg("GROUP").arg(&**group).arg(consumer).arg("COUNT").arg(count)
        };
        let read = || read_as(consumer);
        match asking {
            Asking::Own(after) => read().arg("STREAMS").arg(&**key).arg(after.to_string()),
            Asking::Taken(after) => read_as(taker).arg("STREAMS").arg(&**key).arg(after.to_string()),
            Asking::Left(from) => {
                let command = Command::new("XAUTOCLAIM").arg(&**key).arg(&**group).arg(&**taker);
                command.arg(millis(*claim_after)).arg(from.to_string()).arg("COUNT").arg(count)
            }
            Asking::Gone => passing::remove_left(self),
            Asking::New if end.is_some() => read().arg("STREAMS").arg(&**key).arg(">"),
            Asking::New => {
                let wait = until.unwrap_or(WAIT).min(*wait).min(WAIT).as_millis().max(1);
                read().arg("BLOCK").arg(u64::try_from(wait).unwrap_or(1)).arg("STREAMS").arg(&**key).arg(">")
            }
        }
    }
}

/// The entries of the one Stream that was asked about.
pub(crate) fn of_stream(answer: Value) -> Result<Vec<Given>, String> {
    let Value::Array(streams) = answer else { return Ok(Vec::new()) };
    match streams.into_iter().next() {
        Some(Value::Array(mut parts)) => entries(parts.pop().unwrap_or(Value::Nil)),
        _ => Ok(Vec::new()),
    }
}

/// Where to go on, and the entries that were taken over.
pub(crate) fn left(answer: Value) -> Result<(Id, Vec<Given>), String> {
    let Value::Array(parts) = answer else { return Err("Redis gave no list of what others have left".to_owned()) };
    let mut parts = parts.into_iter();
    let next = text(parts.next().unwrap_or(Value::Nil))?.parse()?;
    Ok((next, entries(parts.next().unwrap_or(Value::Nil))?))
}
