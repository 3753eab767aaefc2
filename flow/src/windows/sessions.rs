//! Session windows: what is kept, and what fires when.

use super::firing::WATERMARK;
use super::gather::{Columns, Emit, Gather};
use super::open::{Open, Session, Sole, touch};
use super::table::hash_of;
use super::time_window::Span;
use crate::error::Result;
use crate::state::{Key, StateReader, StateWriter};
use crate::time;
use std::marker::PhantomData;

/// What an entry of a snapshot holds: where its session lies, whether that has fired, and what is kept of it.
const SESSIONS: &str = "sessions";

/// The session windows of one task.
///
/// A record begins a session of its own, which is merged with those of its key that it touches; that those are open says that
/// nothing that is merged into them is late.
pub(crate) struct Sessions<K, T, G: Gather<K, T>> {
    gather: G,
    gap: i64,
    lateness: i64,
    /// It never goes back, not even behind that of a snapshot.
    watermark: i64,
    open: Open<K, G::State>,
    records: PhantomData<fn(&T)>,
}

impl<K: Key, T, G: Gather<K, T>> Sessions<K, T, G> {
    pub(crate) fn new(gather: G, gap: i64, lateness: i64) -> Self {
        Self { gather, gap, lateness, watermark: time::MIN, open: Open::new(gap, lateness), records: PhantomData }
    }

    /// Takes a batch; the places of late records are added to `late`.
    pub(crate) fn batch(&mut self, batch: &Columns<'_, K, T>, late: &mut Vec<u32>, out: &mut impl Emit<G::Row>) {
        let after = batch.after().max(self.watermark);
        let mut at = 0;
        loop {
            at += if batch.is_dense() { self.run(batch.dense(at), after) } else { self.run(batch.sparse(at), after) };
            let Some((key, record, time)) = batch.get(at) else { break };
            self.advance(batch.mark(at), out);
            if !self.put(hash_of(key), key, record, time, out) {
                late.push(at as u32);
            }
            at += 1;
        }
        self.advance(batch.after(), out);
    }

    /// Takes records for as long as they touch the one open session of their key, or begin the first one, as most do; and if the watermark
    /// after the batch has not come to that session's end, what is before the record does not matter:
    /// nothing fires, and nothing is late. Gives their number.
    #[inline(never)]
    fn run<'a>(&mut self, records: impl Iterator<Item = (&'a K, &'a T, i64)>, after: i64) -> usize
    where
        T: 'a,
    {
        let reach = self.gap - 1;
        let furthest = i64::MAX - reach;
        // A session that ends behind it is not over in this batch, and stays without a name if it grows.
        let fence = after.max(self.open.horizon());
        let mut taken = 0;
        for (key, record, time) in records {
            let hash = hash_of(key);
            let last = time.min(furthest) + reach;
            match self.open.sole(hash, key) {
                Some(Sole { span, state }) if span.last > fence && goes_on(*span, time) => {
                    // Which of both is later cannot be foretold, so nothing branches on it.
                    span.last = span.last.max(last);
                    self.gather.add(state, record, time);
                }
                Some(_) => {
                    if !self.grow(hash, key, record, Span { start: time, last }, after) {
                        break;
                    }
                }
                None => {
                    if last <= after || self.open.has_others(hash, key) {
                        break;
                    }
                    self.begin(hash, key, record, Span { start: time, last });
                }
            }
            taken += 1;
        }
        taken
    }

    /// Takes a record that begins before the sole session of its key, or whose session is due soon; false, if they do not touch, or the session may
    /// be over before the record.
    #[cold]
    fn grow(&mut self, hash: u64, key: &K, record: &T, own: Span, after: i64) -> bool {
        let Some(Sole { span, state }) = self.open.sole(hash, key) else { return false };
        let before = span.last;
        if before <= after || !touch(*span, own) {
            return false;
        }
        *span = Span { start: span.start.min(own.start), last: before.max(own.last) };
        let due = span.last;
        self.gather.add(state, record, own.start);
        if due <= self.open.horizon() {
            self.open.name_grown(due, before, hash);
        }
        true
    }

    #[cold]
    fn begin(&mut self, hash: u64, key: &K, record: &T, span: Span) {
        let state = self.gather.start(record, span.start);
        self.open.insert(hash, key.clone(), Session { span, fired: false, state });
    }

    /// Takes one record after the watermark; false, if it is late.
    fn put(&mut self, hash: u64, key: &K, record: &T, time: i64, out: &mut impl Emit<G::Row>) -> bool {
        let own = Span { start: time, last: time.saturating_add(self.gap - 1) };
        let mark = self.watermark;
        let mut session = match self.open.take_touching(hash, key, own) {
            (None, _) if own.late_from(self.lateness) <= mark => return false,
            (None, _) => Session { span: own, fired: false, state: self.gather.start(record, time) },
            (Some(mut first), second) => {
                let mut last = first.span.last.max(own.last);
                if let Some(second) = second {
                    last = last.max(second.span.last);
                    self.gather.merge(&mut first.state, second.state);
                }
                first.span = Span { start: first.span.start.min(own.start), last };
                self.gather.add(&mut first.state, record, time);
                first
            }
        };
        session.fired = session.span.last <= mark;
        if session.fired {
            out.advance(mark);
            let (window, last) = (session.span.window(), session.span.last);
            self.gather.rows(key, window, &session.state, |row| out.emit(row, last));
        }
        self.open.insert(hash, key.clone(), session);
        true
    }

