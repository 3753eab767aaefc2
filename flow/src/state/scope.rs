//! The keyed states of a task, and the key that is being worked on.

use super::key::Key;
use super::operator_state::{StateReader, StateWriter};
use super::table::{AnyTable, Content, Table, hash_of};
use super::timers::{TimerClock, Timers};
use super::ttl::{Lives, Ttl, TtlClock};
use crate::error::{Error, ErrorKind, Result};
use crate::time;
use std::any::Any;
use std::sync::Arc;

/// Something that works on one key at a time, and whose states the handles can reach: the context of a process function.
pub trait KeyScope {
    /// The keys.
    type Key: Key;

    /// The states.
    #[doc(hidden)]
    fn scope(&self) -> &Scope<Self::Key>;

    /// The states, to be written.
    #[doc(hidden)]
    fn scope_mut(&mut self) -> &mut Scope<Self::Key>;
}

/// The keyed states and timers of one task.
pub struct Scope<K> {
    pub(crate) current: Current<K>,
    pub(crate) timers: Timers<K>,
    tables: Vec<Box<dyn AnyTable<K>>>,
}

/// The key that is being worked on, and what the clocks show.
pub(crate) struct Current<K> {
    key: Option<K>,
    hash: u64,
    pub(crate) time: i64,
    pub(crate) watermark: i64,
    pub(crate) now: i64,
}

impl<K: Key> Current<K> {
    pub(crate) fn key(&self) -> &K {
        match &self.key {
            Some(key) => key,
            None => unreachable!("a context is made for a key"),
        }
    }

    fn lives(&self, ttl: Option<Ttl>) -> Lives {
        match ttl.map(|ttl| ttl.clock) {
            Some(TtlClock::Event) => Lives::new(ttl, self.time, self.watermark),
            Some(TtlClock::Processing) => Lives::new(ttl, self.now, self.now),
            None => Lives::new(None, time::MIN, time::MIN),
        }
    }
}

impl<K> std::fmt::Debug for Scope<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope").field("states", &self.tables.len()).finish_non_exhaustive()
    }
}

impl<K: Key> Scope<K> {
    pub(crate) fn new() -> Self {
        let current = Current { key: None, hash: 0, time: time::MIN, watermark: time::MIN, now: time::MIN };
        Self { current, timers: Timers::new(), tables: Vec::new() }
    }

    /// Works on this key from now on, at this event time.
    pub(crate) fn enter(&mut self, key: K, time: i64) {
        self.current.hash = hash_of(&key);
        self.current.key = Some(key);
        self.current.time = time;
    }

    /// Gives back the memory of what has expired, where that is due.
    pub(crate) fn sweep(&mut self) {
        for table in &mut self.tables {
            table.sweep(self.current.watermark, self.current.now);
        }
    }

    /// When something is due by processing time.
    pub(crate) fn next_processing(&self) -> Option<i64> {
        let sweeps = self.tables.iter().filter_map(|table| table.next_sweep());
        sweeps.chain(self.timers.next(TimerClock::Processing)).min()
    }

    pub(crate) fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        self.timers.snapshot(state)?;
        self.tables.iter().try_for_each(|table| table.snapshot(state))
    }

    pub(crate) fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        self.timers.restore(state)?;
        self.tables.iter_mut().try_for_each(|table| table.restore(state))
    }

    /// What the current key holds, and what of it is to be seen.
    pub(super) fn read<C: Content>(&self, slot: &Slot) -> (Option<&C>, Lives) {
        let table: Option<&dyn Any> = self.tables.get(slot.at).map(|table| &**table as &dyn Any);
        let Some(table) = table.and_then(<dyn Any>::downcast_ref::<Table<K, C>>) else { slot.undeclared() };
        (table.get(self.current.hash, self.current.key()), self.current.lives(table.ttl))
    }

    /// The table of a state, with the current key, its hash, and what of it is to be seen.
    pub(super) fn write<C: Content>(&mut self, slot: &Slot) -> (&mut Table<K, C>, u64, &K, Lives) {
        let table: Option<&mut dyn Any> = self.tables.get_mut(slot.at).map(|table| &mut **table as &mut dyn Any);
        let Some(table) = table.and_then(<dyn Any>::downcast_mut::<Table<K, C>>) else { slot.undeclared() };
        let lives = self.current.lives(table.ttl);
        (table, self.current.hash, self.current.key(), lives)
    }
}

/// A handle's name and life, and the place of its table once it is declared.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    name: Arc<str>,
    pub(super) ttl: Option<Ttl>,
    at: usize,
}

impl Slot {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self { name, ttl: None, at: usize::MAX }
    }

    fn undeclared(&self) -> ! {
        panic!("the state `{}` is not declared: name it in `Process::states`", self.name)
    }
}

/// Takes the declarations of a process function's states: see [`Process::states`](crate::transforms::Process::states).
pub struct States<'a, K> {
    scope: &'a mut Scope<K>,
    mistake: Option<Error>,
}

impl<K> std::fmt::Debug for States<'_, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("States").finish_non_exhaustive()
    }
}

/// A handle to a keyed state: [`ValueState`](super::ValueState), [`ListState`](super::ListState),
/// [`MapState`](super::MapState) or [`ReducingState`](super::ReducingState).
pub trait StateHandle {
    /// Makes the state's table and finds it from now on.
    #[doc(hidden)]
    fn declare<K: Key>(&mut self, states: &mut States<'_, K>);
}

impl<'a, K: Key> States<'a, K> {
    pub(crate) fn new(scope: &'a mut Scope<K>) -> Self {
        Self { scope, mistake: None }
    }

    /// Declares a state. Its name is what it is stored under, and must be the only one of that name.
    pub fn declare(&mut self, handle: &mut impl StateHandle) -> &mut Self {
        handle.declare(self);
        self
    }

    /// # Errors
    /// When two states have one name.
    pub(crate) fn finish(self) -> Result<()> {
        self.mistake.map_or(Ok(()), Err)
    }

    pub(super) fn add<C: Content>(&mut self, slot: &mut Slot) {
        if self.scope.tables.iter().any(|table| table.name() == &*slot.name) {
            let what = format!("two states are named `{}`", slot.name);
            self.mistake = Some(Error::new(ErrorKind::Definition, what).help("a state is stored under its name"));
        }
        slot.at = self.scope.tables.len();
        self.scope.tables.push(Box::new(Table::<K, C>::new(Arc::clone(&slot.name), slot.ttl)));
    }
}
