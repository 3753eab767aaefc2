//! Hands rows to the client's queue, and waits until all of them are delivered.

use super::formats::Part;
use super::outgoing::Outgoing;
use super::producer::Producing;
use crate::failure;
use async_trait::async_trait;
use flow::connector::{Blocking, SinkContext, SinkWriter, WriteBatch};
use flow::{Error, ErrorKind, Result};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::producer::{BaseRecord, Producer as _};
use std::sync::Arc;

pub(super) struct Writer<T> {
    /// None, when the writer is closed.
    producer: Option<Arc<Producing>>,
    /// The task's number, under which its rows are counted.
    number: usize,
    topic: String,
    format: &'static str,
    parts: Vec<Part<T>>,
    out: Outgoing,
    /// How many rows the client has taken.
    sent: u64,
    blocking: Blocking,
}

impl<T> Writer<T> {
    pub(super) fn new(
        producer: Arc<Producing>,
        cx: &SinkContext,
        topic: String,
        format: &'static str,
        parts: Vec<Part<T>>,
    ) -> Self {
        let sent = producer.context().answered(cx.task);
        let (producer, out, blocking) = (Some(producer), Outgoing::default(), cx.blocking.clone());
        Self { producer, number: cx.task, topic, format, parts, out, sent, blocking }
    }

    fn fill(&mut self, row: &T) -> Result<()> {
        self.out.clear();
        self.parts.iter().try_for_each(|part| part(row, &mut self.out)).map_err(|reason| {
            Error::new(ErrorKind::User, format!("a row cannot be written as {}: {reason}", self.format))
        })
    }

    /// Gives the client the row that is ready. False if its queue is full.
    fn send(&mut self) -> Result<bool> {
        let Some(producer) = &self.producer else {
            return Err(Error::new(ErrorKind::Io, "nothing can be written after the end"));
        };
        let out = &self.out;
        let topic = if out.topic.is_empty() { &self.topic } else { &out.topic };
        let record = BaseRecord::<[u8], [u8], usize> {
            topic,
            partition: out.partition,
            payload: (!out.is_null).then_some(&*out.value),
            key: out.has_key.then_some(&*out.key),
            timestamp: out.time,
            headers: out.headers.owned(),
            delivery_opaque: self.number,
        };
        match producer.send(record) {
            Ok(()) => {
                self.sent += 1;
                Ok(true)
            }
            Err((KafkaError::MessageProduction(Code::QueueFull), _)) => Ok(false),
            Err((error, _)) => {
                let size = out.value.len() + out.key.len();
                Err(failure::of(&format!("a row of {size} bytes cannot be written to `{topic}`"), &error))
            }
        }
    }

    /// Waits until the client has taken the row that is ready.
    async fn send_when_there_is_room(&mut self) -> Result<()> {
        loop {
            let Some(producer) = self.producer.clone() else { return Ok(()) };
            producer.context().check()?;
            let mut taken = Ok(false);
            producer
                .context()
                .room(|| {
                    taken = self.send();
                    !matches!(taken, Ok(false))
                })
                .await;
            if taken? {
                return Ok(());
            }
        }
    }

    /// Lets go of the client; whoever is the last waits for its thread.
    async fn leave(&mut self) -> Result<()> {
        let producer = self.producer.take();
        self.blocking.run(move || drop(producer)).await
    }
}

#[async_trait]
impl<T: Send + 'static> SinkWriter<T> for Writer<T> {
    async fn write(&mut self, batch: &mut WriteBatch<T>) -> Result<()> {
        if let Some(producer) = &self.producer {
            producer.context().check()?;
        }
        for row in batch.rows.drain(..) {
            self.fill(&row)?;
            drop(row);
            if !self.send()? {
                self.send_when_there_is_room().await?;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        match &self.producer {
            Some(producer) => producer.context().until(self.number, self.sent).await,
            None => Ok(()),
        }
    }

    /// The client sends what it has by itself.
    fn flush_resumes(&self) -> bool {
        true
    }

    async fn abort(&mut self, _: u64) -> Result<()> {
        self.leave().await
    }

    async fn close(&mut self) -> Result<()> {
        self.leave().await
    }
}
