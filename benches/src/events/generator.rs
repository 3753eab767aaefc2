//! The generator: the suite's proportions, hot auctions, hot persons and prices.

use super::copied::{Auction, Bid, Person};
use super::random::Random;
use super::text::{GREAT, OTHERS, WITH_ID};
use super::{DISORDER, Event, START};

/// Of so many events one is a person, then come auctions, then bids.
pub const GROUP: u64 = 50;
/// Auctions of a group.
pub const AUCTIONS: u64 = 3;
/// Bids of a group.
pub const BIDS: u64 = GROUP - 1 - AUCTIONS;
/// Events in a millisecond.
const RATE: i64 = 10;

/// The first numbers of persons and auctions.
const FIRST_ID: i64 = 1_000;
/// Persons who do something, auctions that are bid for: the newest.
const ACTIVE_PERSONS: u64 = 1_000;
const ACTIVE_AUCTIONS: u64 = 100;
/// How far the events are ahead of the persons and auctions that they name.
const LEAD: u64 = 10;
/// A new one is hot after so many.
const HOT_EVERY: u64 = 100;
const CATEGORIES: u64 = 5;

/// Event number so-and-so, of all.
#[must_use]
pub fn event(seed: u64, number: u64) -> Event {
    match number % GROUP {
        0 => Event::Person(person(seed, number / GROUP)),
        place if place <= AUCTIONS => Event::Auction(auction(seed, number / GROUP * AUCTIONS + place - 1)),
        place => Event::Bid(bid(seed, number / GROUP * BIDS + place - 1 - AUCTIONS)),
    }
}

/// Person number so-and-so, of all persons.
#[must_use]
pub fn person(seed: u64, number: u64) -> Person {
    let event = number * GROUP;
    let mut random = Random::of(seed, event);
    Person {
        id: FIRST_ID + number as i64,
        at: time(&mut random, event),
        card: random.below(10_000_000_000_000_000),
        name: random.below(64) as u32,
        email: random.below(1 << 20) as u32,
        city: random.below(10) as u16,
        state: random.below(6) as u16,
        extra: random.next() as u16,
        unused: 0,
    }
}

/// Auction number so-and-so, of all auctions.
#[must_use]
pub fn auction(seed: u64, number: u64) -> Auction {
    let group = number / AUCTIONS;
    let event = group * GROUP + 1 + number % AUCTIONS;
    let mut random = Random::of(seed, event);
    let hot = random.below(4) > 0;
    let seller = if hot { group / HOT_EVERY * HOT_EVERY } else { active_person(&mut random, group) };
    let initial_bid = price(&mut random) as u32;
    Auction {
        id: FIRST_ID + number as i64,
        seller: FIRST_ID + seller as i64,
        at: time(&mut random, event),
        initial_bid,
        reserve: initial_bid + price(&mut random) as u32,
        lasts: 1 + random.below(20_000) as u32,
        item: random.next() as u16,
        category: 10 + random.below(CATEGORIES) as u16,
    }
}

/// Bid number so-and-so, of all bids.
#[must_use]
pub fn bid(seed: u64, number: u64) -> Bid {
    let group = number / BIDS;
    let event = group * GROUP + 1 + AUCTIONS + number % BIDS;
    let mut random = Random::of(seed, event);
    let newest = (group + 1) * AUCTIONS - 1;
    let auction = if random.below(2) > 0 {
        newest / HOT_EVERY * HOT_EVERY
    } else {
        let oldest = newest.saturating_sub(ACTIVE_AUCTIONS);
        oldest + random.below(newest - oldest + 1 + LEAD)
    };
    // Not the one who sells most.
    let hot = random.below(4) > 0;
    let bidder = if hot { group / HOT_EVERY * HOT_EVERY + 1 } else { active_person(&mut random, group) };
    let price = price(&mut random);
    let at = time(&mut random, event);
    let (channel, url, extra) = codes(&mut random);
    Bid { auction: FIRST_ID + auction as i64, bidder: FIRST_ID + bidder as i64, price, at, channel, extra, url }
}

/// The codes of a bid's texts: half of the bids come by a great channel; nine of ten others are named in their URL.
pub(super) fn codes(random: &mut Random) -> (u16, u32, u16) {
    let folders = random.below(1 << 30) as u32;
    let extra = random.next() as u16;
    if random.below(2) > 0 {
        return (random.below(u64::from(GREAT)) as u16, folders, extra);
    }
    let channel = u64::from(GREAT) + random.below(OTHERS);
    (channel as u16, if channel.is_multiple_of(10) { folders } else { folders | WITH_ID }, extra)
}

/// One of the newest persons, or of the next to come.
fn active_person(random: &mut Random, newest: u64) -> u64 {
    let active = ACTIVE_PERSONS.min(newest);
    newest - active + random.below(active + LEAD)
}

/// From 1 to 1,000,000, each power of ten as often, in cents.
fn price(random: &mut Random) -> i64 {
    (10f64.powf(random.fraction() * 6.0) * 100.0).round() as i64
}

fn time(random: &mut Random, event: u64) -> i64 {
    START + event as i64 / RATE + DISORDER - random.below(DISORDER as u64 + 1) as i64
}

#[cfg(test)]
mod tests {
    use super::{Event, event};
    use crate::events::{DISORDER, START};

    #[test]
    fn proportions_and_times_are_as_said() {
        let events: Vec<Event> = (0..50_000).map(|number| event(7, number)).collect();
        let count = |of: fn(&Event) -> bool| events.iter().filter(|event| of(event)).count();
        assert_eq!(count(|event| matches!(event, Event::Person(_))), 1_000);
        assert_eq!(count(|event| matches!(event, Event::Auction(_))), 3_000);
        let mut newest = START;
        let (mut hot, mut named, mut other) = (0, 0, 0);
        let mut prices: Vec<i64> = Vec::new();
        for event in &events {
            let at = match event {
                Event::Person(person) => person.at,
                Event::Auction(auction) => auction.at,
                Event::Bid(bid) => {
                    hot += usize::from((bid.auction - 1_000) % 100 == 0);
                    named += usize::from(bid.channel >= 4 && bid.channel_id().is_some());
                    other += usize::from(bid.channel >= 4);
                    prices.push(bid.price);
                    bid.at
                }
            };
            assert!(at >= START && at >= newest - DISORDER);
            newest = newest.max(at);
        }
        // Ten events a millisecond.
        assert!((newest - START - 5_000).abs() <= DISORDER, "{newest}");
        assert!((0.49..0.53).contains(&(hot as f64 / 46_000.0)), "{hot}");
        assert!((0.88..0.92).contains(&(named as f64 / other as f64)), "{named} of {other}");
        prices.sort_unstable();
        let median = prices[23_000];
        assert!((80_000..120_000).contains(&median), "half of the prices are below 10^3: {median}");
        assert!(prices[0] >= 100 && prices[45_999] <= 100_000_000);
    }

    #[test]
    fn a_seed_gives_the_same_events_and_another_seed_others() {
        for number in [0, 1, 2, 49, 50, 12_345] {
            assert_eq!(event(1, number), event(1, number));
            assert_ne!(event(1, number), event(2, number));
        }
    }
}
