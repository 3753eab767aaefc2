//! One value per key, that all values given are combined into.

use super::key::{Data, Key};
use super::scope::{KeyScope, Slot, StateHandle, States};
use super::ttl::{Stamped, Ttl};
use super::value;
use std::fmt;
use std::sync::Arc;

/// One value per key, that all values given are combined into, under a name.
///
/// ```
/// use flow::prelude::*;
/// use flow::state::{ReducingState, States};
/// use flow::transforms::{Process, ProcessContext};
///
/// /// Says what the largest number is, as it grows.
/// #[derive(Clone)]
/// struct Largest(ReducingState<i64>);
///
/// impl Process<(), i64> for Largest {
///     type Out = i64;
///     fn states(&mut self, states: &mut States<'_, ()>) {
///         states.declare(&mut self.0);
///     }
///     fn on_record(&mut self, n: i64, cx: &mut ProcessContext<'_, (), i64>) -> flow::Result<()> {
///         if self.0.get(cx).is_none_or(|largest| n > *largest) {
///             cx.emit(n);
///         }
///         self.0.add(cx, n);
///         Ok(())
///     }
/// }
///
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("example");
/// pipeline.source(sources::iter([1, 5, 3, 9])).key_all().process(Largest(ReducingState::new("largest", i64::max))).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!(rows.take(), [1, 5, 9]);
/// # Ok::<(), flow::Error>(())
/// ```
pub struct ReducingState<V> {
    slot: Slot,
    combine: Combine<V>,
}

type Combine<V> = Arc<dyn Fn(V, V) -> V + Send + Sync>;

impl<V> Clone for ReducingState<V> {
    fn clone(&self) -> Self {
        Self { slot: self.slot.clone(), combine: Arc::clone(&self.combine) }
    }
}

impl<V> fmt::Debug for ReducingState<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReducingState").field("slot", &self.slot).finish_non_exhaustive()
    }
}

impl<V: Data> ReducingState<V> {
    /// A state that is stored under this name, and what combines two values.
    pub fn new(name: impl Into<Arc<str>>, combine: impl Fn(V, V) -> V + Send + Sync + 'static) -> Self {
        Self { slot: Slot::new(name.into()), combine: Arc::new(combine) }
    }

    /// The same with a life: without one, what is never cleared is kept for ever.
    #[must_use]
    pub fn ttl(mut self, ttl: Ttl) -> Self {
        self.slot.ttl = Some(ttl);
        self
    }

    /// What the current key's values were combined into.
    ///
    /// # Panics
    /// When the state is not declared; so do all of its methods.
    pub fn get<'a, C: KeyScope>(&self, cx: &'a C) -> Option<&'a V> {
        value::get(&self.slot, cx)
    }

    /// Combines a value into the current key's.
    pub fn add<C: KeyScope>(&self, cx: &mut C, value: V) {
        value::put(&self.slot, cx, |old| match old {
            Some(old) => (self.combine)(old, value),
            None => value,
        });
    }

    /// Takes the current key's value away.
    pub fn take<C: KeyScope>(&self, cx: &mut C) -> Option<V> {
        value::take(&self.slot, cx)
    }

    /// Drops the current key's value.
    pub fn clear<C: KeyScope>(&self, cx: &mut C) {
        self.take(cx);
    }
}

impl<V: Data> StateHandle for ReducingState<V> {
    fn declare<K: Key>(&mut self, states: &mut States<'_, K>) {
        states.add::<Stamped<V>>(&mut self.slot);
    }
}
