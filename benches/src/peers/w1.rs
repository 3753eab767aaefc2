//! `w1` by peers.

use std::sync::{Mutex, PoisonError};

use ::timely::dataflow::operators::vec::{Filter as _, Input as _};
use rustc_hash::FxHashMap;

use super::steps::{Gather, Windows, filter};
use super::{futures, timely, tokio};
use crate::sink::Answer;
use crate::w1::{Bid, DELAY, PRICE, Row, WINDOW};

/// Count and sum by auction.
struct Totals;

impl Gather for Totals {
    type In = Bid;
    type Kept = (i64, i64);
    type Out = Row;
    const SIZE: i64 = WINDOW;
    const DELAY: i64 = DELAY;

    fn time(bid: &Bid) -> i64 {
        bid.at
    }

    fn add(kept: &mut FxHashMap<i64, (i64, i64)>, bid: Bid) {
        let (count, sum) = kept.entry(bid.auction).or_default();
        *count += 1;
        *sum = sum.wrapping_add(bid.price);
    }

    fn close(start: i64, kept: FxHashMap<i64, (i64, i64)>, out: &mut Vec<Row>) {
        out.extend(kept.into_iter().map(|(auction, (count, sum))| Row { auction, start, count, sum }));
    }
}

fn passes(bid: &Bid) -> bool {
    bid.price > PRICE
}

/// By tokio, with messages of this kind.
pub(super) fn by_tokio<M: tokio::Message>(batches: Vec<Vec<Bid>>) -> Answer {
    tokio::run(async {
        let bids = tokio::source::<M, _>(batches);
        let large = tokio::stage::<M, _>(bids, filter(passes));
        let rows = tokio::stage::<M, _>(large, Windows::<Totals>::new());
        tokio::sink::<M, _>(rows).await
    })
}

/// By combinators.
pub(super) fn by_futures(batches: Vec<Vec<Bid>>) -> Answer {
    use ::futures::StreamExt;
    let large = futures::source(batches).filter(|bid| std::future::ready(passes(bid)));
    futures::sink(futures::stage(large, Windows::<Totals>::new()))
}

/// By timely, each worker with its partition.
pub(super) fn by_timely(partitions: Vec<Vec<Vec<Bid>>>) -> Answer {
    let workers = partitions.len();
    let partitions = Mutex::new(partitions.into_iter().map(Some).collect::<Vec<_>>());
    timely::run(workers, move |worker| {
        let (mut input, found) = worker.dataflow(|scope| {
            let (input, bids) = scope.new_input();
            let rows = timely::windows::<Totals>(bids.filter(passes), |bid| bid.auction);
            (input, timely::sink(rows))
        });
        let batches = partitions.lock().unwrap_or_else(PoisonError::into_inner)[worker.index()].take();
        for batch in batches.unwrap_or_default() {
            timely::feed(&mut input, batch, DELAY, |bid| bid.at);
            worker.step();
        }
        drop(input);
        timely::finish(worker);
        found.take()
    })
}

#[cfg(test)]
mod tests {
    use super::{by_futures, by_timely, by_tokio};
    use crate::peers::tokio::{Many, One};
    use crate::w1::{BATCH, Bid, KEYS, bids as bids_of, hand};

    fn bids(count: u64) -> Vec<Vec<Bid>> {
        bids_of(count, KEYS, BATCH)
    }

    #[test]
    fn all_agree() {
        let expected = hand(bids(400_000));
        assert_eq!(by_tokio::<One>(bids(400_000)), expected);
        assert_eq!(by_tokio::<Many>(bids(400_000)), expected);
        assert_eq!(by_futures(bids(400_000)), expected);
        assert_eq!(by_timely(vec![bids(400_000)]), expected);
        let mut batches = bids(400_000).into_iter();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        while let Some(batch) = batches.next() {
            first.push(batch);
            second.extend(batches.next());
        }
        assert_eq!(by_timely(vec![first, second]), expected);
    }
}
