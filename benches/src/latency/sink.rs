//! The sink that takes the time of every row.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use flow::connector::{Delivery, Endpoint, Sink, SinkContext, SinkWriter, WriteBatch};
use flow::prelude::Upsert;
use hdrhistogram::Histogram;

use super::{Totals, histogram};

/// A sink for a pipeline that was started at `start`, and the times from due to written of what was due after `warm_up`; they
/// are complete when the pipeline has ended.
pub(super) fn timing(start: Instant, warm_up: Duration) -> (Timing, Arc<Mutex<Histogram<u64>>>) {
    let times = Arc::new(Mutex::new(histogram()));
    (Timing { start, from: warm_up.as_nanos() as i64, times: Arc::clone(&times) }, times)
}

/// Made by [`timing`].
pub(super) struct Timing {
    start: Instant,
    from: i64,
    times: Arc<Mutex<Histogram<u64>>>,
}

#[async_trait]
impl Sink for Timing {
    type Item = Upsert<u64, Totals>;

    fn describe(&self) -> Endpoint {
        Endpoint::opaque("timing", "it is for benchmarks only")
    }

    fn delivery(&self) -> Delivery {
        Delivery::AtMostOnce
    }

    async fn open(&mut self, _: &SinkContext) -> flow::Result<Box<dyn SinkWriter<Self::Item>>> {
        let (start, from, times) = (self.start, self.from, Arc::clone(&self.times));
        Ok(Box::new(Writer { start, from, gathered: histogram(), times }))
    }
}

struct Writer {
    start: Instant,
    from: i64,
    gathered: Histogram<u64>,
    times: Arc<Mutex<Histogram<u64>>>,
}

#[async_trait]
impl SinkWriter<Upsert<u64, Totals>> for Writer {
    async fn write(&mut self, batch: &mut WriteBatch<Upsert<u64, Totals>>) -> flow::Result<()> {
        let now = self.start.elapsed().as_nanos() as i64;
        for row in batch.rows.drain(..) {
            if let Some(totals) = row.value().filter(|totals| totals.due >= self.from) {
                self.gathered.saturating_record((now - totals.due).max(1) as u64);
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> flow::Result<()> {
        Ok(())
    }

    async fn close(&mut self) -> flow::Result<()> {
        *self.times.lock().unwrap_or_else(PoisonError::into_inner) = std::mem::replace(&mut self.gathered, histogram());
        Ok(())
    }
}
