//! A sink that does not go on. A binary of its own, for the memory of a process is measured.

#[allow(dead_code, reason = "shared with the other tests")]
mod support;

use flow::connector::{Delivery, Endpoint, SinkContext, SinkWriter, WriteBatch};
use flow::prelude::*;
use flow_services::unique;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{PATIENCE, Topic, until};
use tokio::sync::watch;

/// Writes nothing until its gate is open.
struct Stuck {
    open: watch::Receiver<bool>,
    ids: Arc<Mutex<Vec<u64>>>,
}

#[async_trait::async_trait]
impl Sink for Stuck {
    type Item = String;
    fn describe(&self) -> Endpoint {
        Endpoint::opaque("stuck", "nothing")
    }
    fn delivery(&self) -> Delivery {
        Delivery::AtLeastOnce
    }
    async fn open(&mut self, _: &SinkContext) -> flow::Result<Box<dyn SinkWriter<String>>> {
        Ok(Box::new(Self { open: self.open.clone(), ids: Arc::clone(&self.ids) }))
    }
}

#[async_trait::async_trait]
impl SinkWriter<String> for Stuck {
    async fn write(&mut self, batch: &mut WriteBatch<String>) -> flow::Result<()> {
        self.open.wait_for(|open| *open).await.map_err(|_| flow::Error::new(flow::ErrorKind::Io, "shut"))?;
        let ids = batch.rows.drain(..).map(|row| row.trim_end_matches('x').parse::<u64>().expect("a number"));
        self.ids.lock().unwrap().extend(ids);
        Ok(())
    }
    async fn flush(&mut self) -> flow::Result<()> {
        Ok(())
    }
}

/// The memory of this process that is not in files, in MB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() / 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_pipeline_keeps_its_place_and_its_memory() {
    const ROWS: u64 = 100_000;
    let topic = Topic::new("slow", 4);
    topic.produce((0..ROWS).map(|id| format!("{id}{}", "x".repeat(2000))));
    let (gate, open) = watch::channel(false);
    let ids: Arc<Mutex<Vec<u64>>> = Arc::default();
    let pipeline = Pipeline::new("slow");
    // The group takes partitions from a member that does not poll for six seconds.
    let source = topic
        .source()
        .group(unique("group"))
        .option("queued.max.messages.kbytes", "8000")
        .option("statistics.interval.ms", "200")
        .option("session.timeout.ms", "6000")
        .option("max.poll.interval.ms", "6000");
    pipeline.source(source.string()).sink(Stuck { open, ids: Arc::clone(&ids) });
    let before = resident();
    let job = pipeline.start().await.unwrap();
    let queued = || {
        let stages = job.metrics().stages;
        let readings = stages.iter().flat_map(|stage| &stage.gauges).filter(|reading| reading.name == "queued_bytes");
        readings.map(|reading| reading.value).sum::<i64>()
    };
    until("the client's queues are full", || queued() > 3_000_000).await;
    let watched = tokio::time::Instant::now();
    while watched.elapsed() < Duration::from_secs(9) {
        assert!(queued() <= 8_192_000, "{} bytes are queued", queued());
        let more = resident().saturating_sub(before);
        // 8 MB in the client, 8,192 records of 2 KB on each of the two edges, and what these take beside.
        assert!(more < 100, "{more} MB more, of 200 that stand in the topic");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    gate.send(true).unwrap();
    until("all is read", || ids.lock().unwrap().len() as u64 >= ROWS).await;
    job.stop();
    tokio::time::timeout(PATIENCE, job.wait()).await.unwrap().unwrap();
    let mut ids = ids.lock().unwrap().clone();
    ids.sort_unstable();
    assert!(ids.iter().copied().eq(0..ROWS), "each once: nobody was thrown out of the group");
}
