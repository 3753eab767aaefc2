//! A keyed stream cut into windows.

use super::KeyedStream;

/// A keyed stream cut into windows. [`KeyedStream::window`] makes it.
#[must_use = "a window that is never aggregated makes its pipeline invalid"]
#[derive(Debug)]
pub struct WindowedStream<K, T> {
    pub(crate) keyed: KeyedStream<K, T>,
}
