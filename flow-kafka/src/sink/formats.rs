//! How rows become values.

use super::outgoing::Outgoing;
use super::topics::KafkaSink;
use flow::connector::{Delivery, Message};
use flow::element::Upsert;
use flow::formats::{Encode, Json, Text};
use serde::Serialize;
use std::fmt::{self, Display};
use std::sync::Arc;

/// A sink of which is not said yet how its rows are written.
#[derive(Clone, Copy, Debug)]
pub struct Unwritten;

/// A sink that is given rows of this type.
pub struct Writes<T> {
    /// The format's name in the IR; none, if it is the program's own.
    pub(super) name: Option<&'static str>,
    pub(super) delivery: Delivery,
    /// The parts of a message that are not of the topic alone, in the order in which they are asked for.
    pub(super) parts: Vec<Part<T>>,
}

/// Fills a part of a message from a row, or says why it cannot.
pub(super) type Part<T> = Arc<dyn Fn(&T, &mut Outgoing) -> Result<(), String> + Send + Sync>;

impl<T> Clone for Writes<T> {
    fn clone(&self) -> Self {
        Self { name: self.name, delivery: self.delivery, parts: self.parts.clone() }
    }
}

impl<T> fmt::Debug for Writes<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writes").field("name", &self.name).finish_non_exhaustive()
    }
}

impl KafkaSink {
    /// Writes rows as JSON.
    pub fn json<T: Serialize + Send + 'static>(self) -> KafkaSink<Writes<T>> {
        self.format(Json::new())
    }

    /// Writes rows as they display themselves.
    pub fn string<T: Display + Send + 'static>(self) -> KafkaSink<Writes<T>> {
        let text = Text::display();
        self.writes(Some("string"), move |row, out| text.encode(row, &mut out.value))
    }

    /// Writes rows that are bytes as they are.
    pub fn bytes<T: AsRef<[u8]> + Send + 'static>(self) -> KafkaSink<Writes<T>> {
        self.writes(Some("bytes"), |row: &T, out| {
            out.value.extend_from_slice(row.as_ref());
            Ok(())
        })
    }

    /// Writes whole numbers as 8 bytes, the highest first.
    pub fn int64(self) -> KafkaSink<Writes<i64>> {
        self.writes(Some("int64"), |row: &i64, out| {
            out.value.extend_from_slice(&row.to_be_bytes());
            Ok(())
        })
    }

    /// Writes rows in a format, as [`flow::formats::Json`].
    pub fn format<E: Encode>(self, format: E) -> KafkaSink<Writes<E::Item>> {
        self.writes(Some(format.name()), move |row, out| format.encode(row, &mut out.value))
    }

    /// Writes rows by a function of the program's own, which puts a row's bytes behind what is there.
    ///
    /// ```no_run
    /// use flow_kafka::Kafka;
    /// let ids = Kafka::to("ids").encode(|id: &u64, value: &mut Vec<u8>| {
    ///     value.extend_from_slice(&id.to_le_bytes());
    ///     Ok::<_, String>(())
    /// });
    /// # let _ = ids;
    /// ```
    pub fn encode<T, E>(
        self,
        encode: impl Fn(&T, &mut Vec<u8>) -> Result<(), E> + Send + Sync + 'static,
    ) -> KafkaSink<Writes<T>>
    where
        T: Send + 'static,
        E: Display,
    {
        self.writes(None, move |row, out| encode(row, &mut out.value).map_err(|error| error.to_string()))
    }

    /// Writes the corrections of an upsert stream: a key's row as JSON under the key as JSON, and nothing (a tombstone) when a key has no row
    /// any more. In a compacted topic each key's last row stays.
    ///
    /// # Delivery
    /// Idempotent by key: a correction may be written twice, but a key's last row is right.
    pub fn upserts<K, V>(self) -> KafkaSink<Writes<Upsert<K, V>>>
    where
        K: Serialize + Send + 'static,
        V: Serialize + Send + 'static,
    {
        let (keys, values) = (Json::<K>::new(), Json::<V>::new());
        let mut sink = self.writes(Some("json"), move |correction: &Upsert<K, V>, out: &mut Outgoing| {
            out.has_key = true;
            keys.encode(correction.key(), &mut out.key)?;
            match correction.value() {
                Some(value) => values.encode(value, &mut out.value),
                None => {
                    out.is_null = true;
                    Ok(())
                }
            }
        });
        sink.format.delivery = Delivery::IdempotentByKey;
        sink
    }

    pub(super) fn writes<T>(
        self,
        name: Option<&'static str>,
        value: impl Fn(&T, &mut Outgoing) -> Result<(), String> + Send + Sync + 'static,
    ) -> KafkaSink<Writes<T>> {
        self.with(Writes { name, delivery: Delivery::AtLeastOnce, parts: vec![Arc::new(value)] })
    }
}

impl<T: Send + 'static> KafkaSink<Writes<T>> {
    /// Takes the messages of a source [`with_metadata`](flow::connector::Source::with_metadata): the record is written as before, and its key,
    /// its headers and its time go with it.
    ///
    /// ```no_run
    /// use flow::prelude::*;
    /// use flow_kafka::Kafka;
    /// # #[derive(serde::Deserialize, serde::Serialize)]
    /// # struct Order { amount: i64 }
    /// let copy = pipeline! {
    ///     name = "large-orders";
    ///     source::<Message<Order>>(Kafka::topic("orders").group("copy").json().with_metadata())
    ///         -> filter(|m| m.value.amount > 100)
    ///         -> sink(Kafka::to("large-orders").json::<Order>().messages());
    /// };
    /// # let _ = copy;
    /// ```
    pub fn messages(self) -> KafkaSink<Writes<Message<T>>> {
        let Writes { delivery, parts, .. } = self.format.clone();
        self.with(Writes { name: None, delivery, parts: Vec::new() }).part(move |message: &Message<T>, out| {
            let metadata = &message.metadata;
            if let Some(key) = &metadata.key {
                out.put_key(key);
            }
            out.time = metadata.time.map(flow::Timestamp::millis);
            for (name, value) in &metadata.headers {
                out.headers.add(name.as_str(), value);
            }
            parts.iter().try_for_each(|part| part(&message.value, out))
        })
    }
}
