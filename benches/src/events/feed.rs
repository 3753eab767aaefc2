//! What engines are handed: owned batches, divided among workers.

use super::copied::{Auction, Bid, Person};
use super::uniform::Uniform;
use super::{generator, strings};

/// Records in a batch.
pub const BATCH: usize = 1024;

/// What a worker is handed of a kind of event.
pub type Batches<T> = Box<dyn Iterator<Item = Vec<T>> + Send>;

/// Which events.
#[derive(Clone, Copy, Debug)]
pub struct Events {
    /// Other seeds make other events.
    pub seed: u64,
    /// How many are handed, of all kinds that a query reads.
    pub count: u64,
    /// Bids of auctions that are all alike, in place of the suite's.
    pub uniform: Option<Uniform>,
}

/// A kind of event, as it is made.
pub trait Copied: Copy + Send + Sync + 'static {
    /// Number so-and-so of this kind.
    fn make(events: &Events, number: u64) -> Self;
}

impl Copied for Bid {
    #[inline]
    fn make(events: &Events, number: u64) -> Self {
        match events.uniform {
            None => generator::bid(events.seed, number),
            Some(uniform) => uniform.bid(events.seed, number),
        }
    }
}

impl Copied for Auction {
    fn make(events: &Events, number: u64) -> Self {
        generator::auction(events.seed, number)
    }
}

impl Copied for Person {
    fn make(events: &Events, number: u64) -> Self {
        generator::person(events.seed, number)
    }
}

/// An event as it is handed.
pub trait Item: From<Self::Copied> + Send + 'static {
    /// What it is made of.
    type Copied: Copied;
}

impl Item for Bid {
    type Copied = Self;
}
impl Item for Auction {
    type Copied = Self;
}
impl Item for Person {
    type Copied = Self;
}
impl Item for strings::Bid {
    type Copied = Bid;
}
impl Item for strings::Auction {
    type Copied = Auction;
}
impl Item for strings::Person {
    type Copied = Person;
}

/// A worker's part of a query's input.
pub trait Input: Sized + Send + 'static {
    /// The events before they are handed: 40 bytes each.
    type Stored: 'static;

    /// Makes the events.
    fn store(events: &Events) -> Self::Stored;

    /// Makes the workers' parts, to the last string.
    fn parts(stored: &Self::Stored, workers: usize) -> Vec<Self>;

    /// The workers' parts, made while they are read, so that they take no memory.
    fn live(events: &Events, workers: usize) -> Vec<Self>;
}

impl<T: Item> Input for Batches<T> {
    type Stored = Vec<T::Copied>;

    fn store(events: &Events) -> Self::Stored {
        (0..events.count).map(|number| T::Copied::make(events, number)).collect()
    }

    fn parts(stored: &Self::Stored, workers: usize) -> Vec<Self> {
        let part = |worker| {
            let chunks = stored.chunks(BATCH).skip(worker).step_by(workers);
            let batches: Vec<Vec<T>> =
                chunks.map(|chunk| chunk.iter().map(|event| T::from(*event)).collect()).collect();
            Box::new(batches.into_iter()) as Self
        };
        if workers == 1 {
            return vec![part(0)];
        }
        // On threads that end: an allocator gives their memory to the threads that work with it.
        std::thread::scope(|threads| {
            let part = &part;
            let makers: Vec<_> = (0..workers).map(|worker| threads.spawn(move || part(worker))).collect();
            makers.into_iter().map(|maker| maker.join().expect("events can be made")).collect()
        })
    }

    fn live(events: &Events, workers: usize) -> Vec<Self> {
        let events = *events;
        let part = |worker| {
            let starts = (0..events.count).step_by(BATCH).skip(worker).step_by(workers);
            let batch = move |start: u64| {
                let end = events.count.min(start + BATCH as u64);
                (start..end).map(|number| T::from(T::Copied::make(&events, number))).collect()
            };
            Box::new(starts.map(batch)) as Self
        };
        (0..workers).map(part).collect()
    }
}

/// Persons and auctions, one to three.
impl<P: Item, A: Item> Input for (Batches<P>, Batches<A>) {
    type Stored = (Vec<P::Copied>, Vec<A::Copied>);

    fn store(events: &Events) -> Self::Stored {
        let (persons, auctions) = divided(events);
        (Batches::<P>::store(&persons), Batches::<A>::store(&auctions))
    }

    fn parts((persons, auctions): &Self::Stored, workers: usize) -> Vec<Self> {
        let (persons, auctions) = (Batches::<P>::parts(persons, workers), Batches::<A>::parts(auctions, workers));
        persons.into_iter().zip(auctions).collect()
    }

    fn live(events: &Events, workers: usize) -> Vec<Self> {
        let (persons, auctions) = divided(events);
        Batches::<P>::live(&persons, workers).into_iter().zip(Batches::<A>::live(&auctions, workers)).collect()
    }
}

/// The persons and the auctions of so many events of these kinds.
fn divided(events: &Events) -> (Events, Events) {
    let persons = events.count.div_ceil(1 + generator::AUCTIONS);
    (Events { count: persons, ..*events }, Events { count: events.count - persons, ..*events })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_events_are_handed_however_they_are_made() {
        let events = Events { seed: 3, count: 5_000, uniform: None };
        for workers in [1, 2, 3] {
            let stored = Batches::<Bid>::store(&events);
            let parts: Vec<Vec<Vec<Bid>>> =
                Batches::<Bid>::parts(&stored, workers).into_iter().map(Iterator::collect).collect();
            let live: Vec<Vec<Vec<Bid>>> =
                Batches::<Bid>::live(&events, workers).into_iter().map(Iterator::collect).collect();
            assert_eq!(parts, live);
            assert_eq!(parts.iter().flatten().map(Vec::len).sum::<usize>(), 5_000);
        }
        let both = <(Batches<Person>, Batches<Auction>)>::live(&events, 1).remove(0);
        assert_eq!((both.0.flatten().count(), both.1.flatten().count()), (1_250, 3_750));
    }
}
