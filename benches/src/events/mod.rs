//! The Nexmark suite's events, made from a seed: persons, auctions and bids as 1 to 3 to 46.
//!
//! There is one generator. It makes [`copied`] events, in which a code stands for each text; [`strings`] are made of
//! them by writing the texts out, so both workloads have the same events.

pub mod copied;
pub mod feed;
pub mod generator;
pub mod json;
pub mod random;
pub mod strings;
pub mod text;
pub mod uniform;

/// When event time starts: 2026-01-01 00:00:00.
pub const START: i64 = 1_767_225_600_000;
/// By how much an event may be older than one before it, in milliseconds.
pub const DISORDER: i64 = 200;
/// What the queries' watermarks allow, in milliseconds, as in the suite.
pub const DELAY: i64 = 4_000;

/// Any event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody is new.
    Person(copied::Person),
    /// Something is for sale.
    Auction(copied::Auction),
    /// Somebody bids.
    Bid(copied::Bid),
}
