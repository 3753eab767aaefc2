//! By hand: a session for each bidder in a map, which is looked through from time to time for those that are over.
//!
//! Several workers divide the bidders: each hands the others their bids, a batch at a time.

use flow::Timestamp;

use super::super::BidLike;
use super::{GAP, Row};
use crate::events::DELAY;
use crate::events::feed::Batches;
use crate::hand::inbox::Inbox;
use crate::hand::maps::{Map, owner};
use crate::hand::{Rows, side_by_side};
use crate::sink::Taken;

/// How much time passes from one look to the next: then sessions of the map's size are paid for by enough bids.
const LOOK: i64 = 2_000;

/// A session: it goes on while a bid comes until `end`.
#[derive(Clone, Copy)]
struct Session {
    start: i64,
    end: i64,
    count: i64,
}

impl Session {
    fn meets(&self, other: &Self) -> bool {
        self.start <= other.end && other.start <= self.end
    }

    fn join(&mut self, other: &Self) {
        self.start = self.start.min(other.start);
        self.end = self.end.max(other.end);
        self.count += other.count;
    }

    fn row(&self, bidder: i64) -> Row {
        let [starttime, endtime] = [self.start, self.end].map(Timestamp::from_millis);
        Row { bidder, bid_count: self.count, starttime, endtime }
    }
}

/// The sessions that are open.
struct Sessions {
    newest_of: Map<Session>,
    /// Those before, of bidders who came back before theirs was over: hardly any.
    older: Vec<(i64, Session)>,
    /// The next look.
    look: i64,
}

impl Sessions {
    fn new() -> Self {
        Self { newest_of: Map::default(), older: Vec::new(), look: i64::MIN }
    }

    /// Adds a bid that is not late.
    #[inline]
    fn add(&mut self, bidder: i64, at: i64) {
        let session = self.newest_of.entry(bidder).or_insert(Session { start: at, end: at, count: 0 });
        if session.start <= at && at <= session.end {
            session.end = session.end.max(at + GAP);
            session.count += 1;
        } else {
            self.add_apart(bidder, at);
        }
    }

    /// It begins a session, or makes one longer at its start.
    #[cold]
    fn add_apart(&mut self, bidder: i64, at: i64) {
        let mut met = Session { start: at, end: at + GAP, count: 1 };
        let newest = self.newest_of.get(&bidder).copied();
        self.older.extend(newest.map(|session| (bidder, session)));
        self.older.retain(|(whose, session)| {
            let meets = *whose == bidder && session.meets(&met);
            if meets {
                met.join(session);
            }
            !meets
        });
        // The newest one stands in the map.
        if let Some(later) = self.older.iter_mut().find(|(whose, other)| *whose == bidder && other.start > met.start) {
            std::mem::swap(&mut later.1, &mut met);
        }
        self.newest_of.insert(bidder, met);
    }

    /// Gives the sessions that are over.
    #[inline]
    fn advance(&mut self, watermark: i64, rows: &mut Rows<Row>) {
        if watermark >= self.look {
            self.look = watermark.saturating_add(LOOK);
            self.give(watermark, rows);
        }
    }

    #[cold]
    fn give(&mut self, watermark: i64, rows: &mut Rows<Row>) {
        self.older.retain(|(bidder, session)| {
            let open = session.end > watermark;
            if !open {
                rows.push(session.row(*bidder));
            }
            open
        });
        self.newest_of.retain(|bidder, session| {
            let open = session.end > watermark;
            if !open {
                rows.push(session.row(*bidder));
            }
            open
        });
    }
}

/// Whoever bids, and when.
type Bids = Vec<(i64, i64)>;

/// Runs the query by hand.
pub(super) fn run<B: BidLike>(input: Vec<Batches<B>>, empty: &Taken<Row>) -> Taken<Row> {
    let inboxes = Inbox::<Bids>::each(input.len());
    side_by_side(input, |worker, batches| {
        if inboxes.len() == 1 {
            alone(batches, Rows::new(empty))
        } else {
            together(worker, batches, &inboxes, Rows::new(empty))
        }
    })
}

fn alone<B: BidLike>(batches: Batches<B>, mut rows: Rows<Row>) -> Taken<Row> {
    let (mut sessions, mut newest) = (Sessions::new(), i64::MIN);
    for batch in batches {
        for bid in &batch {
            let at = bid.millis();
            // A session of its own would be over.
            if at + GAP > newest.saturating_sub(DELAY) {
                sessions.add(bid.bidder(), at);
            }
            newest = newest.max(at);
        }
        sessions.advance(newest - DELAY, &mut rows);
    }
    sessions.give(i64::MAX, &mut rows);
    rows.end()
}

fn together<B: BidLike>(
    worker: usize,
    batches: Batches<B>,
    inboxes: &[Inbox<Bids>],
    mut rows: Rows<Row>,
) -> Taken<Row> {
    let (mut sessions, mut newest) = (Sessions::new(), i64::MIN);
    for batch in batches {
        let mut parts: Vec<Bids> = inboxes.iter().map(|_| Vec::with_capacity(batch.len())).collect();
        for bid in &batch {
            let at = bid.millis();
            if at + GAP > newest.saturating_sub(DELAY) {
                parts[owner(bid.bidder(), inboxes.len())].push((bid.bidder(), at));
            }
            newest = newest.max(at);
        }
        for (inbox, mut part) in inboxes.iter().zip(parts) {
            while let Err(back) = inbox.put(worker, part, newest - DELAY) {
                part = back;
                take(inboxes[worker].take(), &mut sessions, &mut rows);
                std::thread::yield_now();
            }
        }
        take(inboxes[worker].take(), &mut sessions, &mut rows);
    }
    inboxes.iter().for_each(|inbox| inbox.end(worker));
    while take(inboxes[worker].wait(), &mut sessions, &mut rows) < i64::MAX {}
    sessions.give(i64::MAX, &mut rows);
    rows.end()
}

/// Works on what an inbox had; gives how far all workers have come.
fn take((parts, upto): (Vec<Bids>, i64), sessions: &mut Sessions, rows: &mut Rows<Row>) -> i64 {
    for (bidder, at) in parts.into_iter().flatten() {
        sessions.add(bidder, at);
    }
    if upto < i64::MAX {
        sessions.advance(upto, rows);
    }
    upto
}
