//! A keyed stream cut into windows.

use super::KeyedStream;
use crate::graph::NodeId;
use crate::windows::{Plan, Window};
use std::time::Duration;

/// A keyed stream cut into windows. [`KeyedStream::window`] makes it.
#[must_use = "a window that is never aggregated makes its pipeline invalid"]
#[derive(Debug)]
pub struct WindowedStream<K, T> {
    pub(crate) keyed: KeyedStream<K, T>,
    pub(crate) window: Window,
    pub(crate) plan: Plan,
    pub(crate) lateness: Duration,
    /// The place that is kept for the stage that will follow, if its late records are taken already.
    pub(crate) reserved: Option<NodeId>,
}

impl<K, T> WindowedStream<K, T> {
    /// Gives the stream to a function, and gives what that makes of it.
    pub fn apply<R>(self, fragment: impl FnOnce(Self) -> R) -> R {
        fragment(self)
    }
}
