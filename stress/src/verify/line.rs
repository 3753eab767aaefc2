//! A message as kcat prints it.

use serde::Deserialize;

/// Partition, offset, key, value and headers, as kcat's options have it.
pub(crate) const FORMAT: &str = "%p\t%o\t%k\t%s\t%h\n";

/// One message.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) partition: u32,
    pub(super) offset: u64,
    pub(super) key: &'a str,
    pub(super) value: Value,
    pub(super) headers: &'a str,
}

/// What stands in it; a number in the output only.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Value {
    pub(super) id: u64,
    pub(super) number: Option<u64>,
    pub(super) text: String,
}

impl<'a> Line<'a> {
    /// Reads a line; nothing, if it is no message of ours.
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split('\t');
        let (partition, offset) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let (key, value, headers) = (words.next()?, words.next()?, words.next()?);
        let value = serde_json::from_str(value).ok()?;
        words.next().is_none().then_some(Self { partition, offset, key, value, headers })
    }
}
