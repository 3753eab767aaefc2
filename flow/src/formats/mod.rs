//! How records stand in bytes.
//!
//! [`Decode`] and [`Encode`] are about one record: a line of a file, the payload of a message. [`ReadFormat`] and [`WriteFormat`]
//! are about a file of them: [`Lines`] puts one on each line, and CSV has a header and quotes.

#[cfg(feature = "csv")]
mod csv;
mod json;
mod lines;
mod text;

#[cfg(feature = "csv")]
pub use csv::{Csv, CsvParser, CsvPrinter};
pub use json::Json;
pub use lines::{LineParser, LinePrinter, Lines};
pub use text::Text;

/// Makes records of bytes.
pub trait Decode: Clone + Send + Sync + 'static {
    /// The records.
    type Item: Send + 'static;

    /// The format's name in the IR, as `json`.
    fn name(&self) -> &'static str;

    /// The record that the bytes stand for; `None` if they stand for none, as a blank line of JSON lines does.
    ///
    /// # Errors
    /// When they cannot be read: why, for people, with the place in the bytes where that is known.
    fn decode(&self, bytes: &[u8]) -> Result<Option<Self::Item>, String>;
}

/// Makes bytes of records.
pub trait Encode: Clone + Send + Sync + 'static {
    /// The records.
    type Item: Send + 'static;

    /// The format's name in the IR, as `json`.
    fn name(&self) -> &'static str;

    /// Puts the record's bytes behind what is there.
    ///
    /// # Errors
    /// When the record refuses to be written: why.
    fn encode(&self, record: &Self::Item, out: &mut Vec<u8>) -> Result<(), String>;
}

/// The options of a format by their names in the IR, as `delimiter`.
pub type FormatOptions = Vec<(&'static str, serde_json::Value)>;

/// How a file of records is read.
pub trait ReadFormat: Clone + Send + Sync + 'static {
    /// The records.
    type Item: Send + 'static;
    /// Reads one file.
    type Parser: Parse<Item = Self::Item>;

    /// The format's name in the IR, as `csv`.
    fn name(&self) -> &'static str;

    /// What else the IR says of it.
    fn options(&self) -> FormatOptions {
        FormatOptions::new()
    }

    /// A parser for a file, from its beginning.
    fn parser(&self) -> Self::Parser;

    /// Whether what stands first in a file has to be read before any other place of it can be.
    fn has_header(&self) -> bool {
        false
    }
}

/// Finds the records of a file, in order.
pub trait Parse: Send + 'static {
    /// The records.
    type Item: Send + 'static;

    /// Looks for the next record at the beginning of `data`, which is what follows in the file after all that was taken
    /// before. With `last`, the file ends with `data`, and there is something left.
    fn next(&mut self, data: &[u8], last: bool) -> Parsed<Self::Item>;

    /// Forgets a record that was begun: the next `data` begins at another place in the file.
    fn reset(&mut self);
}

/// What a [`Parse`] has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed<T> {
    /// The record does not end in these bytes: they are shown again, with more behind them. Never answered when there are no more.
    More,
    /// Something was taken; it was a record, or none if there was only something to skip, as a header.
    Taken {
        /// How many bytes it took.
        bytes: usize,
        /// How many line breaks were among them.
        lines: u64,
        /// The record; an error if it cannot be read, with the reason.
        record: Result<Option<T>, String>,
    },
}

/// How a file of records is written.
pub trait WriteFormat: Clone + Send + Sync + 'static {
    /// The records.
    type Item: Send + 'static;
    /// Writes one file.
    type Printer: Print<Item = Self::Item>;

    /// The format's name in the IR, as `csv`.
    fn name(&self) -> &'static str;

    /// What else the IR says of it.
    fn options(&self) -> FormatOptions {
        FormatOptions::new()
    }

    /// A printer for a file, from its beginning.
    fn printer(&self) -> Self::Printer;
}

/// Writes the records of a file, in order.
pub trait Print: Send + 'static {
    /// The records.
    type Item: Send + 'static;

    /// Puts the bytes of these records behind what is there.
    ///
    /// # Errors
    /// When a record refuses to be written: why.
    fn print(&mut self, records: &[Self::Item], out: &mut Vec<u8>) -> Result<(), String>;
}
