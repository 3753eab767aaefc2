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
    /// Whether it is known to be its key's only one, and has not fired.
    plain: bool,
    pub(super) state: S,
}

impl<S> Session<S> {
    pub(super) fn new(span: Span, fired: bool, state: S) -> Self {
        Self { span, fired, plain: false, state }
    }

    /// When there is something to do for it.
    fn due(&self, lateness: i64) -> i64 {
        if self.fired { self.span.late_from(lateness) } else { self.span.last }
    }
}

/// The moment at which a session is due, and its hash.
type Name = (i64, u64);

/// The open sessions: in one flat table, so that a record finds its session with one look. Those of one key, which nearly
/// always has one, are entries of the same hash.
///
/// Those that are due up to the `horizon` are named in `soon`; a name with whose moment no session
/// is due is of the past, for the session has grown since. When the watermark comes to the horizon, that is moved on by a `stride`, and the whole table is looked
/// through, one entry after the other in memory, for those that are due before it. A record makes a session that is due behind the horizon, so
/// that most of them name nothing.
#[derive(Debug)]
pub(super) struct Open<K, S> {
    table: HashTable<(K, Session<S>)>,
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

/// A session of some key.
pub(super) enum Found<'a, S> {
    /// The key has this one and no other, and it has not fired.
    Plain(&'a mut Session<S>),
    /// The key has others.
    Other,
    None,
}

impl<K: Key, S> Open<K, S> {
    pub(super) fn new(gap: i64, lateness: i64) -> Self {
        let least = (gap / 4).max(1);
        Self {
            table: HashTable::new(),
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

    #[inline]
    pub(super) fn find(&mut self, hash: u64, key: &K) -> Found<'_, S> {
        match self.table.find_mut(hash, |entry| entry.0 == *key) {
            Some((_, session)) if session.plain => Found::Plain(session),
            Some(_) => Found::Other,
            None => Found::None,
        }
    }

    /// Opens the first session of a key, or one that touches none of the others.
    pub(super) fn insert(&mut self, hash: u64, key: K, mut session: Session<S>) {
        let other = self.table.find_mut(hash, |entry| entry.0 == key);
        session.plain = other.is_none() && !session.fired;
        if let Some((_, other)) = other {
            other.plain = false;
        }
        let due = session.due(self.lateness);
        if due <= self.horizon {
            self.name(due, hash);
        }
        self.table.insert_unique(hash, (key, session), |entry| hash_of(&entry.0));
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
        if self.named > self.table.len() / 4 + FEW {
            self.most = (self.stride / 2).max(self.least);
            self.stride = self.most;
            self.horizon = self.horizon.min(self.passed.saturating_add(self.least));
            self.named = 0;
        }
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

    /// Does what there is to do up to this moment: `fire` is given the sessions that have not fired, the one that is due first before the others. They are
    /// kept for as long as something can be late for them.
    #[inline]
    pub(super) fn advance(&mut self, until: i64, fire: impl FnMut(&K, &Session<S>)) {
        if self.horizon < until || self.next().is_some_and(|(due, _)| due <= until) {
            self.pass(until, fire);
        }
    }

    fn pass(&mut self, until: i64, mut fire: impl FnMut(&K, &Session<S>)) {
        loop {
            let Some(name) = self.take_name(until) else {
                if self.horizon >= until {
                    return;
                }
                self.look_ahead(until);
                continue;
            };
            let Ok(mut entry) = self.table.find_entry(name.1, |entry| is_due(entry, name, self.lateness)) else {
                continue;
            };
            let (key, session) = entry.get_mut();
            if !session.fired {
                fire(key, session);
                (session.fired, session.plain) = (true, false);
            }
            let due = session.due(self.lateness);
            if due <= until {
                entry.remove();
            } else if due <= self.horizon {
                self.added.push(Reverse((due, name.1)));
            }
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
        if self.table.len() < self.table.capacity() / 8 {
            self.table.shrink_to(self.table.len() * 2, |entry| hash_of(&entry.0));
        }
        let names = self.soon.len();
        let due = self.table.iter().filter_map(|(key, session)| {
            let moment = session.due(lateness);
            (moment > before && moment <= horizon).then(|| (moment, hash_of(key)))
        });
        self.soon.extend(due);
        if (self.soon.len() - names) * 8 < self.table.len() {
            self.stride = self.stride.saturating_mul(2).min(self.most);
        }
        self.soon.sort_unstable_by_key(|&name| Reverse(name));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(K, Session<S>)> {
        self.table.iter()
    }
}

/// Whether the entry is the one that is named so. The table asks this also of entries of other hashes.
fn is_due<K: Key, S>((key, session): &(K, Session<S>), (moment, hash): (i64, u64), lateness: i64) -> bool {
    session.due(lateness) == moment && hash_of(key) == hash
}

/// Whether two sessions become one: also when one begins exactly where the other ends.
pub(super) fn touch(one: Span, other: Span) -> bool {
    (one.start.saturating_sub(1) <= other.last) & (other.start.saturating_sub(1) <= one.last)
}
