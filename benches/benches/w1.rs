//! `cargo bench -p flow-benches --bench w1`: the pipeline beside the loop, first in turn, with their ratio, then by criterion.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group};
use flow_benches::{measure, w1};

/// Records in one run.
const EVENTS: u64 = 5_000_000;

fn benches(c: &mut Criterion) {
    let bids = w1::bids(EVENTS, w1::KEYS, w1::BATCH);
    let mut group = c.benchmark_group("w1");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS));
    group.bench_function("hand", |b| b.iter_batched(|| bids.clone(), w1::hand, BatchSize::PerIteration));
    group.bench_function("flow", |b| b.iter_batched(|| bids.clone(), w1::flow, BatchSize::PerIteration));
    group.finish();
}

fn ratio() {
    let bids = w1::bids(EVENTS, w1::KEYS, w1::BATCH);
    let pair = measure::alternate(5, || bids.clone(), w1::flow, w1::hand);
    let (flow, hand) = pair.medians();
    let rate = |time: std::time::Duration| EVENTS as f64 / time.as_secs_f64() / 1e6;
    println!("w1: flow {:.1} M/s, by hand {:.1} M/s, ratio {:.2}", rate(flow), rate(hand), pair.ratio());
}

criterion_group!(group, benches);

fn main() {
    ratio();
    group();
    Criterion::default().configure_from_args().final_summary();
}
