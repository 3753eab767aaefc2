//! A stream whose records have keys.

use super::Stream;
use crate::expr::PortableExpr;
use crate::state::KeyFn;

/// A stream whose records are grouped by a key. [`Stream::key_by`] makes it.
#[must_use = "a stream that no stage or sink follows makes its pipeline invalid"]
#[derive(Debug)]
pub struct KeyedStream<K, T> {
    pub(crate) stream: Stream<T>,
    pub(crate) key: KeyFn<K, T>,
    /// The key as an expression.
    pub(crate) expr: PortableExpr,
}
