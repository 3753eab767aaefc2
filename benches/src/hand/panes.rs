//! Loops over time: events are gathered in panes of equal length, which close in order as time passes.
//!
//! One worker closes a pane itself. Of several each gathers the panes of its own part, and sends them, by keys, to the
//! workers that close them.

use std::collections::{BTreeMap, VecDeque};

use super::inbox::Inbox;
use super::{Rows, side_by_side};
use crate::events::feed::Batches;
use crate::sink::{Checked, Taken};

/// A query over panes.
pub trait Windowed: Sized + 'static {
    /// The events.
    type In: Send + 'static;
    /// What comes out.
    type Row: Checked;
    /// What is kept of the events of a pane.
    type Pane: Default + Send;
    /// What is sent of it to a worker.
    type Piece: Default + Send;
    /// What is kept from pane to pane.
    type Step: Default;
    /// A pane's length, in milliseconds.
    const SIZE: i64;
    /// How far out of order events may be, in milliseconds.
    const DELAY: i64 = crate::events::DELAY;

    /// When an event happened.
    fn time(event: &Self::In) -> i64;

    /// Whether an event counts; its time does, in any case.
    #[inline]
    fn wants(event: &Self::In) -> bool {
        let _ = event;
        true
    }

    /// An empty pane with as much room as this one, the newest, needs.
    fn like(newest: &Self::Pane) -> Self::Pane {
        let _ = newest;
        Self::Pane::default()
    }

    /// Adds an event to the pane that starts here. What is not taken of it is dropped with its batch.
    fn add(pane: &mut Self::Pane, start: i64, event: &mut Self::In);

    /// Empties a pane into a piece for each worker.
    fn split(pane: &mut Self::Pane, pieces: &mut [Self::Piece]);

    /// Adds a piece to a pane.
    fn merge(pane: &mut Self::Pane, piece: Self::Piece);

    /// Empties a pane, which is the next one in time: what comes of it.
    fn close(step: &mut Self::Step, start: i64, pane: &mut Self::Pane, rows: &mut Rows<Self::Row>);

    /// No panes are left.
    fn end(step: &mut Self::Step, rows: &mut Rows<Self::Row>) {
        let _ = (step, rows);
    }
}

/// The panes that are open.
pub struct Panes<Q: Windowed> {
    /// In the order of their starts, without gaps.
    open: VecDeque<Q::Pane>,
    /// The first one's start; before the first event none.
    first: i64,
    /// The time at which the first one closes.
    due: i64,
    /// Those that were emptied: their memory is used again.
    spare: Vec<Q::Pane>,
}

impl<Q: Windowed> Default for Panes<Q> {
    fn default() -> Self {
        Self { open: VecDeque::new(), first: i64::MIN, due: i64::MIN, spare: Vec::new() }
    }
}

impl<Q: Windowed> Panes<Q> {
    /// Adds an event that is not late.
    #[inline]
    pub fn add(&mut self, at: i64, event: &mut Q::In) {
        if self.first == i64::MIN {
            self.begin(at);
        }
        if at < self.first || !Q::wants(event) {
            return;
        }
        let number = ((at - self.first) as u64 / Q::SIZE as u64) as usize;
        while self.open.len() <= number {
            self.open_next();
        }
        Q::add(&mut self.open[number], self.first + number as i64 * Q::SIZE, event);
    }

    /// Events that are as much older than the first as may be are not late.
    #[cold]
    fn begin(&mut self, at: i64) {
        let oldest = at - Q::DELAY;
        self.first = oldest - oldest.rem_euclid(Q::SIZE);
        self.due = self.first + Q::SIZE + Q::DELAY;
    }

    #[cold]
    fn open_next(&mut self) {
        let spare = self.spare.pop();
        let new = || self.open.back().map(Q::like).unwrap_or_default();
        let pane = spare.unwrap_or_else(new);
        self.open.push_back(pane);
    }

    /// The newest event has this time: closes what is over.
    #[inline]
    pub fn advance(&mut self, newest: i64, mut close: impl FnMut(i64, &mut Q::Pane)) {
        while newest >= self.due {
            self.close_first(&mut close);
        }
    }

