//! A source of 10,000 records a second into a sink that takes 2,000: the queues between them fill to their bound, the source
//! waits, and nothing grows.
//!
//! `cargo run --release --example backpressure -- [SECONDS]`

use std::time::Duration;

use flow::prelude::*;
use tokio::time::Instant;

#[tokio::main]
async fn main() -> flow::Result<()> {
    let seconds: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(3);

    // One record every half millisecond, by a schedule: single sleeps are longer than they say.
    let mut due = Instant::now();
    let slow = sinks::for_each(move |_: u64| {
        due = Instant::max(due, Instant::now() - Duration::from_millis(10)) + Duration::from_micros(500);
        async move {
            tokio::time::sleep_until(due).await;
            Ok::<(), flow::Error>(())
        }
    });

    let pipeline = Pipeline::new("backpressure");
    pipeline.batch_size(100).channel_capacity(1_000);
    pipeline.source(sources::generator(10_000, |n| n)).map(|n| n * 2).sink(slow);
    let job = pipeline.start().await?;

    println!(
        "{:>5} {:>8} {:>8}  {:<24} {:>6} {:>8} {:>9}",
        "time", "read", "written", "queue", "depth", "at most", "blocked"
    );
    for tick in 1..=seconds * 2 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let metrics = job.metrics();
        let count =
            |kind: &str| metrics.stages.iter().filter(|s| s.kind == kind).map(|s| s.counts.entered).sum::<u64>();
        let (read, written) = (count("source"), count("sink"));
        for edge in &metrics.edges {
            println!(
                "{:>4.1}s {read:>8} {written:>8}  {:<24} {:>6} {:>8} {:>8.1}s",
                tick as f64 / 2.0,
                format!("{}->{}", edge.from, edge.to),
                edge.depth,
                edge.capacity,
                edge.blocked.as_secs_f64()
            );
        }
    }

    job.stop();
    println!("\n{}", job.wait().await?);
    Ok(())
}
