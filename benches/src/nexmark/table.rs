//! The table of queries, by name and workload.

use crate::events::feed::Events;
use crate::queries::{Query, q0, q1, q2, q5, q7, q8, q11, q12, q14, q21, q22, w1};

/// A query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Name {
    /// Bids as they are.
    Q0,
    /// Bids in another currency.
    Q1,
    /// Bids for some auctions.
    Q2,
    /// The auctions with the most bids, of the last ten seconds.
    Q5,
    /// The highest bids of ten seconds.
    Q7,
    /// Who is new and sells.
    Q8,
    /// Bids of a bidder until ten seconds of silence.
    Q11,
    /// Bids of a bidder in ten seconds.
    Q12,
    /// Dear bids, by the time of the day.
    Q14,
    /// Bids with their channel's number.
    Q21,
    /// Bids with the folders of their page.
    Q22,
    /// Count and sum by auction, of 6,000.
    W1,
    /// The same of a million auctions.
    W1m,
}

/// Which events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Workload {
    /// Of 40 bytes, with codes for texts.
    Copy,
    /// Whole events.
    Strings,
}

impl Workload {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Strings => "strings",
        }
    }
}

impl Name {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Q0,
        Self::Q1,
        Self::Q2,
        Self::Q5,
        Self::Q7,
        Self::Q8,
        Self::Q11,
        Self::Q12,
        Self::Q14,
        Self::Q21,
        Self::Q22,
        Self::W1,
        Self::W1m,
    ];

    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Q0 => "q0",
            Self::Q1 => "q1",
            Self::Q2 => "q2",
            Self::Q5 => "q5",
            Self::Q7 => "q7",
            Self::Q8 => "q8",
            Self::Q11 => "q11",
            Self::Q12 => "q12",
            Self::Q14 => "q14",
            Self::Q21 => "q21",
            Self::Q22 => "q22",
            Self::W1 => "w1",
            Self::W1m => "w1m",
        }
    }

    /// Whether it is handed bids, and nothing else.
    #[must_use]
    pub fn reads_bids(self) -> bool {
        self != Self::Q8
    }

    /// Its events.
    #[must_use]
    pub fn events(self, seed: u64, count: u64) -> Events {
        let uniform = match self {
            Self::W1 => Some(w1::BIDS),
            Self::W1m => Some(w1::MANY_KEYS),
            _ => None,
        };
        Events { seed, count, uniform }
    }
}

/// Something that can be done with any query.
pub trait Visit {
    /// What comes of it.
    type Out;

    /// Does it.
    fn visit<Q: Query>(self) -> Self::Out;
}

/// Does it with the query of this name.
pub fn with<V: Visit>(query: Name, workload: Workload, visit: V) -> V::Out {
    macro_rules! table {
        ($($name:pat => $query:ident),+ $(,)?) => {
            match (query, workload) { $(
                ($name, Workload::Copy) => visit.visit::<$query::Copied>(),
                ($name, Workload::Strings) => visit.visit::<$query::Strings>(),
            )+ }
        };
    }
    table! {
        Name::Q0 => q0,
        Name::Q1 => q1,
        Name::Q2 => q2,
        Name::Q5 => q5,
        Name::Q7 => q7,
        Name::Q8 => q8,
        Name::Q11 => q11,
        Name::Q12 => q12,
        Name::Q14 => q14,
        Name::Q21 => q21,
        Name::Q22 => q22,
        Name::W1 | Name::W1m => w1,
    }
}
