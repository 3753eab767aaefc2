//! The open sessions of all keys, and their timers.

use super::table::hash_of;
use super::time_window::Span;
use super::timers::Timers;
use crate::state::Key;
use hashbrown::HashTable;
use hashbrown::hash_table::OccupiedEntry;

/// One open session.
#[derive(Debug)]
pub(super) struct Session<S> {
    pub(super) span: Span,
    /// Whether its rows have been given, and nothing has made it longer than the watermark since.
    pub(super) fired: bool,
    /// Whether it is known to be its key's only one.
    alone: bool,
    /// When its timer stands, if it has one; others for its key are of the past.
    timer: Option<i64>,
    pub(super) state: S,
}

impl<S> Session<S> {
    pub(super) fn new(span: Span, fired: bool, state: S) -> Self {
        Self { span, fired, alone: false, timer: None, state }
    }

    /// Whether a timer that was set for this moment is its own.
    fn waits_for(&self, moment: i64) -> bool {
        self.timer == Some(moment)
    }

    /// When there is something to do for it.
    pub(super) fn due(&self, lateness: i64) -> i64 {
        if self.fired { self.span.late_from(lateness) } else { self.span.last }
    }
}

/// The open sessions: in one flat table, so that a record finds its session with one look. Those of one key, which nearly
/// always has one, are entries of the same hash.
///
/// A timer names a hash, and belongs to a session of a key with that hash which waits for the same moment; if there is none, it
/// is of the past.
#[derive(Debug)]
pub(super) struct Open<K, S> {
    table: HashTable<(K, Session<S>)>,
    timers: Timers<u64>,
}

/// A session of some key.
pub(super) enum Found<'a, S> {
    /// The key has this one and no other.
    Only(&'a mut Session<S>),
    /// The key may have others.
    Several,
    None,
}

impl<K: Key, S> Open<K, S> {
    pub(super) fn new() -> Self {
        Self { table: HashTable::new(), timers: Timers::new() }
    }

    #[inline]
    pub(super) fn find(&mut self, hash: u64, key: &K) -> Found<'_, S> {
        match self.table.find_mut(hash, |entry| entry.0 == *key) {
            Some((_, session)) if session.alone => Found::Only(session),
            Some(_) => Found::Several,
            None => Found::None,
        }
    }

    /// Opens the first session of a key, or one that touches none of the others.
    pub(super) fn insert(&mut self, hash: u64, key: K, mut session: Session<S>, lateness: i64) {
        let other = self.table.find_mut(hash, |entry| entry.0 == key);
        session.alone = other.is_none();
        if let Some((_, other)) = other {
            other.alone = false;
        }
        set(&mut self.timers, hash, &mut session, lateness);
        self.table.insert_unique(hash, (key, session), |entry| hash_of(&entry.0));
    }

    /// Takes out the sessions of the key that touch this stretch of time, which is one gap long: at most two, for sessions lie
    /// further apart than that. The earlier one comes first.
    pub(super) fn take_touching(&mut self, hash: u64, key: &K, span: Span) -> (Option<Session<S>>, Option<Session<S>>) {
        let mut next = || {
            let entry = self.table.find_entry(hash, |entry| entry.0 == *key && touch(entry.1.span, span));
            entry.ok().map(|entry| entry.remove().0.1)
        };
        match (next(), next()) {
            (Some(first), Some(second)) if second.span.start < first.span.start => (Some(second), Some(first)),
            both => both,
        }
    }

    /// Takes the next timer that is not after this moment, and for which there is something to do; those of sessions that have
    /// become longer are set anew.
    #[inline]
    pub(super) fn next_due(&mut self, until: i64, lateness: i64) -> Option<Due<'_, K, S>> {
        // Found twice, for a reference that is given back cannot be kept in a loop.
        let (moment, hash) = loop {
            let (moment, hash) = self.timers.take(until)?;
            let Some((_, session)) = self.table.find_mut(hash, |entry| is_of(entry, hash, moment)) else { continue };
            if session.due(lateness) <= moment {
                break (moment, hash);
            }
            session.timer = Some(self.timers.set(session.due(lateness), hash));
        };
        let entry = self.table.find_entry(hash, |entry| is_of(entry, hash, moment)).ok()?;
        Some(Due { entry, hash, timers: &mut self.timers })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(K, Session<S>)> {
        self.table.iter()
    }
}

/// A session for which there is something to do.
pub(super) struct Due<'a, K, S> {
    entry: OccupiedEntry<'a, (K, Session<S>)>,
    hash: u64,
    timers: &'a mut Timers<u64>,
}

impl<K, S> Due<'_, K, S> {
    pub(super) fn session(&mut self) -> &mut (K, Session<S>) {
        self.entry.get_mut()
    }

    /// Keeps it until it has something to do again; if that is now, it is closed.
    pub(super) fn keep_until(self, until: i64, lateness: i64) {
        let Self { mut entry, hash, timers } = self;
        let session = &mut entry.get_mut().1;
        if session.due(lateness) > until {
            session.timer = Some(timers.set(session.due(lateness), hash));
        } else {
            entry.remove();
        }
    }
}

/// Whether a timer of this hash and moment is that of the entry. The table asks this also of entries of other hashes.
fn is_of<K: Key, S>((key, session): &(K, Session<S>), hash: u64, moment: i64) -> bool {
    session.waits_for(moment) && hash_of(key) == hash
}

/// Sets a session's timer, unless it has one that is early enough.
fn set<S>(timers: &mut Timers<u64>, hash: u64, session: &mut Session<S>, lateness: i64) {
    let due = session.due(lateness);
    if session.timer.is_none_or(|timer| due < timer) {
        session.timer = Some(timers.set(due, hash));
    }
}

/// Whether two sessions become one: also when one begins exactly where the other ends.
fn touch(one: Span, other: Span) -> bool {
    one.start.saturating_sub(1) <= other.last && other.start.saturating_sub(1) <= one.last
}