    /// Moves the watermark on: sessions fire, and those that nothing can change any more are forgotten.
    pub(crate) fn advance(&mut self, watermark: i64, out: &mut impl Emit<G::Row>) {
        self.watermark = self.watermark.max(watermark);
        let gather = &self.gather;
        self.open.advance(watermark, |key, span, state| {
            // A watermark passes every moment on its way: what fires at one stands before it, and behind the moment before.
            out.advance(span.last.saturating_sub(1));
            gather.rows(key, span.window(), state, |row| out.emit(row, span.last));
        });
    }

    /// Writes what is kept.
    pub(crate) fn snapshot(&self, state: &mut StateWriter) -> Result<()> {
        let entries: Vec<_> = self.open.iter().collect();
        state.keyed(SESSIONS, entries.iter().map(|(key, kept)| (*key, kept)))?;
        state.plain(WATERMARK, &self.watermark)
    }

    /// Takes up what tasks have written. Each session knows whether it has fired; the watermark is the lowest of those tasks,
    /// which at an aligned barrier is that of all.
    pub(crate) fn restore(&mut self, state: &StateReader<'_>) -> Result<()> {
        for (key, (span, fired, state)) in state.keyed::<K, (Span, bool, G::State)>(SESSIONS)? {
            self.open.insert(hash_of(&key), key, Session { span, fired, state });
        }
        self.watermark = state.plain::<i64>(WATERMARK)?.into_iter().min().unwrap_or(time::MIN);
        Ok(())
    }
}

/// Whether a session goes on with a record of this time, which does not come before it: also when it ends exactly there.
#[inline]
fn goes_on(session: Span, time: i64) -> bool {
    // At the beginning of time this says no, and the sessions are asked the longer way.
    (session.start <= time) & (time.wrapping_sub(1) <= session.last)
}

#[cfg(test)]
mod tests {
    use super::super::time_window::TimeWindow;
    use super::*;
    use crate::element::Batch;

    /// Counts records.
    struct Counts;

    impl Gather<u32, u32> for Counts {
        type State = u32;
        type Row = (u32, u32);
        const SHARES: bool = true;

        fn start(&self, _: &u32, _: i64) -> u32 {
            1
        }
        fn add(&self, state: &mut u32, _: &u32, _: i64) {
            *state += 1;
        }
        fn merge(&self, state: &mut u32, other: u32) {
            *state += other;
        }
        fn rows(&self, key: &u32, _: TimeWindow, state: &u32, mut emit: impl FnMut((u32, u32))) {
            emit((*key, *state));
        }
    }

    #[derive(Default)]
    struct Rows(Vec<((u32, u32), i64)>);

    impl Emit<(u32, u32)> for Rows {
        fn advance(&mut self, _: i64) {}
        fn emit(&mut self, row: (u32, u32), time: i64) {
            self.0.push((row, time));
        }
    }

    /// Another number for each number, so that neighbours share nothing.
    fn scattered(mut number: u32) -> u32 {
        number ^= number << 13;
        number ^= number >> 17;
        number ^= number << 5;
        number.wrapping_mul(0x2C1B_3C6D) ^ 0x5A5A
    }

    /// The sessions of many keys are due at the same moments, and the table grows meanwhile: none is taken for another.
    #[test]
    fn each_of_many_sessions_fires_once() {
        const KEYS: u32 = 30_000;
        let mut windows = Sessions::new(Counts, 10, 0);
        let (mut rows, mut late) = (Rows::default(), Vec::new());
        let mut put = |keys: std::ops::Range<u32>, time: fn(u32) -> i64, after: i64, rows: &mut Rows| {
            let keys: Vec<u32> = keys.map(scattered).collect();
            let mut batch = Batch::new();
            keys.iter().for_each(|&key| batch.push_timed(key, time(key), after.min(time(key) - 1)));
            batch.set_after(after);
            windows.batch(&Columns::new(&batch, &mut Vec::new(), &keys), &mut late, rows);
        };
        let second = |key: u32| i64::from(key % 9);
        for from in (0..KEYS).step_by(1000) {
            put(from..from + 1000, |_| 0, -1, &mut rows);
            put(from..from + 1000, second, -1, &mut rows);
        }
        // Most have grown since they were named first; then others come between.
        put(0..0, second, 9, &mut rows);
        let first = rows.0.len();
        put(KEYS..5 * KEYS, |_| 10, 9, &mut rows);
        put(0..0, second, time::MAX, &mut rows);
        rows.0.sort_unstable();
        let old = (0..KEYS).map(scattered).map(|key| ((key, 2), second(key) + 9));
        let mut expected: Vec<_> = old.chain((KEYS..5 * KEYS).map(scattered).map(|key| ((key, 1), 19))).collect();
        expected.sort_unstable();
        assert!(rows.0 == expected && late.is_empty(), "{} rows, {} late", rows.0.len(), late.len());
        assert_eq!(first, (0..KEYS).map(scattered).filter(|key| second(*key) == 0).count());
    }
}
