//! Over real servers: the shared one, which `cargo xtask up redis` starts or `FLOW_REDIS` names, and servers of a test's own.

mod contract;
mod faults;
mod lookups;
mod proxy;
mod sequence;
mod sinks;
mod streams;

use flow::connector::Sink;
use flow::prelude::*;
use flow_redis::Redis;
use flow_services::RedisTools;

/// The shared server.
fn redis() -> Redis {
    Redis::url(address())
}

fn address() -> String {
    flow_services::redis().unwrap()
}

/// What `redis-cli` prints for a command, which shares no code with the client.
fn cli(command: &[&str]) -> String {
    RedisTools::at(&address()).cli(command).unwrap().trim_end().to_owned()
}

/// A key that no other test has, and no earlier run.
fn key(name: &str) -> String {
    flow_services::unique(name)
}

/// Writes rows, and gives the job's report.
fn write<T: Clone + Send + 'static>(rows: Vec<T>, sink: impl Sink<Item = T>) -> flow::Result<Report> {
    let pipeline = Pipeline::new("write");
    pipeline.batch_size(64).source(sources::iter(rows)).sink(sink).named("out");
    pipeline.run_blocking()
}
