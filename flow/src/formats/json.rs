//! JSON, by serde.

use super::text::utf8;
use super::{Decode, Encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::marker::PhantomData;

/// A record is one JSON value, read strictly: a missing field is an error unless it is an `Option`, and nothing may follow the value.
/// Blank bytes are no record.
///
/// ```
/// use flow::formats::{Decode, Json};
/// #[derive(serde::Deserialize, Debug, PartialEq)]
/// struct Order { id: i64, amount: i64 }
/// let json = Json::<Order>::new();
/// assert_eq!(json.decode(br#"{"id":1,"amount":250}"#), Ok(Some(Order { id: 1, amount: 250 })));
/// assert_eq!(json.decode(br#"{"id":1}"#), Err("missing field `amount` (column 8)".to_owned()));
/// assert_eq!(json.decode(b" \r"), Ok(None));
/// ```
pub struct Json<T> {
    records: PhantomData<fn(T)>,
}

impl<T> Json<T> {
    /// The format of these records.
    #[must_use]
    pub fn new() -> Self {
        Self { records: PhantomData }
    }
}

impl<T> Default for Json<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Json<T> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Json<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json")
    }
}

impl<T: DeserializeOwned + Send + 'static> Decode for Json<T> {
    type Item = T;

    fn name(&self) -> &'static str {
        "json"
    }

    fn decode(&self, bytes: &[u8]) -> Result<Option<T>, String> {
        // The whole is tested at once: serde would not look into strings that it skips.
        let text = utf8(bytes)?;
        match serde_json::from_str(text) {
            Ok(record) => Ok(Some(record)),
            Err(_) if text.trim_ascii().is_empty() => Ok(None),
            Err(error) => Err(reason(&error)),
        }
    }
}

impl<T: Serialize + Send + 'static> Encode for Json<T> {
    type Item = T;

    fn name(&self) -> &'static str {
        "json"
    }

    fn encode(&self, record: &T, out: &mut Vec<u8>) -> Result<(), String> {
        let before = out.len();
        serde_json::to_writer(&mut *out, record).map_err(|error| {
            out.truncate(before);
            reason(&error)
        })
    }
}

/// serde's message, with the column alone: the line is always the first, for it counts within the record.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(message) if error.line() == 1 => format!("{message} (column {})", error.column()),
        Some(message) => format!("{message} (line {}, column {} of the record)", error.line(), error.column()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn reasons_say_what_and_where() {
        for (text, wanted) in [
            (&b"{"[..], "EOF while parsing an object (column 1)"),
            (b"{}x", "trailing characters (column 3)"),
            (b"[1,", "EOF while parsing a value (column 3)"),
            (b"[1,\n]", "trailing comma (line 2, column 1 of the record)"),
            (b"\"a\xFF\"", "not UTF-8: byte 0xFF in column 3"),
            (b"\0", "expected value (column 1)"),
        ] {
            assert_eq!(Json::<Value>::new().decode(text), Err(wanted.to_owned()));
        }
        let deep = "[".repeat(100_000);
        assert!(Json::<Value>::new().decode(deep.as_bytes()).unwrap_err().contains("recursion limit"));
    }

    #[test]
    fn a_record_that_refuses_leaves_nothing_behind() {
        let mut out = b"before".to_vec();
        let bad = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert!(Json::new().encode(&bad, &mut out).is_err());
        assert_eq!(out, b"before");
        Json::new().encode(&vec![1, 2], &mut out).unwrap();
        assert_eq!(out, b"before[1,2]");
    }
}
