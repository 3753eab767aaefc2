//! The same queries by other means: what their users would write, with the same steps between the same source and sink.

mod futures;
mod q1;
mod q5;
mod q8;
pub mod shapes;
mod steps;
#[cfg(test)]
mod tests;
mod timely;
mod tokio;
mod w1;

use crate::sink::Answer;
use crate::w1::Bid;
use shapes::{Auction, Person};

/// A peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Peer {
    /// tokio, a task per operator, a record a message.
    Tokio1,
    /// tokio, a task per operator, a batch of 1,024 a message.
    Tokio1024,
    /// A chain of `futures::Stream` combinators.
    Futures,
    /// Timely dataflow.
    Timely,
}

impl Peer {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Tokio1, Self::Tokio1024, Self::Futures, Self::Timely];

    /// As it is written in commands and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tokio1 => "tokio1",
            Self::Tokio1024 => "tokio1024",
            Self::Futures => "futures",
            Self::Timely => "timely",
        }
    }

    /// Whether it can share the work among so many: tasks and combinators would have to be written anew for more than one.
    #[must_use]
    pub fn shares(self, workers: usize) -> bool {
        workers == 1 || self == Self::Timely
    }

    /// `w1`, over a partition for each worker.
    #[must_use]
    pub fn w1(self, partitions: Vec<Batches<Bid>>) -> Answer {
        match self {
            Self::Tokio1 => w1::by_tokio::<tokio::One>(joined(partitions)),
            Self::Tokio1024 => w1::by_tokio::<tokio::Many>(joined(partitions)),
            Self::Futures => w1::by_futures(joined(partitions)),
            Self::Timely => w1::by_timely(partitions),
        }
    }

    /// `q1`, over a partition for each worker.
    #[must_use]
    pub fn q1(self, partitions: Vec<Batches<Bid>>) -> Answer {
        match self {
            Self::Tokio1 => q1::by_tokio::<tokio::One>(joined(partitions)),
            Self::Tokio1024 => q1::by_tokio::<tokio::Many>(joined(partitions)),
            Self::Futures => q1::by_futures(joined(partitions)),
            Self::Timely => q1::by_timely(partitions),
        }
    }

    /// `q5`, over a partition for each worker.
    #[must_use]
    pub fn q5(self, partitions: Vec<Batches<Bid>>) -> Answer {
        match self {
            Self::Tokio1 => q5::by_tokio::<tokio::One>(joined(partitions)),
            Self::Tokio1024 => q5::by_tokio::<tokio::Many>(joined(partitions)),
            Self::Futures => q5::by_futures(joined(partitions)),
            Self::Timely => q5::by_timely(partitions),
        }
    }

    /// `q8`, over a partition of each input for each worker.
    #[must_use]
    pub fn q8(self, persons: Vec<Batches<Person>>, auctions: Vec<Batches<Auction>>) -> Answer {
        match self {
            Self::Tokio1 => q8::by_tokio::<tokio::One>(joined(persons), joined(auctions)),
            Self::Tokio1024 => q8::by_tokio::<tokio::Many>(joined(persons), joined(auctions)),
            Self::Futures => q8::by_futures(joined(persons), joined(auctions)),
            Self::Timely => q8::by_timely(persons.into_iter().zip(auctions).collect()),
        }
    }
}

/// What an engine is handed of an input.
pub type Batches<T> = Vec<Vec<T>>;

/// The partition of an engine that takes one.
fn joined<T>(partitions: Vec<Vec<T>>) -> Vec<T> {
    partitions.into_iter().flatten().collect()
}
