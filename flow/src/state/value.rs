//! One value per key.

use super::key::{Data, Key};
use super::scope::{KeyScope, Slot, StateHandle, States};
use super::table::Content;
use super::ttl::{Lives, Stamped, Ttl};
use std::marker::PhantomData;
use std::sync::Arc;

/// One value per key, under a name. A field of a [`Process`](crate::transforms::Process), which has another example.
///
/// ```
/// use flow::prelude::*;
/// use flow::state::{ValueState, States};
/// use flow::transforms::{Process, ProcessContext};
///
/// /// Says how much greater each number is than the one before.
/// #[derive(Clone)]
/// struct Growth(ValueState<i64>);
///
/// impl Process<(), i64> for Growth {
///     type Out = i64;
///     fn states(&mut self, states: &mut States<'_, ()>) {
///         states.declare(&mut self.0);
///     }
///     fn on_record(&mut self, n: i64, cx: &mut ProcessContext<'_, (), i64>) -> flow::Result<()> {
///         let before = self.0.get(cx).copied().unwrap_or(0);
///         self.0.set(cx, n);
///         cx.emit(n - before);
///         Ok(())
///     }
/// }
///
/// let (rows, sink) = sinks::collect();
/// let pipeline = Pipeline::new("example");
/// pipeline.source(sources::iter([1, 5, 3])).key_all().process(Growth(ValueState::new("before"))).sink(sink);
/// pipeline.run_blocking()?;
/// assert_eq!(rows.take(), [1, 4, -2]);
/// # Ok::<(), flow::Error>(())
/// ```
#[derive(Debug)]
pub struct ValueState<V> {
    slot: Slot,
    values: PhantomData<fn() -> V>,
}

impl<V> Clone for ValueState<V> {
    fn clone(&self) -> Self {
        Self { slot: self.slot.clone(), values: PhantomData }
    }
}

impl<V: Data> ValueState<V> {
    /// A state that is stored under this name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { slot: Slot::new(name.into()), values: PhantomData }
    }

    /// The same with a life: without one, what is never cleared is kept for ever.
    #[must_use]
    pub fn ttl(mut self, ttl: Ttl) -> Self {
        self.slot.ttl = Some(ttl);
        self
    }

    /// The current key's value.
    ///
    /// # Panics
    /// When the state is not declared; so do all of its methods.
    pub fn get<'a, C: KeyScope>(&self, cx: &'a C) -> Option<&'a V> {
        get(&self.slot, cx)
    }

    /// Sets the current key's value.
    pub fn set<C: KeyScope>(&self, cx: &mut C, value: V) {
        let (table, hash, key, lives) = cx.scope_mut().write::<Stamped<V>>(&self.slot);
        let at = lives.written;
        match table.get_mut(hash, key) {
            Some(held) => *held = Stamped { at: at.max(held.at), value },
            None => _ = table.get_or(hash, key, at, || Stamped { at, value }),
        }
    }

    /// Changes the current key's value, from the default if there is none.
    pub fn update<C: KeyScope>(&self, cx: &mut C, change: impl FnOnce(&mut V))
    where
        V: Default,
    {
        let (table, hash, key, lives) = cx.scope_mut().write::<Stamped<V>>(&self.slot);
        let at = lives.written;
        let held = table.get_or(hash, key, at, || Stamped { at, value: V::default() });
        if !lives.sees(held.at) {
            held.value = V::default();
        }
        held.at = held.at.max(at);
        change(&mut held.value);
    }

    /// Takes the current key's value away.
    pub fn take<C: KeyScope>(&self, cx: &mut C) -> Option<V> {
        take(&self.slot, cx)
    }

    /// Drops the current key's value.
    pub fn clear<C: KeyScope>(&self, cx: &mut C) {
        self.take(cx);
    }
}

impl<V: Data> StateHandle for ValueState<V> {
    fn declare<K: Key>(&mut self, states: &mut States<'_, K>) {
        states.add::<Stamped<V>>(&mut self.slot);
    }
}

pub(super) fn get<'a, V: Data, C: KeyScope>(slot: &Slot, cx: &'a C) -> Option<&'a V> {
    let (content, lives): (Option<&Stamped<V>>, Lives) = cx.scope().read(slot);
    content.filter(|content| lives.sees(content.at)).map(|content| &content.value)
}

/// Writes what `new` makes of what was there. What lives on lives at least as long as before: an older record does not
/// shorten the life that a newer one gave it.
pub(super) fn put<V: Data, C: KeyScope>(slot: &Slot, cx: &mut C, new: impl FnOnce(Option<V>) -> V) {
    let (table, hash, key, lives) = cx.scope_mut().write::<Stamped<V>>(slot);
    let old = table.remove(hash, key).filter(|old| lives.sees(old.at));
    let at = old.as_ref().map_or(lives.written, |old| old.at.max(lives.written));
    let value = new(old.map(|old| old.value));
    table.get_or(hash, key, at, || Stamped { at, value });
}

pub(super) fn take<V: Data, C: KeyScope>(slot: &Slot, cx: &mut C) -> Option<V> {
    let (table, hash, key, lives) = cx.scope_mut().write::<Stamped<V>>(slot);
    let mut taken = table.remove(hash, key)?;
    (!taken.expire(lives)).then_some(taken.value)
}
