//! Session windows: what is kept, and what fires when.

use super::gather::{Columns, Emit, Gather};
use super::slots::{NONE, Slot, Slots};
use super::table::hash_of;
use super::time_window::Span;
use crate::error::Result;
use crate::state::{Key, StateReader, StateWriter};
use crate::time;
use std::marker::PhantomData;

/// What an entry of a snapshot holds: where its session lies, whether that has fired, and what is kept of it.
const SESSIONS: &str = "sessions";
/// The watermark of the task that wrote the snapshot.
const WATERMARK: &str = "watermark";

/// The session windows of one task.
///
/// A record begins a session of its own, which is merged with those of its key that it touches; that those are open says that
/// nothing that is merged into them is late. Every session has one timer in `slots`, which may be early: the session has grown
/// since. It is then set anew.
pub(crate) struct Sessions<K, T, G: Gather<K, T>> {
    gather: G,
    gap: i64,
    lateness: i64,
    /// It never goes back, not even behind that of a snapshot.
    watermark: i64,
    slots: Slots<K, G::State>,
    records: PhantomData<fn(&T)>,
}

impl<K: Key, T, G: Gather<K, T>> Sessions<K, T, G> {
    pub(crate) fn new(gather: G, gap: i64, lateness: i64) -> Self {
        Self { gather, gap, lateness, watermark: time::MIN, slots: Slots::new(), records: PhantomData }
    }

    /// Takes a batch; the places of late records are added to `late`.
    pub(crate) fn batch(&mut self, batch: &Columns<'_, K, T>, late: &mut Vec<u32>, out: &mut impl Emit<G::Row>) {
        let mut at = 0;
        while let Some((key, record, time, mark)) = batch.get(at) {
            self.advance(mark, out);
            if !self.put(key, record, time, self.watermark, out) {
                late.push(at as u32);
            }
            at += 1;
        }
        self.advance(batch.after, out);
    }

    /// Takes one record; false, if it is late.
    fn put(&mut self, key: &K, record: &T, time: i64, mark: i64, out: &mut impl Emit<G::Row>) -> bool {
        let own = Span { start: time, last: time.saturating_add(self.gap - 1) };
        let hash = hash_of(key);
        let at = match self.slots.touching(hash, key, own) {
            (None, _) if own.late_from(self.lateness) <= mark => return false,
            (None, _) => {
                let (key, state) = (key.clone(), self.gather.start(record, time));
                self.slots.insert(hash, Slot { key, span: own, fired: false, state, next: NONE, timer: own.last })
            }
            (Some(first), second) => {
                let second = second.and_then(|second| self.slots.remove(second));
                let slot = self.slots.slot(first);
                let mut last = slot.span.last.max(own.last);
                if let Some(second) = second {
                    last = last.max(second.span.last);
                    self.gather.merge(&mut slot.state, second.state);
                }
                slot.span = Span { start: slot.span.start.min(own.start), last };
                self.gather.add(&mut slot.state, record, time);
                first
            }
        };
        let slot = self.slots.slot(at);
        slot.fired = slot.span.last <= mark;
        if slot.fired {
            out.advance(mark);
            let (window, last) = (slot.span.window(), slot.span.last);
            self.gather.rows(key, window, &slot.state, |row| out.emit(row, last));
        }
        self.set_timer(at);
        true
    }

    /// When there is something to do for a session.
    fn due(&self, slot: &Slot<K, G::State>) -> i64 {
        if slot.fired { slot.span.late_from(self.lateness) } else { slot.span.last }
    }

    /// Sets a session's timer, unless it has one that is early enough.
    fn set_timer(&mut self, at: u32) {
        let due = self.due(self.slots.get(at));
        if due < self.slots.get(at).timer {
            self.slots.set_timer(at, due);
        }
    }

    /// Moves the watermark on: sessions fire, and those that nothing can change any more are forgotten.
    pub(crate) fn advance(&mut self, watermark: i64, out: &mut impl Emit<G::Row>) {
        self.watermark = self.watermark.max(watermark);
        while let Some((at, moment)) = self.slots.next_timer(watermark) {
            let slot = self.slots.get(at);
            let due = self.due(slot);
            if due > moment {
                self.slots.set_timer(at, due);
            } else if slot.fired {
                self.slots.remove(at);
            } else {
                let last = slot.span.last;
                // A watermark passes every moment on its way: what fires at one stands before it, and behind the moment before.
                out.advance(last.saturating_sub(1));
                self.gather.rows(&slot.key, slot.span.window(), &slot.state, |row| out.emit(row, last));
                self.slots.slot(at).fired = true;
                let forgotten = self.due(self.slots.get(at));
                self.slots.set_timer(at, forgotten);
            }
        }
    }

    /// Writes what is kept.
    pub(crate) fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        let slots = self.slots.iter();
        let entries: Vec<_> = slots.map(|slot| (&slot.key, (slot.span, slot.fired, &slot.state))).collect();
        state.keyed(SESSIONS, entries.iter().map(|(key, kept)| (*key, kept)))?;
        state.plain(WATERMARK, &self.watermark)
    }

    /// Takes up what tasks have written. Each session knows whether it has fired; the watermark is the lowest of those tasks,
    /// which at an aligned barrier is that of all.
    pub(crate) fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        for (key, (span, fired, state)) in state.keyed::<K, (Span, bool, G::State)>(SESSIONS)? {
            let hash = hash_of(&key);
            let slot = Slot { key, span, fired, state, next: NONE, timer: span.last };
            let timer = self.due(&slot);
            self.slots.insert(hash, Slot { timer, ..slot });
        }
        self.watermark = state.plain::<i64>(WATERMARK)?.into_iter().min().unwrap_or(time::MIN);
        Ok(())
    }
}
