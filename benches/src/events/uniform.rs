//! Bids of auctions that are all alike: `w1`'s.

use super::START;
use super::copied::Bid;
use super::generator::codes;
use super::random::Random;

/// How many auctions there are, and how fast bids come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uniform {
    /// Auctions.
    pub keys: u64,
    /// Bids in a millisecond.
    pub rate: i64,
}

/// By how much a bid may be older than one before it, in milliseconds; it is not more than the watermark's delay.
pub const DISORDER: i64 = 999;

impl Uniform {
    /// Bid number so-and-so. Nine of ten cost more than 100.
    #[must_use]
    pub fn bid(self, seed: u64, number: u64) -> Bid {
        let mut random = Random::of(seed, number);
        let (channel, url, extra) = codes(&mut random);
        Bid {
            auction: random.below(self.keys) as i64,
            bidder: random.below(1_000_000) as i64,
            price: random.below(1_000) as i64,
            at: START + number as i64 / self.rate + DISORDER - random.below(DISORDER as u64 + 1) as i64,
            channel,
            extra,
            url,
        }
    }
}
