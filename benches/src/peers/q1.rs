//! `q1` by peers: the price in another currency.

use ::timely::dataflow::operators::vec::{Input as _, Map as _};

use super::steps::map;
use super::{futures, timely, tokio};
use crate::events::copied::Bid;
use crate::events::feed::Batches;
use crate::queries::q1::{CopiedRow, convert};
use crate::sink::Takes;

/// By tokio, with messages of this kind.
pub(super) fn by_tokio<M: tokio::Message, G: Takes<CopiedRow>>(batches: Batches<Bid>) -> G {
    tokio::run(async {
        let bids = tokio::source::<M, _>(batches);
        tokio::sink::<M, _, _>(tokio::stage::<M, _>(bids, map(convert))).await
    })
}

/// By combinators.
pub(super) fn by_futures<G: Takes<CopiedRow>>(batches: Batches<Bid>) -> G {
    use ::futures::StreamExt;
    futures::sink(futures::source(batches).map(convert))
}

/// By timely, each worker with its partition.
pub(super) fn by_timely<G: Takes<CopiedRow>>(partitions: Vec<Batches<Bid>>) -> G {
    timely::run(partitions, |worker, batches| {
        let (mut input, found) = worker.dataflow(|scope| {
            let (input, bids) = scope.new_input();
            (input, timely::sink(bids.map(convert)))
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
