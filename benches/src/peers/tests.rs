//! Every peer gives the answer of a naive reckoning, however many workers share it.

use std::collections::{BTreeMap, BTreeSet};

use super::Peer;
use super::shapes::{Auction, Person, Row, convert, row_check};
use crate::sink::{Answer, Checked};
use crate::w1::{BATCH, Bid, KEYS, bids as bids_of, hand};

/// Half a minute and more, in batches.
fn bids() -> Vec<Vec<Bid>> {
    bids_of(400_000, KEYS, BATCH)
}

/// In as many parts as there are workers, batch by batch.
fn dealt<T>(batches: Vec<Vec<T>>, workers: usize) -> Vec<Vec<Vec<T>>> {
    let mut parts: Vec<Vec<Vec<T>>> = (0..workers).map(|_| Vec::new()).collect();
    for (at, batch) in batches.into_iter().enumerate() {
        parts[at % workers].push(batch);
    }
    parts
}

fn check(expected: Answer, found: impl Fn(Peer, usize) -> Answer) {
    assert!(expected.rows > 0);
    for peer in Peer::ALL {
        for workers in [1, 2].into_iter().filter(|workers| peer.shares(*workers)) {
            assert_eq!(found(peer, workers), expected, "{} with {workers}", peer.name());
        }
    }
}

fn answer(rows: impl IntoIterator<Item = u64>) -> Answer {
    let mut answer = Answer::default();
    for row in rows {
        answer.rows += 1;
        answer.checksum = answer.checksum.wrapping_add(row);
    }
    answer
}

#[test]
fn w1() {
    check(hand(bids()), |peer, workers| peer.w1(dealt(bids(), workers)));
}

#[test]
fn q1() {
    let expected = answer(bids().into_iter().flatten().map(|bid| convert(bid).check()));
    check(expected, |peer, workers| peer.q1(dealt(bids(), workers)));
}

#[test]
fn q5() {
    let mut windows: BTreeMap<i64, BTreeMap<i64, i64>> = BTreeMap::new();
    for bid in bids().into_iter().flatten() {
        for back in 0..5 {
            let start = bid.at - bid.at.rem_euclid(2_000) - back * 2_000;
            *windows.entry(start).or_default().entry(bid.auction).or_default() += 1;
        }
    }
    let best = |counts: BTreeMap<i64, i64>| {
        let most = counts.values().copied().max();
        counts.into_iter().filter(move |(_, count)| Some(*count) == most)
    };
    let expected = answer(windows.into_values().flat_map(best).map(|(auction, count)| row_check(auction, count)));
    check(expected, |peer, workers| peer.q5(dealt(bids(), workers)));
}

#[test]
fn q8() {
    // Three auctions for each person; many sellers came in an earlier window, some persons come twice.
    let at = |number: i64| number * 7 + (number * 7919) % 3_000;
    let persons: Vec<Person> =
        (0..20_000).map(|number| Person { id: number / 2 * 2, name: number % 3, at: at(number) }).collect();
    let seller = |number: i64| (number / 3 - (number * 31) % 4_000).max(0);
    let auctions: Vec<Auction> =
        (0..60_000).map(|number| Auction { seller: seller(number), at: at(number / 3) }).collect();
    let window = |at: i64| at - at.rem_euclid(10_000);
    let sellers: BTreeSet<(i64, i64)> = auctions.iter().map(|it| (it.seller, window(it.at))).collect();
    let new: BTreeSet<(i64, i64, i64)> = persons.iter().map(|it| (it.id, it.name, window(it.at))).collect();
    let rows = new.into_iter().filter(|(id, _, start)| sellers.contains(&(*id, *start)));
    let expected = answer(rows.map(|(id, name, start)| Row { id, name, start }.check()));
    let persons: Vec<Vec<Person>> = persons.chunks(1024).map(<[_]>::to_vec).collect();
    let auctions: Vec<Vec<Auction>> = auctions.chunks(1024).map(<[_]>::to_vec).collect();
    check(expected, |peer, workers| peer.q8(dealt(persons.clone(), workers), dealt(auctions.clone(), workers)));
}
