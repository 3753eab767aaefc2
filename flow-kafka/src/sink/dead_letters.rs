//! Dead letters: the message as it was read, and beside it why it was given up.

use super::formats::Writes;
use super::outgoing::Outgoing;
use super::topics::KafkaSink;
use crate::raw::{HEADER, KEY, NULL, NULL_HEADER};
use flow::connector::DeadLetter;

impl KafkaSink {
    /// Writes what could not be read or worked on: the original bytes as the value, the original key and headers, and the headers
    /// `flow-reason`, `flow-stage`, `flow-time`, `flow-attempts` and, as far as they are known, `flow-topic`, `flow-partition` and
    /// `flow-offset`; all of them text. A message that had no value has none here.
    ///
    /// ```no_run
    /// use flow::prelude::*;
    /// use flow_kafka::Kafka;
    /// let pipeline = Pipeline::new("orders");
    /// pipeline.on_error(OnError::dead_letter(Kafka::to("orders-dead").dead_letters()));
    /// ```
    pub fn dead_letters(self) -> KafkaSink<Writes<DeadLetter>> {
        self.writes(Some("bytes"), |letter: &DeadLetter, out| {
            write(letter, out);
            Ok(())
        })
    }
}

fn write(letter: &DeadLetter, out: &mut Outgoing) {
    out.value.extend_from_slice(&letter.original);
    for (name, value) in &letter.attributes {
        if let Some(header) = name.strip_prefix(HEADER) {
            out.headers.add(header, value);
        } else if let Some(header) = name.strip_prefix(NULL_HEADER) {
            out.headers.add(header, None::<&[u8]>);
        } else {
            match &**name {
                KEY => out.put_key(value),
                NULL => out.is_null = true,
                other => out.headers.add(other, value),
            }
        }
    }
    out.headers.add("flow-reason", letter.reason.as_str());
    out.headers.add("flow-stage", letter.stage.as_str());
    if let Some(place) = &letter.partition {
        match place.rsplit_once('/').filter(|(_, number)| number.parse::<u32>().is_ok()) {
            Some((topic, number)) => {
                out.headers.add("flow-topic", topic);
                out.headers.add("flow-partition", number);
            }
            None => out.headers.add("flow-topic", place.as_str()),
        }
    }
    if let Some(offset) = letter.offset {
        out.headers.add("flow-offset", offset.to_string());
    }
    out.headers.add("flow-time", letter.time.to_string());
    out.headers.add("flow-attempts", letter.attempts.to_string());
}
