//! The open sessions of all keys, and which of them are due.

use super::table::hash_of;
use super::time_window::Span;
use crate::state::Key;
use crate::time;
use hashbrown::HashTable;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One open session.
#[derive(Debug)]
pub(super) struct Session<S> {
    pub(super) span: Span,
    /// Whether its rows have been given, and nothing has made it longer than the watermark since.
    pub(super) fired: bool,
    pub(super) state: S,
}

impl<S> Session<S> {
    /// When there is something to do for it.
    fn due(&self, lateness: i64) -> i64 {
        if self.fired { self.span.late_from(lateness) } else { self.span.last }
    }
}

/// A session that has not fired and is its key's only one. Nothing else stands beside it, so that with a small key and a
/// small state one line of the cache holds two of them.
#[derive(Debug)]
pub(super) struct Sole<S> {
    pub(super) span: Span,
    pub(super) state: S,
}

/// The moment at which a session is due, and its hash.
type Name = (i64, u64);

/// The open sessions: in two flat tables, so that a record finds its session with one look. Nearly all stand in `sole`; a key whose
/// sessions are several, or have fired, has all of them in `others`, as entries of the same hash.
///
/// Those that are due up to the `horizon` are named in `soon`; a name with whose moment no session
/// is due is of the past, for the session has grown since. When the watermark comes to the horizon, that is moved on by a `stride`, and the tables are looked
/// through, one entry after the other in memory, for those that are due before it. A record makes a session that is due behind the horizon, so
/// that most of them name nothing.
#[derive(Debug)]
pub(super) struct Open<K, S> {
    sole: HashTable<(K, Sole<S>)>,
    others: HashTable<(K, Session<S>)>,
    /// In the order of their moments, the last one first.
    soon: Vec<Name>,
    /// What was named since that was ordered.
    added: BinaryHeap<Reverse<Name>>,
    horizon: i64,
    /// The watermark when the horizon was moved last.
    passed: i64,
    /// How far it is moved: at least, now, and at most.
    least: i64,
    stride: i64,
    most: i64,
    /// How many were named by their records since.
    named: usize,
    lateness: i64,
}

/// How many names are not too many, however few sessions there are.
const FEW: usize = 1024;

impl<K: Key, S> Open<K, S> {
    pub(super) fn new(gap: i64, lateness: i64) -> Self {
        let least = (gap / 4).max(1);
        Self {
            sole: HashTable::new(),
            others: HashTable::new(),
            soon: Vec::new(),
            added: BinaryHeap::new(),
            horizon: time::MIN,
            passed: time::MIN,
            least,
            stride: least,
            most: i64::MAX,
            named: 0,
            lateness,
        }
    }

    /// The session of this key, if it has one and no other, and it has not fired.
    #[inline]
    pub(super) fn sole(&mut self, hash: u64, key: &K) -> Option<&mut Sole<S>> {
        self.sole.find_mut(hash, |entry| entry.0 == *key).map(|entry| &mut entry.1)
    }

    /// Whether a key that has no sole session has others.
    #[inline]
    pub(super) fn has_others(&self, hash: u64, key: &K) -> bool {
        !self.others.is_empty() && self.others.find(hash, |entry| entry.0 == *key).is_some()
    }

    /// Opens the first session of a key, or one that touches none of the others.
    pub(super) fn insert(&mut self, hash: u64, key: K, session: Session<S>) {
        let due = session.due(self.lateness);
        if due <= self.horizon {
            self.name(due, hash);
        }
        if let Ok(entry) = self.sole.find_entry(hash, |entry| entry.0 == key) {
            let ((key, Sole { span, state }), _) = entry.remove();
            self.insert_other(hash, key, Session { span, fired: false, state });
        } else if !session.fired && !self.has_others(hash, &key) {
            let Session { span, state, .. } = session;
            self.sole.insert_unique(hash, (key, Sole { span, state }), |entry| hash_of(&entry.0));
            return;
        }
        self.insert_other(hash, key, session);
    }

    fn insert_other(&mut self, hash: u64, key: K, session: Session<S>) {
        self.others.insert_unique(hash, (key, session), |entry| hash_of(&entry.0));
    }

    /// Up to when sessions that are due are named.
    #[inline]
    pub(super) fn horizon(&self) -> i64 {
        self.horizon
    }

    /// Names a session that a record has made due before the horizon, if it was not due then before. Where that becomes usual, the
    /// horizon is too far: it is taken back, which leaves some names that are of the past.
    #[cold]
    pub(super) fn name_grown(&mut self, due: i64, before: i64, hash: u64) {
        if due > before {
            self.name(due, hash);
        }
    }

    fn name(&mut self, due: i64, hash: u64) {
        self.added.push(Reverse((due, hash)));
        self.named += 1;
        if self.named > self.len() / 4 + FEW {
            self.most = (self.stride / 2).max(self.least);
            self.stride = self.most;
            self.horizon = self.horizon.min(self.passed.saturating_add(self.least));
            self.named = 0;
        }
    }

