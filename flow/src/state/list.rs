//! A list of values per key.

use super::key::{Data, Key};
use super::scope::{KeyScope, Slot, StateHandle, States};
use super::ttl::{Stamped, Ttl};
use std::marker::PhantomData;
use std::sync::Arc;

/// A list of values per key, in the order in which they were added, under a name. With a [`Ttl`] each value lives by itself.
///
/// ```
/// use flow::prelude::*;
/// use flow::state::{ListState, States};
/// use flow::transforms::{Process, ProcessContext};
///
/// /// Sums pairs of records.
/// #[derive(Clone)]
/// struct InPairs(ListState<i64>);
///
/// impl Process<(), i64> for InPairs {
///     type Out = i64;
///     fn states(&mut self, states: &mut States<'_, ()>) {
///         states.declare(&mut self.0);
///     }
///     fn on_record(&mut self, n: i64, cx: &mut ProcessContext<'_, (), i64>) -> flow::Result<()> {
///         self.0.push(cx, n);
///         if self.0.len(cx) == 2 {
///             let pair = self.0.take(cx);
///             cx.emit(pair.iter().sum());
///         }
///         Ok(())
///     }
/// }
///
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("example");
/// pipeline.source(sources::iter([1, 2, 3, 4, 5])).key_all().process(InPairs(ListState::new("waiting"))).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!(rows.take(), [3, 7]);
/// # Ok::<(), flow::Error>(())
/// ```
#[derive(Debug)]
pub struct ListState<V> {
    slot: Slot,
    values: PhantomData<fn() -> V>,
}

impl<V> Clone for ListState<V> {
    fn clone(&self) -> Self {
        Self { slot: self.slot.clone(), values: PhantomData }
    }
}

impl<V: Data> ListState<V> {
    /// A state that is stored under this name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { slot: Slot::new(name.into()), values: PhantomData }
    }

    /// The same with a life of each value: without one, what is never cleared is kept for ever.
    #[must_use]
    pub fn ttl(mut self, ttl: Ttl) -> Self {
        self.slot.ttl = Some(ttl);
        self
    }

    /// The current key's values.
    ///
    /// # Panics
    /// When the state is not declared; so do all of its methods.
    pub fn iter<'a, C: KeyScope>(&self, cx: &'a C) -> impl DoubleEndedIterator<Item = &'a V> + use<'a, V, C> {
        let (content, lives) = cx.scope().read::<Vec<Stamped<V>>>(&self.slot);
        let seen = content.into_iter().flatten().filter(move |element| lives.sees(element.at));
        seen.map(|element| &element.value)
    }

    /// How many values the current key has.
    pub fn len<C: KeyScope>(&self, cx: &C) -> usize {
        self.iter(cx).count()
    }

    /// Whether the current key has no value.
    pub fn is_empty<C: KeyScope>(&self, cx: &C) -> bool {
        self.iter(cx).next().is_none()
    }

    /// Adds a value to the current key's.
    pub fn push<C: KeyScope>(&self, cx: &mut C, value: V) {
        self.extend(cx, [value]);
    }

    /// Adds values to the current key's.
    pub fn extend<C: KeyScope>(&self, cx: &mut C, values: impl IntoIterator<Item = V>) {
        let (table, hash, key, lives) = cx.scope_mut().write::<Vec<Stamped<V>>>(&self.slot);
        let at = lives.written;
        let mut values = values.into_iter().map(|value| Stamped { at, value }).peekable();
        if values.peek().is_some() {
            table.get_or(hash, key, at, Vec::new).extend(values);
        }
    }

    /// Keeps those of the current key's values that the closure says yes to.
    pub fn retain<C: KeyScope>(&self, cx: &mut C, mut keep: impl FnMut(&V) -> bool) {
        let (table, hash, key, lives) = cx.scope_mut().write::<Vec<Stamped<V>>>(&self.slot);
        let Some(values) = table.get_mut(hash, key) else { return };
        values.retain(|element| lives.sees(element.at) && keep(&element.value));
        if values.is_empty() {
            table.remove(hash, key);
        }
    }

    /// Takes the current key's values away.
    pub fn take<C: KeyScope>(&self, cx: &mut C) -> Vec<V> {
        let (table, hash, key, lives) = cx.scope_mut().write::<Vec<Stamped<V>>>(&self.slot);
        let taken = table.remove(hash, key).unwrap_or_default();
        taken.into_iter().filter(|element| lives.sees(element.at)).map(|element| element.value).collect()
    }

    /// Drops the current key's values.
    pub fn clear<C: KeyScope>(&self, cx: &mut C) {
        let (table, hash, key, _) = cx.scope_mut().write::<Vec<Stamped<V>>>(&self.slot);
        table.remove(hash, key);
    }
}

impl<V: Data> StateHandle for ListState<V> {
    fn declare<K: Key>(&mut self, states: &mut States<'_, K>) {
        states.add::<Vec<Stamped<V>>>(&mut self.slot);
    }
}
