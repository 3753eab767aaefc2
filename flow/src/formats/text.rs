//! Text as it is.

use super::{Decode, Encode};
use std::fmt;
use std::marker::PhantomData;

/// A record is its text: read as a `String`, written by `Display`.
///
/// ```
/// use flow::formats::{Decode, Text};
/// assert_eq!(Text::new().decode(b"as it is"), Ok(Some("as it is".to_owned())));
/// assert_eq!(Text::new().decode(b"caf\xE9"), Err("not UTF-8: byte 0xE9 in column 4".to_owned()));
/// ```
pub struct Text<T = String> {
    records: PhantomData<fn(T)>,
}

impl Text {
    /// Text as a `String`.
    #[must_use]
    pub fn new() -> Self {
        Self { records: PhantomData }
    }
}

impl<T> Text<T> {
    /// The text that a record displays.
    #[must_use]
    pub fn display() -> Self {
        Self { records: PhantomData }
    }
}

impl<T> Default for Text<T> {
    fn default() -> Self {
        Self::display()
    }
}

impl<T> Clone for Text<T> {
    fn clone(&self) -> Self {
        Self::display()
    }
}

impl<T> fmt::Debug for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text")
    }
}

impl Decode for Text {
    type Item = String;

    fn name(&self) -> &'static str {
        "text"
    }

    fn decode(&self, bytes: &[u8]) -> Result<Option<String>, String> {
        utf8(bytes).map(|text| Some(text.to_owned()))
    }
}

impl<T: fmt::Display + Send + 'static> Encode for Text<T> {
    type Item = T;

    fn name(&self) -> &'static str {
        "text"
    }

    fn encode(&self, record: &T, out: &mut Vec<u8>) -> Result<(), String> {
        use std::io::Write;
        write!(out, "{record}").map_err(|_| "it refuses to be displayed".to_owned())
    }
}

/// The bytes as text, or which of them is not. Columns count from 1, in bytes.
pub(super) fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let byte = bytes.get(at).copied().unwrap_or_default();
        format!("not UTF-8: byte 0x{byte:02X} in column {}", at + 1)
    })
}
