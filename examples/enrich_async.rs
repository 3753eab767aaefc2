//! Looks something up for every record, over a service that is slow and fails now and then: many calls at a time, each with a
//! time-out and retries, and the answers in the order of the questions.
//!
//! `cargo run --release --example enrich_async`

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use flow::prelude::*;
use tokio::time::sleep;

/// What is looked up. It counts its calls, and how many it ever had at a time.
#[derive(Default)]
struct Service {
    calls: AtomicUsize,
    open: AtomicUsize,
    most: AtomicUsize,
}

impl Service {
    /// The country of an address, after some time; every seventh call fails, every fiftieth hangs.
    async fn country(&self, address: u64) -> Result<&'static str, &'static str> {
        let call = self.calls.fetch_add(1, Relaxed) + 1;
        let _open = Open::new(self);
        sleep(if call.is_multiple_of(50) {
            Duration::from_secs(3600)
        } else {
            Duration::from_millis(5 + address % 20)
        })
        .await;
        if call.is_multiple_of(7) {
            return Err("the service is busy");
        }
        Ok(["Chile", "Ghana", "Italy", "Japan"][address as usize % 4])
    }
}

/// A call that is under way, until it has its answer or is given up.
struct Open<'a>(&'a Service);

impl<'a> Open<'a> {
    fn new(service: &'a Service) -> Self {
        service.most.fetch_max(service.open.fetch_add(1, Relaxed) + 1, Relaxed);
        Self(service)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Relaxed);
    }
}

#[tokio::main]
async fn main() -> flow::Result<()> {
    let service = Arc::new(Service::default());
    let (rows, out) = sinks::collect();

    let asked = Arc::clone(&service);
    let pipeline = pipeline! {
        name = "enrich-async";

        source(sources::iter(0..500_u64))
            -> map_async(
                move |address| {
                    let service = Arc::clone(&asked);
                    async move { service.country(address).await.map(|country| (address, country)) }
                },
                concurrency = 16, timeout = 200ms, retries = 3, ordered)
            -> sink(out);
    };
    let report = pipeline.run().await?;

    let rows = rows.take();
    let ordered = rows.iter().map(|(address, _)| *address).eq(0..500);
    for (address, country) in rows.iter().take(4) {
        println!("{address}: {country}");
    }
    println!("{} rows, {}", rows.len(), if ordered { "in order" } else { "out of order" });
    println!("{} calls, at most {} at a time", service.calls.load(Relaxed), service.most.load(Relaxed));
    println!("\n{report}");
    Ok(())
}
