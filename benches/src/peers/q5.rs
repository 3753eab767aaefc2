//! `q5` by peers: counts by panes of a slide's length, and the most frequent auctions of the panes that make a window.

use std::collections::VecDeque;
use std::marker::PhantomData;

use ::timely::dataflow::operators::vec::Input as _;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::steps::{Gather, Step, Timed, Windows};
use super::{futures, timely, tokio};
use crate::events::DELAY;
use crate::events::copied::Bid;
use crate::events::feed::Batches;
use crate::queries::q5::Row;
use crate::sink::Taken;

/// A window, in milliseconds.
const SIZE: i64 = 10_000;
/// The time from one window's start to the next one's.
const SLIDE: i64 = 2_000;

/// How many bids each auction got in a slide's time.
pub(super) struct Pane {
    start: i64,
    counts: FxHashMap<i64, i64>,
}

/// Counts bids.
pub(super) struct Count;

impl Gather for Count {
    type In = Bid;
    type Kept = i64;
    type Out = Pane;
    const SIZE: i64 = SLIDE;
    const DELAY: i64 = DELAY;

    fn time(bid: &Bid) -> i64 {
        bid.at
    }

    fn add(kept: &mut FxHashMap<i64, i64>, bid: Bid) {
        *kept.entry(bid.auction).or_default() += 1;
    }

    fn close(start: i64, counts: FxHashMap<i64, i64>, out: &mut Vec<Pane>) {
        out.push(Pane { start, counts });
    }
}

/// An auction with the most bids of a window.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Top {
    start: i64,
    auction: i64,
    num: i64,
}

impl From<Top> for Row {
    fn from(top: Top) -> Self {
        // The window is no part of the answer.
        Self { auction: top.auction, num: top.num }
    }
}

/// The auctions with the most bids of a window. Panes come in the order of their times.
pub(super) struct Most<R> {
    panes: VecDeque<Pane>,
    /// The sum of the panes.
    counts: FxHashMap<i64, i64>,
    /// The start of the first window that has not closed.
    next: i64,
    rows: PhantomData<fn() -> R>,
}

impl<R: From<Top>> Most<R> {
    fn new() -> Self {
        Self { panes: VecDeque::new(), counts: FxHashMap::default(), next: i64::MIN, rows: PhantomData }
    }

    /// Closes the next window.
    fn close_one(&mut self, out: &mut Vec<R>) {
        while self.panes.front().is_some_and(|pane| pane.start < self.next) {
            for (auction, count) in self.panes.pop_front().map(|pane| pane.counts).unwrap_or_default() {
                if let Some(sum) = self.counts.get_mut(&auction) {
                    *sum -= count;
                    if *sum == 0 {
                        self.counts.remove(&auction);
                    }
                }
            }
        }
        let most = self.counts.values().copied().max();
        let best = self.counts.iter().filter(|(_, count)| Some(**count) == most);
        out.extend(best.map(|(&auction, &num)| R::from(Top { start: self.next, auction, num })));
        self.next += SLIDE;
    }
}

impl<R: From<Top> + Send + 'static> Timed for Most<R> {
    type In = Pane;
    type Out = R;

    fn add(&mut self, pane: Pane) {
        // The windows before have closed, if there was anything in them.
        self.next = self.next.max(pane.start + SLIDE - SIZE);
        for (&auction, &count) in &pane.counts {
            *self.counts.entry(auction).or_default() += count;
        }
        self.panes.push_back(pane);
    }

    fn close(&mut self, watermark: i64, out: &mut Vec<R>) {
        while self.is_open() && self.next + SIZE <= watermark {
            self.close_one(out);
        }
    }

    fn is_open(&self) -> bool {
        self.panes.back().is_some_and(|pane| pane.start >= self.next)
    }
}

impl<R: From<Top> + Send + 'static> Step for Most<R> {
    type In = Pane;
    type Out = R;

    fn one(&mut self, pane: Pane, out: &mut Vec<R>) {
        // What ends before this pane begins, and then what ends with it.
        self.close(pane.start, out);
        let end = pane.start + SLIDE;
        self.add(pane);
        self.close(end, out);
    }

    fn end(&mut self, out: &mut Vec<R>) {
        self.close(i64::MAX, out);
    }
}

/// Both together, for an engine that says how far time has come.
struct Tops {
    count: Windows<Count>,
    panes: Vec<Pane>,
    most: Most<Top>,
}

impl Timed for Tops {
    type In = Bid;
    type Out = Top;

    fn add(&mut self, bid: Bid) {
        self.count.add(bid);
    }

    fn close(&mut self, watermark: i64, out: &mut Vec<Top>) {
        self.count.close(watermark, &mut self.panes);
        for pane in self.panes.drain(..) {
            self.most.one(pane, out);
        }
        self.most.close(watermark, out);
    }

    fn is_open(&self) -> bool {
        self.count.is_open() || self.most.is_open()
    }
}

/// The best of what every worker found for its own auctions. A window's rows have the time at which it ends.
struct Best;

impl Gather for Best {
    type In = Top;
    type Kept = Option<Top>;
    type Out = Row;
    const SIZE: i64 = SLIDE;
    const DELAY: i64 = 0;

    fn time(top: &Top) -> i64 {
        top.start + SIZE - SLIDE
    }

    fn add(kept: &mut FxHashMap<i64, Option<Top>>, top: Top) {
        kept.insert(top.auction, Some(top));
    }

    fn close(_: i64, kept: FxHashMap<i64, Option<Top>>, out: &mut Vec<Row>) {
        let most = kept.values().flatten().map(|top| top.num).max();
        out.extend(kept.into_values().flatten().filter(|top| Some(top.num) == most).map(Row::from));
    }
}

/// By tokio, with messages of this kind.
pub(super) fn by_tokio<M: tokio::Message>(batches: Batches<Bid>, empty: &Taken<Row>) -> Taken<Row> {
    tokio::run(async {
        let bids = tokio::source::<M, _>(batches);
        let panes = tokio::stage::<M, _>(bids, Windows::<Count>::new());
        let tops = tokio::stage::<M, _>(panes, Most::<Row>::new());
        tokio::sink::<M, _>(tops, empty).await
    })
}

/// By combinators.
pub(super) fn by_futures(batches: Batches<Bid>, empty: &Taken<Row>) -> Taken<Row> {
    let panes = futures::stage(futures::source(batches), Windows::<Count>::new());
    futures::sink(futures::stage(panes, Most::<Row>::new()), empty)
}

/// By timely, each worker with its partition.
pub(super) fn by_timely(partitions: Vec<Batches<Bid>>, empty: &Taken<Row>) -> Taken<Row> {
    timely::run(partitions, empty, |worker, batches, empty| {
        let (mut input, found) = worker.dataflow(|scope| {
            let (input, bids) = scope.new_input();
            let tops = Tops { count: Windows::new(), panes: Vec::new(), most: Most::new() };
            let own = timely::windows(bids, tops, |bid| bid.auction);
            (input, timely::sink(timely::windows(own, Windows::<Best>::new(), |top| top.start / SLIDE), empty))
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
