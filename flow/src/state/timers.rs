//! The timers of a task's keys.

use super::key::Key;
use super::operator_state::{StateReader, StateWriter};
use crate::error::{Error, ErrorKind, Result};
use crate::time::{self, Timestamp};
use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use std::collections::BTreeMap;

type Keys<K> = IndexSet<K, FxBuildHasher>;

/// The timers of one clock: per time the keys that wait for it.
struct Wheel<K> {
    name: &'static str,
    at: BTreeMap<i64, Keys<K>>,
    /// The time whose timers are firing.
    firing: Option<i64>,
}

impl<K: Key> Wheel<K> {
    fn new(name: &'static str) -> Self {
        Self { name, at: BTreeMap::new(), firing: None }
    }

    /// # Errors
    /// When a firing timer sets one that is not later than itself: such timers never end.
    fn set(&mut self, at: i64, key: &K) -> Result<()> {
        if let Some(firing) = self.firing.filter(|firing| at <= *firing) {
            let (at, firing) = (Timestamp::from_millis(at), Timestamp::from_millis(firing));
            let what = format!("the timer of {firing} sets one for {at}, which is not later");
            return Err(Error::new(ErrorKind::User, what).help("set it at least one millisecond later"));
        }
        let keys = self.at.entry(at).or_default();
        if !keys.contains(key) {
            keys.insert(key.clone());
        }
        Ok(())
    }

    fn unset(&mut self, at: i64, key: &K) {
        if let Some(keys) = self.at.get_mut(&at) {
            keys.swap_remove(key);
            if keys.is_empty() {
                self.at.remove(&at);
            }
        }
    }

    fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        let timers: Vec<_> = self.at.iter().flat_map(|(at, keys)| keys.iter().map(move |key| (key, at))).collect();
        state.keyed(self.name, timers)
    }

    fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        state.keyed::<K, i64>(self.name)?.into_iter().try_for_each(|(key, at)| self.set(at, &key))
    }
}

/// The timers of a task's keys, by event time and by processing time.
pub(crate) struct Timers<K> {
    event: Wheel<K>,
    processing: Wheel<K>,
    /// Event time has come to its end: timers that fire set no more.
    closing: bool,
    mistake: Option<Error>,
}

/// Which clock a timer goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimerClock {
    Event,
    Processing,
}

impl<K: Key> Timers<K> {
    pub(crate) fn new() -> Self {
        let (event, processing) = (Wheel::new("timers"), Wheel::new("processing timers"));
        Self { event, processing, closing: false, mistake: None }
    }

    fn of(&mut self, clock: TimerClock) -> &mut Wheel<K> {
        match clock {
            TimerClock::Event => &mut self.event,
            TimerClock::Processing => &mut self.processing,
        }
    }

    pub(crate) fn set(&mut self, clock: TimerClock, at: i64, key: &K) {
        if clock == TimerClock::Event && self.closing && self.event.firing.is_some() {
            return;
        }
        if let Err(mistake) = self.of(clock).set(at, key) {
            self.mistake = Some(mistake);
        }
    }

    pub(crate) fn unset(&mut self, clock: TimerClock, at: i64, key: &K) {
        self.of(clock).unset(at, key);
    }

    /// The earliest time that a timer waits for.
    pub(crate) fn next(&self, clock: TimerClock) -> Option<i64> {
        let wheel = match clock {
            TimerClock::Event => &self.event,
            TimerClock::Processing => &self.processing,
        };
        wheel.at.first_key_value().map(|(at, _)| *at)
    }

    /// Takes the timers of the earliest time, if that is no later than `until`. A timer's function is called between this and
    /// [`fired`](Self::fired), for each key.
    pub(crate) fn take(&mut self, clock: TimerClock, until: i64) -> Option<(i64, Keys<K>)> {
        self.closing |= clock == TimerClock::Event && until == time::MAX;
        let wheel = self.of(clock);
        let first = wheel.at.first_entry().filter(|first| *first.key() <= until)?;
        let (at, keys) = first.remove_entry();
        wheel.firing = Some(at);
        Some((at, keys))
    }

    /// # Errors
    /// When a timer that fired has set one that is not later.
    pub(crate) fn fired(&mut self, clock: TimerClock) -> Result<()> {
        self.of(clock).firing = None;
        self.mistake.take().map_or(Ok(()), Err)
    }

    pub(crate) fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        self.event.snapshot(state)?;
        self.processing.snapshot(state)
    }

    pub(crate) fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        self.event.restore(state)?;
        self.processing.restore(state)
    }
}
