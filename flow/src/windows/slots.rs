//! The open sessions of all keys, and their timers.

use super::table::hash_of;
use super::time_window::Span;
use super::timers::Timers;
use crate::state::Key;
use hashbrown::HashTable;

/// No slot.
pub(super) const NONE: u32 = u32::MAX;

/// One open session.
#[derive(Debug)]
pub(super) struct Slot<K, S> {
    pub(super) key: K,
    pub(super) span: Span,
    /// Whether its rows have been given, and nothing has made it longer than the watermark since.
    pub(super) fired: bool,
    pub(super) state: S,
    /// The next session of the same key.
    pub(super) next: u32,
    /// When its timer stands; others that name this slot are of the past.
    pub(super) timer: i64,
}

/// The open sessions. Those of one key are a list, which nearly always has one member.
#[derive(Debug)]
pub(super) struct Slots<K, S> {
    slots: Vec<Option<Slot<K, S>>>,
    free: Vec<u32>,
    /// The first slot of each key.
    heads: HashTable<u32>,
    timers: Timers<u32>,
}

impl<K: Key, S> Slots<K, S> {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), heads: HashTable::new(), timers: Timers::new() }
    }

    /// The session in a slot that is known to be taken.
    #[inline]
    pub(super) fn get(&self, at: u32) -> &Slot<K, S> {
        self.slots[at as usize].as_ref().expect("only the number of an open session is kept")
    }

    #[inline]
    pub(super) fn slot(&mut self, at: u32) -> &mut Slot<K, S> {
        self.slots[at as usize].as_mut().expect("only the number of an open session is kept")
    }

    /// The open session of a key that has one and no more.
    #[inline]
    pub(super) fn only(&mut self, hash: u64, key: &K) -> Option<&mut Slot<K, S>> {
        let slots = &self.slots;
        let of_key = |at: &u32| slots[*at as usize].as_ref().is_some_and(|slot| slot.key == *key);
        let at = *self.heads.find(hash, of_key)?;
        self.slots[at as usize].as_mut().filter(|slot| slot.next == NONE)
    }

    fn head(&self, hash: u64, key: &K) -> Option<u32> {
        self.heads.find(hash, |&at| self.get(at).key == *key).copied()
    }

    /// The sessions of the key that touch this stretch of time, which is one gap long: at most two, for sessions lie further
    /// apart than that. The earlier one comes first.
    #[inline]
    pub(super) fn touching(&self, hash: u64, key: &K, span: Span) -> (Option<u32>, Option<u32>) {
        let (mut first, mut second) = (None, None);
        let mut at = self.head(hash, key).unwrap_or(NONE);
        while at != NONE {
            let slot = self.get(at);
            if touch(slot.span, span) {
                match first {
                    Some(other) if self.get(other).span.start < slot.span.start => second = Some(at),
                    _ => second = first.replace(at),
                }
            }
            at = slot.next;
        }
        (first, second)
    }

    /// Opens a session, with its timer.
    pub(super) fn insert(&mut self, hash: u64, mut slot: Slot<K, S>) -> u32 {
        let at = self.free.pop().unwrap_or(self.slots.len() as u32);
        slot.timer = self.timers.set(slot.timer, at);
        let head =
            self.heads.find_mut(hash, |&head| self.slots[head as usize].as_ref().is_some_and(|s| s.key == slot.key));
        let known = head.is_some();
        if let Some(head) = head {
            slot.next = std::mem::replace(head, at);
        }
        match self.slots.get_mut(at as usize) {
            Some(place) => *place = Some(slot),
            None => self.slots.push(Some(slot)),
        }
        if !known {
            let slots = &self.slots;
            self.heads.insert_unique(hash, at, |&at| slots[at as usize].as_ref().map_or(0, |slot| hash_of(&slot.key)));
        }
        at
    }

    /// Closes a session.
    pub(super) fn remove(&mut self, at: u32) -> Option<Slot<K, S>> {
        let slot = self.slots[at as usize].take()?;
        let hash = hash_of(&slot.key);
        let of_key =
            |head: &u32| *head == at || self.slots[*head as usize].as_ref().is_some_and(|other| other.key == slot.key);
        if let Ok(head) = self.heads.find_entry(hash, of_key) {
            let mut before = *head.get();
            if before != at {
                while self.get(before).next != at {
                    before = self.get(before).next;
                }
                self.slot(before).next = slot.next;
            } else if slot.next == NONE {
                head.remove();
            } else {
                *head.into_mut() = slot.next;
            }
        }
        self.free.push(at);
        Some(slot)
    }

    /// Sets a session's timer.
    pub(super) fn set_timer(&mut self, at: u32, moment: i64) {
        self.slot(at).timer = self.timers.set(moment, at);
    }

    /// Takes the next timer that is not after this moment: its session, and the moment it was set for.
    #[inline]
    pub(super) fn next_timer(&mut self, until: i64) -> Option<(u32, i64)> {
        while let Some((moment, at)) = self.timers.take(until) {
            if self.slots[at as usize].as_ref().is_some_and(|slot| slot.timer == moment) {
                return Some((at, moment));
            }
        }
        None
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot<K, S>> {
        self.slots.iter().flatten()
    }
}

/// Whether two sessions become one: also when one begins exactly where the other ends.
fn touch(one: Span, other: Span) -> bool {
    one.start.saturating_sub(1) <= other.last && other.start.saturating_sub(1) <= one.last
}