    /// There are no more events: closes everything.
    pub fn end(&mut self, mut close: impl FnMut(i64, &mut Q::Pane)) {
        while !self.open.is_empty() {
            self.close_first(&mut close);
        }
    }

    #[cold]
    fn close_first(&mut self, close: &mut impl FnMut(i64, &mut Q::Pane)) {
        let mut pane = self.open.pop_front().unwrap_or_default();
        close(self.first, &mut pane);
        self.spare.push(pane);
        self.first += Q::SIZE;
        self.due += Q::SIZE;
    }
}

/// What a worker reads, into panes.
pub trait Reads<Q: Windowed>: Send {
    /// Reads everything; `close` is given each pane that is over.
    fn read(self, close: impl FnMut(i64, &mut Q::Pane));
}

impl<Q: Windowed> Reads<Q> for Batches<Q::In> {
    fn read(self, mut close: impl FnMut(i64, &mut Q::Pane)) {
        let (mut panes, mut newest) = (Panes::<Q>::default(), i64::MIN);
        for mut batch in self {
            for event in &mut batch {
                let at = Q::time(event);
                panes.add(at, event);
                if at > newest {
                    newest = at;
                    panes.advance(newest, &mut close);
                }
            }
        }
        panes.end(close);
    }
}

/// Runs the query by hand.
pub fn run<Q: Windowed, I: Reads<Q>>(input: Vec<I>, empty: &Taken<Q::Row>) -> Taken<Q::Row> {
    let inboxes = Inbox::<(i64, Q::Piece)>::each(input.len());
    side_by_side(input, |worker, part| {
        let mut rows = Rows::new(empty);
        if inboxes.len() == 1 {
            let mut step = Q::Step::default();
            part.read(|start, pane| Q::close(&mut step, start, pane, &mut rows));
            Q::end(&mut step, &mut rows);
            return rows.end();
        }
        let mut own = Owner::<Q> { inbox: &inboxes[worker], panes: BTreeMap::new(), step: Q::Step::default() };
        part.read(|start, pane| {
            let mut pieces: Vec<Q::Piece> = inboxes.iter().map(|_| Q::Piece::default()).collect();
            Q::split(pane, &mut pieces);
            for (inbox, mut piece) in inboxes.iter().zip(pieces) {
                while let Err((_, back)) = inbox.put(worker, (start, piece), start) {
                    piece = back;
                    own.look(&mut rows);
                    std::thread::yield_now();
                }
            }
            own.look(&mut rows);
        });
        inboxes.iter().for_each(|inbox| inbox.end(worker));
        while own.wait(&mut rows) < i64::MAX {}
        Q::end(&mut own.step, &mut rows);
        rows.end()
    })
}

/// A worker that closes the panes of its keys.
struct Owner<'a, Q: Windowed> {
    inbox: &'a Inbox<(i64, Q::Piece)>,
    panes: BTreeMap<i64, Q::Pane>,
    step: Q::Step,
}

impl<Q: Windowed> Owner<'_, Q> {
    fn look(&mut self, rows: &mut Rows<Q::Row>) {
        let (pieces, upto) = self.inbox.take();
        self.work(pieces, upto, rows);
    }

    fn wait(&mut self, rows: &mut Rows<Q::Row>) -> i64 {
        let (pieces, upto) = self.inbox.wait();
        self.work(pieces, upto, rows);
        upto
    }

    /// Panes that all workers have sent are whole.
    fn work(&mut self, pieces: Vec<(i64, Q::Piece)>, upto: i64, rows: &mut Rows<Q::Row>) {
        for (start, piece) in pieces {
            Q::merge(self.panes.entry(start).or_default(), piece);
        }
        while let Some(entry) = self.panes.first_entry().filter(|entry| *entry.key() <= upto) {
            let (start, mut pane) = entry.remove_entry();
            Q::close(&mut self.step, start, &mut pane, rows);
        }
    }
}
