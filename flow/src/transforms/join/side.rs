//! The two streams of a join as one: each record with its key and the side that it came from.

use crate::element::Batch;
use crate::error::Result;
use crate::ir::window::JoinKind;
use crate::operator::{Nothing, Operator, Outputs, StageContext};
use crate::state::{Key, KeyFn};
use serde::{Deserialize, Serialize};

/// A record of either side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Side<L, R> {
    Left(L),
    Right(R),
}

/// A record of either side, with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tagged<K, L, R> {
    pub(crate) key: K,
    pub(crate) side: Side<L, R>,
}

/// Tags the records of one side, before the exchange.
pub(crate) struct Tag<K, T, L, R> {
    key: KeyFn<K, T>,
    side: fn(T) -> Side<L, R>,
    keys: Vec<K>,
}

impl<K, T, L, R> Tag<K, T, L, R> {
    pub(crate) fn new(key: KeyFn<K, T>, side: fn(T) -> Side<L, R>) -> Self {
        Self { key, side, keys: Vec::new() }
    }
}

impl<K, T, L, R> Operator for Tag<K, T, L, R>
where
    K: Key,
    T: Send + 'static,
    L: Send + 'static,
    R: Send + 'static,
{
    type In = T;
    type Out = Tagged<K, L, R>;
    type Side = Nothing;

    fn on_batch(
        &mut self,
        batch: Batch<T>,
        out: &mut Outputs<Tagged<K, L, R>, Nothing>,
        cx: &mut StageContext<'_>,
    ) -> Result<()> {
        cx.passed(batch.len());
        self.keys.clear();
        self.key.keys(batch.items(), &mut self.keys);
        let (mut keys, side) = (self.keys.drain(..), self.side);
        let tagged = batch.map(|record| {
            let key = keys.next().unwrap_or_else(|| unreachable!("there is a key for every record"));
            Tagged { key, side: side(record) }
        });
        out.main.batch(tagged);
        Ok(())
    }
}

/// Makes a row of what was found on the two sides; none, where this kind of join has no row for it.
pub(crate) type Make<L, R, O> = fn(Option<L>, Option<R>) -> Option<O>;

/// Which unmatched records make rows: those of the left side, those of the right side.
pub(crate) fn outer(kind: JoinKind) -> (bool, bool) {
    match kind {
        JoinKind::Inner => (false, false),
        JoinKind::Left => (true, false),
        JoinKind::Right => (false, true),
        JoinKind::Full => (true, true),
    }
}
