//! `w1` by peers.

use ::timely::dataflow::operators::vec::{Filter as _, Input as _};
use flow::prelude::Timestamp;
use rustc_hash::FxHashMap;

use super::steps::{Gather, Windows, filter};
use super::{futures, timely, tokio};
use crate::events::copied::Bid;
use crate::events::feed::Batches;
use crate::queries::w1::{DELAY, PRICE, Row, WINDOW};
use crate::sink::Taken;

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
        let starttime = Timestamp::from_millis(start);
        out.extend(kept.into_iter().map(|(auction, (num, total))| Row { auction, starttime, num, total }));
    }
}

fn passes(bid: &Bid) -> bool {
    bid.price > PRICE
}

/// By tokio, with messages of this kind.
pub(super) fn by_tokio<M: tokio::Message>(batches: Batches<Bid>, empty: &Taken<Row>) -> Taken<Row> {
    tokio::run(async {
        let bids = tokio::source::<M, _>(batches);
        let large = tokio::stage::<M, _>(bids, filter(passes));
        let rows = tokio::stage::<M, _>(large, Windows::<Totals>::new());
        tokio::sink::<M, _>(rows, empty).await
    })
}

/// By combinators.
pub(super) fn by_futures(batches: Batches<Bid>, empty: &Taken<Row>) -> Taken<Row> {
    use ::futures::StreamExt;
    let large = futures::source(batches).filter(|bid| std::future::ready(passes(bid)));
    futures::sink(futures::stage(large, Windows::<Totals>::new()), empty)
}

/// By timely, each worker with its partition.
pub(super) fn by_timely(partitions: Vec<Batches<Bid>>, empty: &Taken<Row>) -> Taken<Row> {
    timely::run(partitions, empty, |worker, batches, empty| {
        let (mut input, found) = worker.dataflow(|scope| {
            let (input, bids) = scope.new_input();
            let rows = timely::windows(bids.filter(passes), Windows::<Totals>::new(), |bid| bid.auction);
            (input, timely::sink(rows, empty))
        });
        for batch in batches {
            timely::feed(&mut input, batch, DELAY, |bid| bid.at);
            worker.step();
        }
        drop(input);
        timely::finish(worker);
        found.take()
    })
}
