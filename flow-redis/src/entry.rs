//! Entries of a Stream, and how they become records.

use crate::arg::bytes;
use ::bytes::Bytes;
use flow::formats::Decode;
use redis::Value;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The place of an entry in its Stream: `milliseconds-number`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(pub(crate) u64, pub(crate) u64);

impl Id {
    /// As one number: a million of each millisecond's are told apart.
    pub(crate) fn offset(self) -> u64 {
        self.0.saturating_mul(1_000_000).saturating_add(self.1.min(999_999))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

impl FromStr for Id {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('-').and_then(|(ms, n)| Some(Self(ms.parse().ok()?, n.parse().ok()?)));
        parts.ok_or_else(|| format!("`{text}` is no entry's id"))
    }
}

/// An entry as it stands in a Stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its id, as `1700000000000-0`: the time at which it was added, in milliseconds, and a number.
    pub id: String,
    /// Its fields, in order.
    pub fields: Vec<(String, Bytes)>,
}

impl Entry {
    /// The value of its first field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Bytes> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }
}

mod sealed {
    pub trait Sealed {}
}

/// How an entry becomes a record.
pub trait ReadEntry: sealed::Sealed + Clone + Send + Sync + fmt::Debug + 'static {
    /// The records.
    type Item: Send + 'static;

    /// The format's name in the IR; none, if other engines cannot read it.
    #[doc(hidden)]
    fn format(&self) -> Option<&'static str>;

    /// The record, or `None` if the entry is none. A refusal has the bytes that are to blame.
    #[doc(hidden)]
    fn read(&self, entry: Entry) -> Result<Option<Self::Item>, (String, Bytes)>;
}

/// Each record is an [`Entry`].
#[derive(Clone, Copy, Debug)]
pub struct Entries;

impl sealed::Sealed for Entries {}

impl ReadEntry for Entries {
    type Item = Entry;

    fn format(&self) -> Option<&'static str> {
        None
    }

    fn read(&self, entry: Entry) -> Result<Option<Entry>, (String, Bytes)> {
        Ok(Some(entry))
    }
}

/// Each record is decoded from one field.
#[derive(Clone)]
pub struct Field<D> {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) format: D,
}

impl<D: Decode> fmt::Debug for Field<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.format.name(), self.name.as_deref().unwrap_or("the only field"))
    }
}

impl<D> sealed::Sealed for Field<D> {}

impl<D: Decode> ReadEntry for Field<D> {
    type Item = D::Item;

    fn format(&self) -> Option<&'static str> {
        Some(self.format.name())
    }

    fn read(&self, entry: Entry) -> Result<Option<D::Item>, (String, Bytes)> {
        let value = match (&self.name, &entry.fields[..]) {
            (Some(name), _) => entry.field(name).ok_or_else(|| format!("no field `{name}`")),
            (None, [(_, value)]) => Ok(value),
            (None, fields) => Err(format!("{} fields, and `field(…)` does not say which it is", fields.len())),
        };
        let value = value.map_err(|why| (why, shown(&entry)))?;
        match self.format.decode(value) {
            Ok(Some(record)) => Ok(Some(record)),
            Ok(None) => Err(("there is nothing in the value".to_owned(), value.clone())),
            Err(why) => Err((why, value.clone())),
        }
    }
}

/// All fields of an entry, for people.
fn shown(entry: &Entry) -> Bytes {
    let fields = entry.fields.iter().map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value)));
    fields.collect::<Vec<_>>().join(" ").into()
}

/// An entry of an answer: its id and, unless it was deleted meanwhile, its fields.
pub(crate) type Given = (Id, Option<Vec<(String, Bytes)>>);

/// The entries of a list.
pub(crate) fn entries(list: Value) -> Result<Vec<Given>, String> {
    match list {
        Value::Nil => Ok(Vec::new()),
        Value::Array(list) => list.into_iter().filter_map(|value| given(value).transpose()).collect(),
        _ => Err("Redis gave no list of entries".to_owned()),
    }
}

/// Older servers give nothing for what was deleted.
fn given(value: Value) -> Result<Option<Given>, String> {
    let Value::Array(parts) = value else { return Ok(None) };
    let [id, fields] = <[Value; 2]>::try_from(parts).map_err(|parts| format!("an entry of {} parts", parts.len()))?;
    let id = text(id)?.parse()?;
    let Value::Array(fields) = fields else { return Ok(Some((id, None))) };
    let (mut pairs, mut left) = (Vec::with_capacity(fields.len() / 2), fields.into_iter());
    while let (Some(name), Some(value)) = (left.next(), left.next()) {
        pairs.push((text(name)?, bytes(value)?.unwrap_or_default().into()));
    }
    Ok(Some((id, Some(pairs))))
}

/// A word of an answer.
pub(crate) fn text(value: Value) -> Result<String, String> {
    bytes(value).map(|bytes| String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_the_order_of_their_offsets() {
        let ids: Vec<Id> = ["0-0", "0-1", "1700000000000-0", "1700000000000-10", "1700000000001-0"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        assert!(ids.is_sorted() && ids.iter().map(|id| id.offset()).is_sorted_by(|a, b| a < b));
        assert_eq!(ids[3].to_string(), "1700000000000-10");
        assert_eq!(ids[3].offset(), 1_700_000_000_000_000_010);
        for wrong in ["", "5", "a-1", "1-", "1-2-3"] {
            assert!(Id::from_str(wrong).is_err(), "{wrong}");
        }
    }
}
