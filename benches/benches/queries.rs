//! `cargo bench -p flow-benches --bench queries [-- q5]`: every query by the pipeline and by the loop, over both workloads.

#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use flow_benches::nexmark::prepared::prepare;
use flow_benches::nexmark::{Engine, Name, Workload};

/// The same for all that is measured, and not what users get by default.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Events in one run of a query; of the chain that stands for all, ten times as many.
const EVENTS: u64 = 500_000;

fn queries(c: &mut Criterion) {
    for workload in [Workload::Copy, Workload::Strings] {
        for query in Name::ALL {
            let events = if (*query, workload) == (Name::W1, Workload::Copy) { 10 * EVENTS } else { EVENTS };
            let prepared = prepare(*query, workload, &query.events(1, events));
            let mut group = c.benchmark_group(format!("{}/{}", query.as_str(), workload.as_str()));
            group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
            group.throughput(Throughput::Elements(events));
            for engine in [Engine::Flow, Engine::Hand] {
                group.bench_function(engine.as_str(), |b| {
                    b.iter_batched(|| prepared(1), |run| run(engine).expect("it runs"), BatchSize::PerIteration);
                });
            }
            group.finish();
        }
    }
}

criterion_group!(group, queries);
criterion_main!(group);
