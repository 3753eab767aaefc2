//! Endpoints in memory that say of themselves what others would say, so that pipelines over them can be written down.

use async_trait::async_trait;
use flow::connector::{
    Delivery, Endpoint, Sink, SinkContext, SinkWriter, Source, SourceContext, SourceReader, Split, SplitStart,
};
use flow::prelude::*;

pub(crate) struct Told<T>(T, Endpoint);

/// An endpoint that describes itself so.
pub(crate) fn told<T>(endpoint: T, description: Endpoint) -> Told<T> {
    Told(endpoint, description)
}

/// A source of these records that calls itself a Kafka topic.
pub(crate) fn topic<T: Clone + Send + Sync + 'static>(name: &str, records: Vec<T>) -> impl Source<Item = T> {
    Told(sources::vec(records), Endpoint::described("kafka").format("json").option("topic", name))
}

/// A sink that keeps its records, and calls itself a file.
pub(crate) fn kept<T: Send + 'static>(path: &str) -> (sinks::Collected<T>, impl Sink<Item = T>) {
    let (rows, sink) = sinks::collect();
    (rows, Told(sink, Endpoint::described("file").format("json").option("path", path)))
}

#[async_trait]
impl<S: Source> Source for Told<S> {
    type Item = S::Item;
    fn describe(&self) -> Endpoint {
        self.1.clone()
    }
    fn bounded(&self) -> bool {
        self.0.bounded()
    }
    async fn splits(&mut self, cx: &SourceContext) -> flow::Result<Vec<Split>> {
        self.0.splits(cx).await
    }
    async fn open(
        &mut self,
        splits: Vec<SplitStart>,
        cx: &SourceContext,
    ) -> flow::Result<Box<dyn SourceReader<S::Item>>> {
        self.0.open(splits, cx).await
    }
}

#[async_trait]
impl<S> Sink for Told<S>
where
    S: Sink,
{
    type Item = S::Item;
    fn describe(&self) -> Endpoint {
        self.1.clone()
    }
    fn delivery(&self) -> Delivery {
        self.0.delivery()
    }
    async fn open(&mut self, cx: &SinkContext) -> flow::Result<Box<dyn SinkWriter<S::Item>>> {
        self.0.open(cx).await
    }
}
