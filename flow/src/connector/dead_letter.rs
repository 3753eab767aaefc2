//! What is kept of a record that could not be worked on.

use crate::time::Timestamp;
use bytes::Bytes;
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// A record that could not be read or worked on, and why.
///
/// As JSON, `original` is text where it is UTF-8, and `original_base64` otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The bytes as they were read; of a stage that failed, its input as JSON.
    pub original: Bytes,
    /// What is wrong.
    pub reason: String,
    /// The stage that could not work on it.
    pub stage: String,
    /// The source partition that it was read from (a file's path, a topic and partition), where known.
    pub partition: Option<String>,
    /// Where in the partition: a line's number, a Kafka offset.
    pub offset: Option<u64>,
    /// When it was given up, in processing time.
    pub time: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// What else stood beside it: a key, headers.
    pub attributes: Vec<(String, Bytes)>,
}

impl Serialize for DeadLetter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut letter = serializer.serialize_struct("DeadLetter", 7)?;
        letter.serialize_field("partition", &self.partition)?;
        letter.serialize_field("offset", &self.offset)?;
        letter.serialize_field("stage", &self.stage)?;
        letter.serialize_field("reason", &self.reason)?;
        letter.serialize_field("attempts", &self.attempts)?;
        letter.serialize_field("time", &self.time)?;
        match std::str::from_utf8(&self.original) {
            Ok(text) => letter.serialize_field("original", text)?,
            Err(_) => {
                use base64::Engine;
                let text = base64::engine::general_purpose::STANDARD.encode(&self.original);
                letter.serialize_field("original_base64", &text)?;
            }
        }
        letter.end()
    }
}
