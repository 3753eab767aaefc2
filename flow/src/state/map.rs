//! A map per key.

use super::key::{Data, Key};
use super::scope::{KeyScope, Slot, StateHandle, States};
use super::ttl::{Stamped, Ttl};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

type Entries<M, V> = BTreeMap<M, Stamped<V>>;

/// A map per key, in the order of its own keys, under a name. With a [`Ttl`] each entry lives by itself.
///
/// ```
/// use flow::prelude::*;
/// use flow::state::{MapState, States};
/// use flow::transforms::{Process, ProcessContext};
///
/// /// Says how often a number has come.
/// #[derive(Clone)]
/// struct Counts(MapState<i64, u32>);
///
/// impl Process<(), i64> for Counts {
///     type Out = (i64, u32);
///     fn states(&mut self, states: &mut States<'_, ()>) {
///         states.declare(&mut self.0);
///     }
///     fn on_record(&mut self, n: i64, cx: &mut ProcessContext<'_, (), (i64, u32)>) -> flow::Result<()> {
///         self.0.update(cx, n, |count| *count += 1);
///         let count = self.0.get(cx, &n).copied().unwrap_or(0);
///         cx.emit((n, count));
///         Ok(())
///     }
/// }
///
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("example");
/// pipeline.source(sources::iter([7, 8, 7])).key_all().process(Counts(MapState::new("counts"))).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!(rows.take(), [(7, 1), (8, 1), (7, 2)]);
/// # Ok::<(), flow::Error>(())
/// ```
#[derive(Debug)]
pub struct MapState<M, V> {
    slot: Slot,
    entries: PhantomData<fn() -> (M, V)>,
}

impl<M, V> Clone for MapState<M, V> {
    fn clone(&self) -> Self {
        Self { slot: self.slot.clone(), entries: PhantomData }
    }
}

impl<M: Data + Ord, V: Data> MapState<M, V> {
    /// A state that is stored under this name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { slot: Slot::new(name.into()), entries: PhantomData }
    }

    /// The same with a life of each entry: without one, what is never removed is kept for ever.
    #[must_use]
    pub fn ttl(mut self, ttl: Ttl) -> Self {
        self.slot.ttl = Some(ttl);
        self
    }

    /// The value of an entry of the current key's map.
    ///
    /// # Panics
    /// When the state is not declared; so do all of its methods.
    pub fn get<'a, C: KeyScope>(&self, cx: &'a C, entry: &M) -> Option<&'a V> {
        let (content, lives) = cx.scope().read::<Entries<M, V>>(&self.slot);
        content?.get(entry).filter(|value| lives.sees(value.at)).map(|value| &value.value)
    }

    /// Whether the current key's map has this entry.
    pub fn contains<C: KeyScope>(&self, cx: &C, entry: &M) -> bool {
        self.get(cx, entry).is_some()
    }

    /// The entries of the current key's map, in their order.
    pub fn iter<'a, C: KeyScope>(
        &self,
        cx: &'a C,
    ) -> impl DoubleEndedIterator<Item = (&'a M, &'a V)> + use<'a, M, V, C> {
        let (content, lives) = cx.scope().read::<Entries<M, V>>(&self.slot);
        let seen = content.into_iter().flatten().filter(move |(_, value)| lives.sees(value.at));
        seen.map(|(entry, value)| (entry, &value.value))
    }

    /// How many entries the current key's map has.
    pub fn len<C: KeyScope>(&self, cx: &C) -> usize {
        self.iter(cx).count()
    }

    /// Whether the current key's map has no entry.
    pub fn is_empty<C: KeyScope>(&self, cx: &C) -> bool {
        self.iter(cx).next().is_none()
    }

    /// Sets an entry of the current key's map, and gives the value that it had.
    pub fn insert<C: KeyScope>(&self, cx: &mut C, entry: M, value: V) -> Option<V> {
        let (table, hash, key, lives) = cx.scope_mut().write::<Entries<M, V>>(&self.slot);
        let at = lives.written;
        let entries = table.get_or(hash, key, at, BTreeMap::new);
        let old = entries.insert(entry, Stamped { at, value })?;
        lives.sees(old.at).then_some(old.value)
    }

    /// Changes the value of an entry of the current key's map, from the default if there is none.
    pub fn update<C: KeyScope>(&self, cx: &mut C, entry: M, change: impl FnOnce(&mut V))
    where
        V: Default,
    {
        let (table, hash, key, lives) = cx.scope_mut().write::<Entries<M, V>>(&self.slot);
        let at = lives.written;
        let fresh = || Stamped { at, value: V::default() };
        let held = table.get_or(hash, key, at, BTreeMap::new).entry(entry).or_insert_with(fresh);
        if !lives.sees(held.at) {
            *held = fresh();
        }
        held.at = held.at.max(at);
        change(&mut held.value);
    }

    /// Removes an entry of the current key's map, and gives the value that it had.
    pub fn remove<C: KeyScope>(&self, cx: &mut C, entry: &M) -> Option<V> {
        let (table, hash, key, lives) = cx.scope_mut().write::<Entries<M, V>>(&self.slot);
        let entries = table.get_mut(hash, key)?;
        let old = entries.remove(entry);
        if entries.is_empty() {
            table.remove(hash, key);
        }
        old.filter(|old| lives.sees(old.at)).map(|old| old.value)
    }

    /// Keeps those entries of the current key's map that the closure says yes to.
    pub fn retain<C: KeyScope>(&self, cx: &mut C, mut keep: impl FnMut(&M, &V) -> bool) {
        let (table, hash, key, lives) = cx.scope_mut().write::<Entries<M, V>>(&self.slot);
        let Some(entries) = table.get_mut(hash, key) else { return };
        entries.retain(|entry, value| lives.sees(value.at) && keep(entry, &value.value));
        if entries.is_empty() {
            table.remove(hash, key);
        }
    }

    /// Drops the current key's map.
    pub fn clear<C: KeyScope>(&self, cx: &mut C) {
        let (table, hash, key, _) = cx.scope_mut().write::<Entries<M, V>>(&self.slot);
        table.remove(hash, key);
    }
}

impl<M: Data + Ord, V: Data> StateHandle for MapState<M, V> {
    fn declare<K: Key>(&mut self, states: &mut States<'_, K>) {
        states.add::<Entries<M, V>>(&mut self.slot);
    }
}
