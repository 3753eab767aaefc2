//! What is kept of a record that could not be worked on.

use crate::time::Timestamp;
use bytes::Bytes;
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// A record that could not be read or worked on, and why.
///
/// As JSON, `original` is text where it is UTF-8, and `original_base64` otherwise; `attributes`, if there are any, is a list of a
/// `name` and a `value` or `value_base64` each.
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
        let attributes = usize::from(!self.attributes.is_empty());
        let mut letter = serializer.serialize_struct("DeadLetter", 7 + attributes)?;
        letter.serialize_field("partition", &self.partition)?;
        letter.serialize_field("offset", &self.offset)?;
        letter.serialize_field("stage", &self.stage)?;
        letter.serialize_field("reason", &self.reason)?;
        letter.serialize_field("attempts", &self.attempts)?;
        letter.serialize_field("time", &self.time)?;
        bytes(&mut letter, ["original", "original_base64"], &self.original)?;
        if attributes > 0 {
            letter.serialize_field("attributes", &self.attributes.iter().map(Attribute).collect::<Vec<_>>())?;
        }
        letter.end()
    }
}

/// One of the attributes: a name may come twice, so they are a list.
struct Attribute<'a>(&'a (String, Bytes));

impl Serialize for Attribute<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, value) = self.0;
        let mut attribute = serializer.serialize_struct("Attribute", 2)?;
        attribute.serialize_field("name", name)?;
        bytes(&mut attribute, ["value", "value_base64"], value)?;
        attribute.end()
    }
}

/// Writes bytes as text under the first name if they are UTF-8, and in Base64 under the second otherwise.
fn bytes<S: SerializeStruct>(into: &mut S, [text, base64]: [&'static str; 2], value: &[u8]) -> Result<(), S::Error> {
    match std::str::from_utf8(value) {
        Ok(value) => into.serialize_field(text, value),
        Err(_) => {
            use base64::Engine;
            into.serialize_field(base64, &base64::engine::general_purpose::STANDARD.encode(value))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stood_beside_a_record_is_in_its_letter_s_json() {
        let letter = |original: &'static [u8], attributes: &[(&str, &'static [u8])]| DeadLetter {
            original: Bytes::from_static(original),
            reason: "expected value".into(),
            stage: "source".into(),
            partition: Some("orders/3".into()),
            offset: Some(17),
            time: Timestamp::from_millis(0),
            attempts: 1,
            attributes: attributes.iter().map(|(name, value)| ((*name).into(), Bytes::from_static(value))).collect(),
        };
        let check = |letter: DeadLetter, end: &str| {
            let start = r#"{"partition":"orders/3","offset":17,"stage":"source","reason":"expected value","attempts":1,"time":"1970-01-01T00:00:00.000Z","#;
            assert_eq!(serde_json::to_string(&letter).unwrap(), format!("{start}{end}}}"));
        };
        check(letter(b"bad", &[]), r#""original":"bad""#);
        check(letter(b"\xff", &[]), r#""original_base64":"/w==""#);
        check(
            letter(b"", &[("key", b"k"), ("h", b"\xff"), ("h", b"2")]),
            r#""original":"","attributes":[{"name":"key","value":"k"},{"name":"h","value_base64":"/w=="},{"name":"h","value":"2"}]"#,
        );
    }
}
