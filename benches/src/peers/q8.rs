//! `q8` by peers: persons who are new in a window, and sell in it.

use ::timely::dataflow::operators::Concat as _;
use ::timely::dataflow::operators::vec::{Input as _, Map as _};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::steps::{Gather, Step, Timed, Windows};
use super::{futures, timely, tokio};
use crate::events::DELAY;
use crate::events::copied::{Auction, Person};
use crate::events::feed::Batches;
use crate::queries::q8::{CopiedRow as Row, SIZE};
use crate::sink::Taken;

/// What is joined.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Arrival {
    Person(Person),
    Auction(Auction),
}

impl Arrival {
    fn time(&self) -> i64 {
        match self {
            Self::Person(person) => person.at,
            Self::Auction(auction) => auction.at,
        }
    }

    /// The person's, or the seller's.
    fn id(&self) -> i64 {
        match self {
            Self::Person(person) => person.id,
            Self::Auction(auction) => auction.seller,
        }
    }
}

/// What is known of someone in a window.
#[derive(Default)]
pub(super) struct Known {
    /// As which new persons; nearly always one.
    names: Vec<u32>,
    sells: bool,
}

/// New persons who sell.
struct NewSellers;

impl Gather for NewSellers {
    type In = Arrival;
    type Kept = Known;
    type Out = Row;
    const SIZE: i64 = SIZE;
    const DELAY: i64 = DELAY;

    fn time(arrival: &Arrival) -> i64 {
        arrival.time()
    }

    fn add(kept: &mut FxHashMap<i64, Known>, arrival: Arrival) {
        let known = kept.entry(arrival.id()).or_default();
        match arrival {
            Arrival::Person(person) if !known.names.contains(&person.name) => known.names.push(person.name),
            Arrival::Person(_) => {}
            Arrival::Auction(_) => known.sells = true,
        }
    }

    fn close(start: i64, kept: FxHashMap<i64, Known>, out: &mut Vec<Row>) {
        for (id, known) in kept.into_iter().filter(|(_, known)| known.sells) {
            out.extend(known.names.into_iter().map(|name| Row { id, name, start }));
        }
    }
}

/// Both inputs in one, in the order in which they come: time has come as far as in the slower one.
struct Join {
    windows: Windows<NewSellers>,
    newest: [i64; 2],
}

impl Join {
    fn new() -> Self {
        Self { windows: Windows::new(), newest: [i64::MIN; 2] }
    }
}

impl Step for Join {
    type In = Arrival;
    type Out = Row;

    fn one(&mut self, arrival: Arrival, out: &mut Vec<Row>) {
        let side = usize::from(matches!(arrival, Arrival::Auction(_)));
        self.newest[side] = self.newest[side].max(arrival.time());
        self.windows.add(arrival);
        self.windows.close(self.newest[0].min(self.newest[1]).saturating_sub(DELAY), out);
    }

    fn end(&mut self, out: &mut Vec<Row>) {
        self.windows.close(i64::MAX, out);
    }
}

/// By tokio, with messages of this kind.
pub(super) fn by_tokio<M: tokio::Message>(
    (persons, auctions): (Batches<Person>, Batches<Auction>),
    empty: &Taken<Row>,
) -> Taken<Row> {
    tokio::run(async {
        let persons = tokio::source::<M, _>(persons);
        let auctions = tokio::source::<M, _>(auctions);
        let arrivals = tokio::merge::<M, _, _, _>(persons, auctions, Arrival::Person, Arrival::Auction);
        tokio::sink::<M, _>(tokio::stage::<M, _>(arrivals, Join::new()), empty).await
    })
}

/// By combinators.
pub(super) fn by_futures((persons, auctions): (Batches<Person>, Batches<Auction>), empty: &Taken<Row>) -> Taken<Row> {
    use ::futures::{StreamExt, stream};
    let persons = futures::source(persons).map(Arrival::Person);
    let auctions = futures::source(auctions).map(Arrival::Auction);
    futures::sink(futures::stage(stream::select(persons, auctions), Join::new()), empty)
}

/// By timely, each worker with its partitions.
pub(super) fn by_timely(partitions: Vec<(Batches<Person>, Batches<Auction>)>, empty: &Taken<Row>) -> Taken<Row> {
    timely::run(partitions, empty, |worker, (persons, auctions), empty| {
        let (mut persons_in, mut auctions_in, found) = worker.dataflow(|scope| {
            let (persons_in, persons) = scope.new_input();
            let (auctions_in, auctions) = scope.new_input();
            let arrivals = persons.map(Arrival::Person).concat(auctions.map(Arrival::Auction));
            let rows = timely::windows(arrivals, Windows::<NewSellers>::new(), Arrival::id);
            (persons_in, auctions_in, timely::sink(rows, empty))
        });
        let (mut persons, mut auctions) = (persons.peekable(), auctions.peekable());
        // The input that lags behind goes first, until both have ended.
        while persons.peek().is_some() || auctions.peek().is_some() {
            let persons_lag = persons_in.time() <= auctions_in.time() && persons.peek().is_some();
            match persons.next_if(|_| persons_lag || auctions.peek().is_none()) {
                Some(batch) => timely::feed(&mut persons_in, batch, DELAY, |person| person.at),
                None => {
                    timely::feed(&mut auctions_in, auctions.next().unwrap_or_default(), DELAY, |auction| auction.at)
                }
            }
            worker.step();
        }
        drop((persons_in, auctions_in));
        timely::finish(worker);
        found.take()
    })
}
