//! By hand: the names of new persons, and the numbers of sellers, by panes of a window's length.

use std::marker::PhantomData;

use flow::Timestamp;
use rustc_hash::FxHashSet;

use super::{CopiedRow, SIZE, StringsRow};
use crate::events::feed::Batches;
use crate::events::{copied, strings};
use crate::hand::Rows;
use crate::hand::maps::{Entries, Map, owner};
use crate::hand::panes::{Panes, Reads, Windowed};
use crate::sink::Checked;

/// Somebody new.
pub(super) trait Newcomer: Send + 'static {
    type Name: Send;
    fn millis(&self) -> i64;
    fn name(&mut self) -> (i64, Self::Name);
}

/// Somebody sells something.
pub(super) trait Sale: Send + 'static {
    fn millis(&self) -> i64;
    fn seller(&self) -> i64;
}

/// A row of a name.
pub(super) trait Named<N>: Checked {
    fn named(id: i64, name: N, start: i64) -> Self;
}

impl Newcomer for copied::Person {
    type Name = u32;
    fn millis(&self) -> i64 {
        self.at
    }
    fn name(&mut self) -> (i64, u32) {
        (self.id, self.name)
    }
}

impl Newcomer for strings::Person {
    type Name = String;
    fn millis(&self) -> i64 {
        self.date_time.millis()
    }
    fn name(&mut self) -> (i64, String) {
        (self.id, std::mem::take(&mut self.name))
    }
}

impl Sale for copied::Auction {
    fn millis(&self) -> i64 {
        self.at
    }
    fn seller(&self) -> i64 {
        self.seller
    }
}

impl Sale for strings::Auction {
    fn millis(&self) -> i64 {
        self.date_time.millis()
    }
    fn seller(&self) -> i64 {
        self.seller
    }
}

impl Named<u32> for CopiedRow {
    fn named(id: i64, name: u32, start: i64) -> Self {
        Self { id, start, name }
    }
}

impl Named<String> for StringsRow {
    fn named(id: i64, name: String, start: i64) -> Self {
        Self { id, name, starttime: Timestamp::from_millis(start) }
    }
}

/// The query.
pub(super) struct NewSellers<P, A, R>(PhantomData<(P, A, R)>);

/// An event of either input.
pub(super) enum Either<P, A> {
    Person(P),
    Auction(A),
}

/// The persons who are new in a pane, and those who sell in it.
pub(super) struct Pane<N> {
    names: Map<N>,
    sellers: FxHashSet<i64>,
}

impl<N> Default for Pane<N> {
    fn default() -> Self {
        Self { names: Map::default(), sellers: FxHashSet::default() }
    }
}

impl<P: Newcomer, A: Sale, R: Named<P::Name>> Windowed for NewSellers<P, A, R> {
    type In = Either<P, A>;
    type Row = R;
    type Pane = Pane<P::Name>;
    type Piece = (Entries<P::Name>, Vec<i64>);
    type Step = ();
    const SIZE: i64 = SIZE;

    #[inline]
    fn time(event: &Self::In) -> i64 {
        match event {
            Either::Person(person) => person.millis(),
            Either::Auction(auction) => auction.millis(),
        }
    }

    #[inline]
    fn add(pane: &mut Self::Pane, _: i64, event: &mut Self::In) {
        match event {
            Either::Person(person) => {
                let (id, name) = person.name();
                pane.names.insert(id, name);
            }
            Either::Auction(auction) => {
                pane.sellers.insert(auction.seller());
            }
        }
    }

    fn split(pane: &mut Self::Pane, pieces: &mut [Self::Piece]) {
        let workers = pieces.len();
        for (id, name) in pane.names.drain() {
            pieces[owner(id, workers)].0.push((id, name));
        }
        for id in pane.sellers.drain() {
            pieces[owner(id, workers)].1.push(id);
        }
    }

    fn merge(pane: &mut Self::Pane, (names, sellers): Self::Piece) {
        pane.names.extend(names);
        pane.sellers.extend(sellers);
    }

    fn close((): &mut (), start: i64, pane: &mut Self::Pane, rows: &mut Rows<R>) {
        for id in pane.sellers.drain() {
            if let Some(name) = pane.names.remove(&id) {
                rows.push(R::named(id, name, start));
            }
        }
        pane.names.clear();
    }
}

/// Reads the input that is behind.
impl<P: Newcomer, A: Sale, R: Named<P::Name>> Reads<NewSellers<P, A, R>> for (Batches<P>, Batches<A>) {
    fn read(self, mut close: impl FnMut(i64, &mut Pane<P::Name>)) {
        let (mut persons, mut auctions) = self;
        let mut panes = Panes::<NewSellers<P, A, R>>::default();
        let (mut of_persons, mut of_auctions) = (i64::MIN, i64::MIN);
        while of_persons.min(of_auctions) < i64::MAX {
            if of_persons <= of_auctions {
                let Some(batch) = persons.next() else {
                    of_persons = i64::MAX;
                    continue;
                };
                for person in batch {
                    of_persons = of_persons.max(person.millis());
                    panes.add(person.millis(), &mut Either::Person(person));
                }
            } else {
                let Some(batch) = auctions.next() else {
                    of_auctions = i64::MAX;
                    continue;
                };
                for auction in batch {
                    of_auctions = of_auctions.max(auction.millis());
                    panes.add(auction.millis(), &mut Either::Auction(auction));
                }
            }
            // A person may still come for an auction that is here, and the other way round.
            let oldest = of_persons.min(of_auctions);
            if oldest < i64::MAX {
                panes.advance(oldest, &mut close);
            }
        }
        panes.end(close);
    }
}