    /// Takes out the sessions of the key that touch this stretch of time, which is one gap long: at most two, for sessions lie
    /// further apart than that. The earlier one comes first.
    pub(super) fn take_touching(&mut self, hash: u64, key: &K, span: Span) -> (Option<Session<S>>, Option<Session<S>>) {
        if let Ok(entry) = self.sole.find_entry(hash, |entry| entry.0 == *key) {
            let touched = touch(entry.get().1.span, span).then(|| entry.remove().0.1);
            return (touched.map(|Sole { span, state }| Session { span, fired: false, state }), None);
        }
        let mut next = || {
            let entry = self.others.find_entry(hash, |entry| entry.0 == *key && touch(entry.1.span, span));
            entry.ok().map(|entry| entry.remove().0.1)
        };
        match (next(), next()) {
            (Some(first), Some(second)) if second.span.start < first.span.start => (Some(second), Some(first)),
            both => both,
        }
    }

    /// Does what there is to do up to this moment: `fire` is given the sessions that have not fired, the one that is due first before the others. They are
    /// kept for as long as something can be late for them.
    #[inline]
    pub(super) fn advance(&mut self, until: i64, fire: impl FnMut(&K, Span, &S)) {
        if self.horizon < until || self.next().is_some_and(|(due, _)| due <= until) {
            self.pass(until, fire);
        }
    }

    fn pass(&mut self, until: i64, mut fire: impl FnMut(&K, Span, &S)) {
        loop {
            if let Some(name) = self.take_name(until) {
                self.end(name, until, &mut fire);
            } else if self.horizon >= until {
                return;
            } else {
                self.look_ahead(until);
            }
        }
    }

    /// Does what there is to do for the session of this name, if it is not of the past.
    fn end(&mut self, name: Name, until: i64, fire: &mut impl FnMut(&K, Span, &S)) {
        let (moment, hash) = name;
        let due = |entry: &(K, Sole<S>)| entry.1.span.last == moment && hash_of(&entry.0) == hash;
        if let Ok(entry) = self.sole.find_entry(hash, due) {
            let ((key, Sole { span, state }), _) = entry.remove();
            fire(&key, span, &state);
            if self.lateness > 0 {
                self.keep_fired(hash, key, Session { span, fired: true, state }, until);
            }
            return;
        }
        let due = |entry: &(K, Session<S>)| entry.1.due(self.lateness) == moment && hash_of(&entry.0) == hash;
        if let Ok(entry) = self.others.find_entry(hash, due) {
            let ((key, session), _) = entry.remove();
            if !session.fired {
                fire(&key, session.span, &session.state);
            }
            self.keep_fired(hash, key, Session { fired: true, ..session }, until);
        }
    }

    /// Keeps a session that has fired for as long as something can be late for it.
    fn keep_fired(&mut self, hash: u64, key: K, session: Session<S>, until: i64) {
        let due = session.due(self.lateness);
        if due > until {
            if due <= self.horizon {
                self.added.push(Reverse((due, hash)));
            }
            self.insert_other(hash, key, session);
        }
    }

    /// The name whose moment comes first.
    #[inline]
    fn next(&self) -> Option<Name> {
        let added = self.added.peek().map(|&Reverse(name)| name);
        match self.soon.last() {
            Some(&name) => Some(added.map_or(name, |added| name.min(added))),
            None => added,
        }
    }

    fn take_name(&mut self, until: i64) -> Option<Name> {
        let name = self.next().filter(|(due, _)| *due <= until)?;
        if self.soon.last() == Some(&name) {
            self.soon.pop();
        } else {
            self.added.pop();
        }
        Some(name)
    }

    /// Moves the horizon on, and names the sessions that are due up to it. A look that finds few of them is followed by one further
    /// ahead, so that each session is looked at a few times, however long it is kept.
    fn look_ahead(&mut self, until: i64) {
        let horizon = until.saturating_add(self.stride);
        let (before, lateness) = (std::mem::replace(&mut self.horizon, horizon), self.lateness);
        (self.passed, self.named) = (until, 0);
        // What many sessions once took is not looked through for a few.
        shrink(&mut self.sole);
        shrink(&mut self.others);
        let names = self.soon.len();
        let sole = self.sole.iter().map(|(key, session)| (key, session.span.last));
        let others = self.others.iter().map(|(key, session)| (key, session.due(lateness)));
        let due = sole.chain(others).filter(|&(_, moment)| moment > before && moment <= horizon);
        self.soon.extend(due.map(|(key, moment)| (moment, hash_of(key))));
        if (self.soon.len() - names) * 8 < self.len() {
            self.stride = self.stride.saturating_mul(2).min(self.most);
        }
        self.soon.sort_unstable_by_key(|&name| Reverse(name));
    }

    fn len(&self) -> usize {
        self.sole.len() + self.others.len()
    }

    /// Each session, with its key and whether it has fired.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, (Span, bool, &S))> {
        let sole = self.sole.iter().map(|(key, session)| (key, (session.span, false, &session.state)));
        let others = self.others.iter();
        sole.chain(others.map(|(key, session)| (key, (session.span, session.fired, &session.state))))
    }
}

/// Gives memory back that is hardly used.
fn shrink<K: Key, S>(table: &mut HashTable<(K, S)>) {
    if table.len() < table.capacity() / 8 {
        table.shrink_to(table.len() * 2, |entry| hash_of(&entry.0));
    }
}

/// Whether two sessions become one: also when one begins exactly where the other ends.
pub(super) fn touch(one: Span, other: Span) -> bool {
    (one.start.saturating_sub(1) <= other.last) & (other.start.saturating_sub(1) <= one.last)
}
