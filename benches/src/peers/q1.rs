//! `q1` by peers: the price in another currency.

use ::timely::dataflow::operators::vec::{Input as _, Map as _};

use super::steps::map;
use super::{futures, timely, tokio};
use crate::events::copied::Bid;
use crate::events::feed::Batches;
use crate::queries::q1::{CopiedRow, convert};
use crate::sink::Taken;

/// By tokio, with messages of this kind.
pub(super) fn by_tokio<M: tokio::Message>(batches: Batches<Bid>, empty: &Taken<CopiedRow>) -> Taken<CopiedRow> {
    tokio::run(async {
        let bids = tokio::source::<M, _>(batches);
        tokio::sink::<M, _>(tokio::stage::<M, _>(bids, map(convert)), empty).await
    })
}

/// By combinators.
pub(super) fn by_futures(batches: Batches<Bid>, empty: &Taken<CopiedRow>) -> Taken<CopiedRow> {
    use ::futures::StreamExt;
    futures::sink(futures::source(batches).map(convert), empty)
}

/// By timely, each worker with its partition.
pub(super) fn by_timely(partitions: Vec<Batches<Bid>>, empty: &Taken<CopiedRow>) -> Taken<CopiedRow> {
    timely::run(partitions, empty, |worker, batches, empty| {
        let (mut input, found) = worker.dataflow(|scope| {
            let (input, bids) = scope.new_input();
            (input, timely::sink(bids.map(convert), empty))
        });
        for batch in batches {
            timely::feed(&mut input, batch, 0, |bid| bid.at);
            worker.step();
        }
        drop(input);
        timely::finish(worker);
        found.take()
    })
}
