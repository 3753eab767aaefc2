//! Events of 40 bytes, `Copy`: a code stands for each text.

use serde::{Deserialize, Serialize};

use super::text;

/// A bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bid {
    /// What is bid for.
    pub auction: i64,
    /// Who bids.
    pub bidder: i64,
    /// How much, in cents.
    pub price: i64,
    /// When, in milliseconds.
    pub at: i64,
    /// By which channel: see [`text::channel`].
    pub channel: u16,
    /// Anything else: see [`text::extra`].
    pub extra: u16,
    /// By which page: see [`text::url`].
    pub url: u32,
}

/// An auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Auction {
    /// Its number.
    pub id: i64,
    /// Who sells.
    pub seller: i64,
    /// When it begins, in milliseconds.
    pub at: i64,
    /// The first price, in cents.
    pub initial_bid: u32,
    /// The least price, in cents.
    pub reserve: u32,
    /// How long it lasts, in milliseconds.
    pub lasts: u32,
    /// What is sold: see [`text::item`] and [`text::extra`].
    pub item: u16,
    /// Which kind of thing.
    pub category: u16,
}

/// A person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// The number.
    pub id: i64,
    /// When the person came, in milliseconds.
    pub at: i64,
    /// Sixteen digits.
    pub card: u64,
    /// See [`text::name`].
    pub name: u32,
    /// See [`text::email`].
    pub email: u32,
    /// See [`text::city`].
    pub city: u16,
    /// See [`text::state`].
    pub state: u16,
    /// See [`text::extra`].
    pub extra: u16,
    /// Whole words.
    pub unused: u16,
}

impl Bid {
    /// The channel's number: a great one's own, or the one in the URL.
    #[inline]
    #[must_use]
    pub fn channel_id(&self) -> Option<i64> {
        // Half of the bids come by a great channel: which ones cannot be foreseen, so it is no jump.
        let great = u32::from(self.channel) < text::GREAT;
        let id = if great { i64::from(self.channel) } else { text::channel_id(self.channel) };
        (great | (self.url & text::WITH_ID != 0)).then_some(id)
    }

    /// The codes of the page's three folders: see [`text::folder`].
    #[inline]
    #[must_use]
    pub fn folders(&self) -> [u16; 3] {
        [0, 10, 20].map(|shift| (self.url >> shift) as u16 & 1023)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn all_have_forty_bytes() {
        assert_eq!(size_of::<super::Bid>(), 40);
        assert_eq!(size_of::<super::Auction>(), 40);
        assert_eq!(size_of::<super::Person>(), 40);
    }
}
